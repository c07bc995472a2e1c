// A network in memory for tests: two agents, delay, loss, blocked ways and NATs, all on virtual time and from a seed.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <vector>

#include "base/random.hpp"
#include "protocol/ice/controlling_agent.hpp"
#include "protocol/ice/lite_agent.hpp"

namespace parley::ice::testing {

template <class Agent>
struct Node {
  Agent agent;
  std::vector<Endpoint> sockets;  // by channel
  std::vector<Path> selections{};
  bool lost = false, failed = false;
  std::uint64_t sent = 0;
};

template <class A, class B>
class Network {
 public:
  Network(Node<A> first, Node<B> second, std::uint64_t seed = 1)
      : a{std::move(first)}, b{std::move(second)}, random_{Random::seeded(seed)} {}

  /// Runs until `until` says so or `time` has passed; true in the first case.
  bool run(Duration time, const std::function<bool()>& until = [] { return false; }) {
    const auto end = now + time;
    for (;;) {
      drain(a);
      drain(b);
      if (until()) return true;
      const auto packet = packets_.empty() ? TimePoint::max() : packets_.begin()->first;
      const auto next = std::min({packet, a.agent.deadline(), b.agent.deadline()});
      if (next > end) break;
      now = std::max(now, next);
      a.agent.advance(now);
      b.agent.advance(now);
      if (packet <= now) deliver();
    }
    now = end;
    return until();
  }

  TimePoint now{};
  double loss = 0;
  Duration delay = 10ms;
  std::set<std::pair<Endpoint, Endpoint>> blocked;  // from, to
  std::map<Endpoint, Endpoint> nat;                 // inside to outside
  Node<A> a;
  Node<B> b;

 private:
  struct Packet {
    Endpoint from, to;
    std::vector<std::byte> datagram;
  };

  template <class Agent>
  void drain(Node<Agent>& node) {
    while (auto output = node.agent.poll()) {
      if (auto* send = std::get_if<typename Agent::Send>(&*output)) {
        ++node.sent;
        post(node.sockets.at(send->to.channel), send->to.remote, std::move(send->datagram));
      } else if (auto* selected = std::get_if<typename Agent::Selected>(&*output)) {
        node.selections.push_back(selected->path);
      } else if (std::get_if<typename Agent::ConsentLost>(&*output)) {
        node.lost = true;
      } else if constexpr (requires { typename Agent::Failed; }) {
        node.failed = true;
      }
    }
  }

  void post(Endpoint from, const Endpoint& to, std::vector<std::byte> datagram) {
    if (const auto mapped = nat.find(from); mapped != nat.end()) from = mapped->second;
    if (blocked.contains({from, to}) || random_.unit() < loss) return;
    const auto jitter = std::chrono::milliseconds{random_.below(5)};
    packets_.emplace(now + delay + jitter, Packet{from, to, std::move(datagram)});
  }

  void deliver() {
    auto node = packets_.extract(packets_.begin());
    Packet& packet = node.mapped();
    for (const auto& [inside, outside] : nat)
      if (packet.to == outside) packet.to = inside;
    if (!hand_to(a, packet)) hand_to(b, packet);
  }

  template <class Agent>
  bool hand_to(Node<Agent>& node, const Packet& packet) {
    const auto socket = std::ranges::find(node.sockets, packet.to);
    if (socket == node.sockets.end()) return false;
    const auto channel = static_cast<Channel>(socket - node.sockets.begin());
    node.agent.receive({packet.from, channel}, packet.datagram, now);
    return true;
  }

  Random random_;
  std::multimap<TimePoint, Packet> packets_;
};

}  // namespace parley::ice::testing
