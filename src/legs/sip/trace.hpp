// The SIP messages of recent calls, for people who ask what went wrong.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/time.hpp"
#include "protocol/sip/flow.hpp"

namespace parley::legs {

struct TracedMessage {
  WallTime at{};
  bool sent = false;
  sip::Transport transport = sip::Transport::udp;
  Endpoint remote;
  std::string text;  // credentials and keys blanked
};

/// Keeps the messages of the newest calls by SIP Call-ID, bounded in calls, messages and bytes.
class TraceStore {
 public:
  struct Limits {
    std::size_t calls = 2'000;
    std::size_t messages_per_call = 100;
    std::size_t bytes_per_call = 64 * 1'024;
  };

  TraceStore() : TraceStore{Limits{}} {}
  explicit TraceStore(Limits limits) : limits_{limits} {}

  void add(std::string_view sip_call_id, TracedMessage message);
  bool knows(std::string_view sip_call_id) const { return entries_.contains(std::string{sip_call_id}); }
  /// Ties a call of ours to the SIP Call-ID of one of its legs.
  void name(const std::string& call_id, const std::string& sip_call_id);
  /// Of all its legs, by time. Empty when nothing is known (any more).
  std::vector<TracedMessage> of_call(const std::string& call_id) const;

 private:
  struct Entry {
    std::vector<TracedMessage> messages;
    std::size_t bytes = 0;
    std::string call_id;
  };

  Limits limits_;
  std::unordered_map<std::string, Entry> entries_;                   // by SIP Call-ID
  std::deque<std::string> order_;                                    // oldest first
  std::unordered_map<std::string, std::vector<std::string>> names_;  // our id → SIP Call-IDs
};

/// Authorization headers without what they prove, `Authorization: Digest (blanked)`, and descriptions without keys.
std::string blank_credentials(std::string_view message);

/// For reading: a line of time, direction and address before each message.
std::string to_text(const std::vector<TracedMessage>& messages);

/// As tcpdump writes it, to open in Wireshark: raw IP packets (LINKTYPE_RAW), UDP whatever the
/// transport was. `local` is our own address.
std::string to_pcap(const std::vector<TracedMessage>& messages, const Endpoint& local);

}  // namespace parley::legs
