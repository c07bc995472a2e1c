// The controlling agent under anything that its peer may send or answer: time always moves on, checks stay within their
// pace and their list, and what it selects is what it was told of or heard from.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "property.hpp"
#include "protocol/ice/controlling_agent.hpp"
#include "protocol/stun/builder.hpp"

namespace {

using namespace parley;
using fuzz::require;

const std::string pwd = "a password of 22 chars";

class Session {
 public:
  Session() : agent_{config(), Random::seeded(1), now_} {}

  void step(ByteReader& in) {
    const auto what = in.u8();
    const ice::Path from{address(in.u8()), 0};
    switch (what & 7U) {
      case 0: agent_.receive(from, in.take(std::min<std::size_t>(in.u8(), in.rest().size())), now_); break;
      case 1: pass(std::chrono::milliseconds{in.u8()} * 20); break;
      case 2: agent_.restart({"mine", pwd}, now_); break;
      case 3:
        agent_.set_remote({.credentials = {(what & 8U) != 0 ? "them" : "they", pwd},
                           .candidates = {candidate(from.remote, in.u32())},
                           .lite = (what & 16U) != 0},
                          now_);
        break;
      case 4: agent_.add_candidate(candidate(from.remote, in.u32()), now_); break;
      case 5: agent_.receive(from, request(in), now_); break;
      default: answer(in); break;
    }
    drain();
    agent_.advance(now_);
    drain();
    require(agent_.deadline() > now_);
  }

 private:
  static ice::ControllingAgent::Config config() {
    ice::ControllingAgent::Config config{.local = {"mine", pwd}, .max_pairs = 8};
    config.sockets = {{0, candidate({IpAddress::loopback(), 1}, 100)}};
    return config;
  }
  static Endpoint address(std::uint8_t number) { return {IpAddress::v4(0xC0000200U + number), 1'000}; }
  static ice::Candidate candidate(const Endpoint& address, std::uint32_t priority) {
    return {.priority = priority, .address = address};
  }

  std::vector<std::byte> request(ByteReader& in) {
    stun::Builder builder{stun::Class::request, {}};
    const auto options = in.u8();
    builder.username("mine:x");
    if ((options & 1) != 0) builder.use_candidate();
    if ((options & 2) != 0) builder.ice_controlling(in.u64());
    if ((options & 4) != 0) builder.ice_controlled(in.u64());
    if ((options & 8) != 0) builder.priority(in.u32());
    return builder.finish(pwd);
  }

  /// Answers one of the latest requests, rightly or not.
  void answer(ByteReader& in) {
    if (asked_.empty()) return;
    const auto options = in.u8();
    const auto& [to, id] = asked_[options % asked_.size()];
    stun::Builder builder{(options & 128) != 0 ? stun::Class::error : stun::Class::success, id};
    if ((options & 128) != 0) builder.error_code((options & 64) != 0 ? 487 : 300 + in.u8() % 400, "");
    agent_.receive((options & 32) != 0 ? ice::Path{address(in.u8()), 0} : to, builder.finish(pwd), now_);
  }

  void pass(Duration time) {
    const auto end = now_ + time;
    for (int steps = 0; agent_.deadline() <= end; ++steps) {
      require(steps < 1'000);
      require(agent_.deadline() >= now_ || steps == 0);
      now_ = std::max(now_, agent_.deadline());
      agent_.advance(now_);
      drain();
    }
    now_ = end;
  }

  void drain() {
    while (auto output = agent_.poll()) {
      const auto* send = std::get_if<ice::ControllingAgent::Send>(&*output);
      if (!send) continue;
      const auto message = stun::parse(send->datagram);
      require(message && send->datagram.size() <= 200);
      if (message->message_class != stun::Class::request) continue;
      if (asked_.size() == 16) asked_.erase(asked_.begin());
      asked_.push_back({send->to, message->transaction_id});
    }
    if (agent_.selected()) require(agent_.selected()->channel == 0);
  }

  struct Asked {
    ice::Path to;
    stun::TransactionId id;
  };
  TimePoint now_{};
  ice::ControllingAgent agent_;
  std::vector<Asked> asked_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Session session;
  ByteReader in{std::as_bytes(std::span{data, size})};
  while (!in.empty()) session.step(in);
  return 0;
}
