// One person in a call: their leg, and what the call knows of it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/time.hpp"
#include "call/bridge.hpp"
#include "call/leg.hpp"

namespace parley::call {

class Party;

/// Leg events, with whose they are.
class PartyOwner {
 public:
  virtual ~PartyOwner() = default;
  virtual void on_ringing(Party& party) = 0;
  virtual void on_answered(Party& party) = 0;
  virtual void on_held(Party& party, bool held) = 0;
  virtual void on_dtmf(Party& party, char digit) = 0;
  virtual void on_ended(Party& party, EndCause cause, int sip_status) = 0;
};

class Party final : public LegListener {
 public:
  enum class Role : std::uint8_t { caller, agent };

  Party(PartyOwner& owner, Role role, std::string id, std::string address)
      : id{std::move(id)}, role{role}, address{std::move(address)}, owner_{owner} {}

  void on_leg_ringing() override { owner_.on_ringing(*this); }
  void on_leg_answered() override { owner_.on_answered(*this); }
  void on_leg_held(bool holds) override { owner_.on_held(*this, holds); }
  void on_leg_dtmf(char digit) override { owner_.on_dtmf(*this, digit); }
  void on_leg_ended(EndCause cause, int sip_status) override { owner_.on_ended(*this, cause, sip_status); }

  const std::string id;
  const Role role;
  const std::string address;  // URI or extension
  std::string agent;          // extension in the directory; empty: none of ours
  std::unique_ptr<Leg> leg;   // null only while it is dialled
  std::optional<Bridge::Slot> slot;
  std::optional<WallTime> joined_at;
  Tap* tap = nullptr;  // the application's, on what it says
  bool rang = false, answered = false;
  bool joined = false;  // in the conversation
  bool holds = false;   // has put us on hold
  bool over = false;    // its leg ended; destroyed at the end of the tick

 private:
  PartyOwner& owner_;
};

}  // namespace parley::call
