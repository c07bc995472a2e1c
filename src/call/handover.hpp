// A transfer under way in its call: the core, and who its targets are.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "call/call.hpp"
#include "call/dialler.hpp"

namespace parley::call {

struct Call::Handover {
  Handover(TransferRequest asked, std::vector<DialTarget> places, Transfer::Config config, TimePoint now)
      : request{std::move(asked)}, targets{std::move(places)}, parties(targets.size()), core{config, now} {}

  std::optional<Transfer::Target> target_of(const Party& party) const {
    for (std::size_t i = 0; i < parties.size(); ++i)
      if (parties[i] == &party) return i;
    return {};
  }

  std::string id;
  TransferRequest request;
  TransferMode mode = TransferMode::blind;
  WallTime started_at{};
  std::vector<DialTarget> targets;
  std::vector<Party*> parties;  // by target; null: not dialled, or gone
  std::string leg_id;           // of who answered
  std::unique_ptr<Brief> brief;
  std::optional<Bridge::Slot> brief_slot;
  TransferCause cause = TransferCause::none;
  bool music = false;
  bool asked_by_application = true;  // for the outcome that is at hand: it does not have to be told
  Transfer core;
};

}  // namespace parley::call
