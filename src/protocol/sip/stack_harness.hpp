// Stacks on a network of virtual time: packets are delayed, lost, doubled and reordered by a seed, or
// the n-th one is lost on purpose. For tests only.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "protocol/sip/stack.hpp"

namespace parley::sip::test {

struct Conditions {
  double loss = 0;
  double duplication = 0;
  Duration delay = 10ms;
  Duration jitter = 0ms;  // up to this much more: overtaking
  int lose_nth = -1;      // counted from 0 over all packets
  std::uint64_t seed = 1;
};

inline constexpr std::string_view an_offer =
    "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";
inline constexpr std::string_view an_answer =
    "v=0\r\no=- 2 1 IN IP4 192.0.2.2\r\ns=-\r\nt=0 0\r\nm=audio 5000 RTP/AVP 0\r\n";

struct Party {
  std::string name;
  Endpoint at;
  Stack stack;
  std::vector<Stack::Output> events;         // all but Send
  std::function<void(Stack::Output&)> user;  // reacts to them

  template <class T>
  std::vector<const T*> all() const {
    std::vector<const T*> found;
    for (const auto& event : events)
      if (const auto* each = std::get_if<T>(&event)) found.push_back(each);
    return found;
  }
  template <class T>
  const T* last() const {
    const auto found = all<T>();
    return found.empty() ? nullptr : found.back();
  }
  SessionId session() const {  // the last one that came in
    const auto* incoming = last<Stack::Incoming>();
    return incoming ? incoming->session : 0;
  }
};

struct Packet {
  TimePoint at;
  Endpoint to;
  Flow from;  // as the receiver sees it
  std::string text;
};

class Network {
 public:
  explicit Network(Conditions conditions = {}) : conditions_{conditions}, random_{Random::seeded(conditions.seed)} {}

  /// At 192.0.2.<n>:5060 in the order they are added.
  Party& add(const std::string& name, Config config = {}) {
    const auto n = static_cast<std::uint32_t>(parties_.size() + 1);
    const Endpoint at{IpAddress::v4(0xC0000200u + n), 5060};
    for (HostPort& local : config.sent_by)
      if (local.host.empty()) local = {at.address.to_string(), 5060};
    config.worker = static_cast<int>(n);
    parties_.push_back(std::make_unique<Party>(
        Party{name, at, Stack{std::move(config), Random::seeded(conditions_.seed * 100 + n), now}, {}, {}}));
    return *parties_.back();
  }

  /// Hands out what the stacks want done; call after a command.
  void flush() {
    for (bool busy = true; busy;) {
      busy = false;
      for (const auto& party : parties_)
        while (auto output = party->stack.poll()) {
          busy = true;
          if (auto* send = std::get_if<Stack::Send>(&*output)) {
            transmit(*party, *send);
            continue;
          }
          party->events.push_back(*output);
          if (party->user) party->user(*output);
        }
    }
  }

  void run_for(Duration duration) { run_until(now + duration); }

  void run_until(TimePoint end) {
    flush();
    while (true) {
      TimePoint next = end;
      if (!in_flight_.empty()) next = std::min(next, in_flight_.begin()->first);
      for (const auto& party : parties_) next = std::min(next, party->stack.deadline());
      now = std::max(now, next);
      if (!in_flight_.empty() && in_flight_.begin()->first <= now) {
        const Packet packet = std::move(in_flight_.begin()->second);
        in_flight_.erase(in_flight_.begin());
        deliver(packet);
      } else if (now >= end) {
        return;
      } else {
        for (const auto& party : parties_)
          if (party->stack.deadline() <= now) party->stack.advance(now);
      }
      flush();
    }
  }

  /// From outside any stack.
  void inject(const Endpoint& from, const Party& to, std::string text) {
    in_flight_.emplace(now, Packet{now, to.at, Flow{Transport::udp, from, 0}, std::move(text)});
  }

  void break_connections() {
    const auto broken = std::exchange(connections_, {});
    std::erase_if(in_flight_, [](const auto& each) { return each.second.from.connection != 0; });
    for (const auto& [id, ends] : broken)
      for (const auto& party : parties_)
        if (party->at == ends.opener || party->at == ends.listener) party->stack.connection_lost(id, now);
    flush();
  }

