// What is asked of a transfer, and what is told of its end.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "call/transfer.hpp"

namespace parley::call {

enum class TransferBy : std::uint8_t { caller, assistant, api };

struct TransferRequest {
  std::string to{};  // an extension, a number or a SIP URI; empty: the configured one
  std::optional<TransferMode> mode{};
  std::optional<std::chrono::milliseconds> ring_timeout{};
  std::string reason{};  // in words, for the agent
  TransferBy by = TransferBy::api;
};

struct TransferBegun {
  std::string id{};
  /// It is over already: nobody could be rung. An assistant that asked tells it itself; others hear of it by
  /// Application::on_returned().
  TransferCause failed = TransferCause::none;
};

enum class TransferRefusal : std::uint8_t {
  not_now,    // not answered yet, or ending
  no_target,  // none is configured and none was named
  under_way,
};
std::string_view to_string(TransferRefusal refusal);

/// What a call does when it is transferred; of its route (the assistant's configuration).
struct TransferOptions {
  std::string to;  // where, when nobody says
  TransferMode mode = TransferMode::blind;
  bool one_by_one = false;
  std::chrono::milliseconds ring_timeout{30'000};
  std::chrono::milliseconds accept_after{8'000};  // Transfer::Config
  char key = 0;                                   // the caller's key for it; 0: none
  bool back_after_hang_up = false;                // the agent's; false: the call ends
  bool transcribe = true;                         // what caller and agent say
};

/// Why the caller is back.
struct Returned {
  std::string transfer_id{}, to{};
  std::string status{};  // "declined", "cancelled", "failed"; or of one that was completed: "handed_back", "agent_left"
  std::string cause{};   // as in the API; may be empty
  std::string note{};    // of the agent who hands back
};

}  // namespace parley::call
