// The lite agent under anything that strangers and an authenticated peer may send: it answers only who asked, at most
// once, keeps its bounds, and what it selects is a path that it knows.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "property.hpp"
#include "protocol/ice/lite_agent.hpp"
#include "protocol/stun/builder.hpp"

namespace {

using namespace parley;
using fuzz::require;

constexpr std::size_t max_paths = 4;

class Session {
 public:
  Session() : agent_{{.local = credentials(0), .max_paths = max_paths}, now_} {}

  void step(ByteReader& in) {
    const auto what = in.u8();
    const ice::Path from{{IpAddress::v4(in.u8() & 7U), 1'000}, static_cast<ice::Channel>(what >> 6)};
    switch (what & 7U) {
      case 0: return receive(from, in.take(std::min<std::size_t>(in.u8(), in.rest().size())));
      case 1: now_ += std::chrono::milliseconds{in.u8()} * 100; break;
      case 2:
        agent_.restart(credentials(++generation_), now_);
        lost_ = false;
        break;
      case 3: agent_.channel_closed(from.channel, now_); break;
      default: return receive(from, signed_request(in));
    }
    agent_.advance(now_);
    drain(nullptr);
    require(agent_.deadline() > now_);
  }

 private:
  static ice::Credentials credentials(int generation) {
    return {"w00" + std::to_string(100'000'000 + generation), "a password of 22 chars"};
  }

  /// With whatever attributes, under the credentials of this generation or one before.
  std::vector<std::byte> signed_request(ByteReader& in) {
    stun::Builder builder{stun::Class::request, {}};
    const auto options = in.u8();
    builder.username(credentials(std::max(0, generation_ - (options & 3))).ufrag + ":x");
    if ((options & 4) != 0) builder.use_candidate();
    if ((options & 8) != 0) builder.priority(in.u32());
    for (int i = options >> 6; i > 0; --i) {
      const auto type = in.u16();
      builder.attribute(type, in.take(std::min<std::size_t>(in.u8() & 31U, in.rest().size())));
    }
    return builder.finish("a password of 22 chars");
  }

  void receive(const ice::Path& from, std::span<const std::byte> datagram) {
    agent_.receive(from, datagram, now_);
    drain(&from);
  }

  void drain(const ice::Path* from) {
    int sent = 0;
    while (auto output = agent_.poll()) {
      if (const auto* send = std::get_if<ice::LiteAgent::Send>(&*output)) {
        require(!lost_ && from && send->to == *from && ++sent == 1);
        require(stun::parse(send->datagram) && send->datagram.size() <= 128);
      } else if (const auto* added = std::get_if<ice::LiteAgent::PathAdded>(&*output)) {
        paths_.push_back(added->path);
      } else if (const auto* removed = std::get_if<ice::LiteAgent::PathRemoved>(&*output)) {
        require(std::erase(paths_, removed->path) == 1);
      } else if (const auto* selected = std::get_if<ice::LiteAgent::Selected>(&*output)) {
        require(std::ranges::find(paths_, selected->path) != paths_.end());
      } else {
        lost_ = true;
      }
      require(paths_.size() <= max_paths);
    }
    for (const auto& path : paths_) require(agent_.knows(path));
    if (agent_.selected()) require(agent_.knows(*agent_.selected()));
    require(agent_.consent_lost() == lost_);
  }

  TimePoint now_{};
  ice::LiteAgent agent_;
  int generation_ = 0;
  bool lost_ = false;
  std::vector<ice::Path> paths_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Session session;
  ByteReader in{std::as_bytes(std::span{data, size})};
  while (!in.empty()) session.step(in);
  return 0;
}