  /// How many messages of this start were sent, e.g. "BYE " or "SIP/2.0 200".
  int count(std::string_view start) const {
    int n = 0;
    for (const Packet& packet : sent)
      if (packet.text.starts_with(start)) ++n;
    return n;
  }
  std::vector<std::string> texts(std::string_view start) const {
    std::vector<std::string> found;
    for (const Packet& packet : sent)
      if (packet.text.starts_with(start)) found.push_back(packet.text);
    return found;
  }

  TimePoint now{};
  std::vector<Packet> sent;
  bool keep_sent = true;

 private:
  struct Connection {
    Endpoint opener, listener;
  };

  void transmit(const Party& from, const Stack::Send& send) {
    Packet packet{now, send.flow.remote, Flow{send.flow.transport, from.at, 0}, send.bytes};
    if (send.flow.transport != Transport::udp && !connect(from, send.flow, packet)) return;
    if (keep_sent) sent.push_back(packet);
    const bool lossy = send.flow.transport == Transport::udp;
    const int index = transmitted_++;
    if (lossy && (index == conditions_.lose_nth || random_.unit() < conditions_.loss)) return;
    const int copies = lossy && random_.unit() < conditions_.duplication ? 2 : 1;
    for (int i = 0; i < copies; ++i) {
      Duration jitter{0};
      if (lossy && conditions_.jitter > Duration{0})
        jitter =
            Duration{static_cast<Duration::rep>(random_.below(static_cast<std::uint64_t>(conditions_.jitter.count())))};
      packet.at = now + conditions_.delay + jitter;
      in_flight_.emplace(packet.at, packet);
    }
  }

  bool connect(const Party& from, const Flow& flow, Packet& packet) {
    std::uint64_t id = flow.connection;
    if (id == 0) {
      for (const auto& [known, ends] : connections_)
        if (ends.opener == from.at && ends.listener == flow.remote) id = known;
      if (id == 0) connections_[id = ++last_connection_] = {from.at, flow.remote};
    }
    const auto found = connections_.find(id);
    if (found == connections_.end()) return false;  // written to a dead socket
    const bool opener = found->second.opener == from.at;
    packet.to = opener ? found->second.listener : found->second.opener;
    packet.from.connection = id;
    if (opener) packet.from.remote.port = static_cast<std::uint16_t>(40'000 + id);
    return true;
  }

  void deliver(const Packet& packet) {
    for (const auto& party : parties_)
      if (party->at == packet.to) party->stack.receive(packet.from, packet.text, now);
  }

  Conditions conditions_;
  Random random_;
  std::vector<std::unique_ptr<Party>> parties_;
  std::multimap<TimePoint, Packet> in_flight_;
  std::map<std::uint64_t, Connection> connections_;
  std::uint64_t last_connection_ = 0;
  int transmitted_ = 0;
};

inline Uri uri(std::string_view text) { return Uri::parse(text).value(); }
inline NameAddr address(std::string_view text) { return NameAddr::parse(text).value(); }

inline InviteOptions call_to(const Party& party, std::string_view params = "") {
  InviteOptions options;
  options.target = uri("sip:bob@" + party.at.to_string() + std::string{params});
  options.from = address("<sip:alice@example.com>");
  options.offer = std::string{an_offer};
  return options;
}

/// Rings and answers whatever comes; accepts every offer.
inline void answer_everything(Network& network, Party& party) {
  party.user = [&network, &party](Stack::Output& output) {
    if (const auto* incoming = std::get_if<Stack::Incoming>(&output)) {
      party.stack.ring(incoming->session, 180, std::nullopt, false, network.now);
      party.stack.answer(incoming->session, std::string{incoming->offer ? an_answer : an_offer}, network.now);
    } else if (const auto* offer = std::get_if<Stack::OfferReceived>(&output)) {
      party.stack.accept_offer(offer->session, std::string{offer->sdp ? an_answer : an_offer}, network.now);
    } else if (const auto* answered = std::get_if<Stack::Answered>(&output)) {
      if (answered->is_offer) party.stack.ack_answer(answered->session, std::string{an_answer}, network.now);
    }
  };
}

}  // namespace parley::sip::test
