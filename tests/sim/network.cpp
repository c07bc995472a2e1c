#include "sim/network.hpp"

namespace parley::sim {

void Network::send(const Endpoint& from, const Endpoint& to, std::span<const std::byte> bytes) {
  const Exempt own;
  ++counters_.sent;
  const auto outgoing = paths_.find(to.address);
  const bool to_phone = outgoing != paths_.end();
  const auto line = to_phone ? outgoing : paths_.find(from.address);
  if (line == paths_.end()) {
    ++counters_.unreachable;
    return;
  }
  const bool signalling = from.port == signalling_port || to.port == signalling_port;
  const Conditions& wish = signalling ? line->second.wish.signalling : line->second.wish.media;
  if (is_lost(wish, line->second.in_burst[to_phone ? 1 : 0][signalling ? 1 : 0])) {
    ++counters_.lost;
    return;
  }
  const int copies = random_.unit() < wish.duplication ? 2 : 1;
  for (int i = 0; i < copies; ++i) {
    timeline_.after(travel_time(wish), [this, from, to, copy = std::vector(bytes.begin(), bytes.end())] {
      const auto receiver = receivers_.find(to);
      if (receiver == receivers_.end()) {
        ++counters_.unreachable;
        return;
      }
      receiver->second->on_packet(to, from, copy);
    });
  }
}

bool Network::is_lost(const Conditions& wish, bool& in_burst) {
  for (const auto& outage : wish.outages)
    if (timeline_.now() >= outage.from && timeline_.now() < outage.to) return true;
  in_burst = in_burst ? random_.unit() >= wish.burst_end : random_.unit() < wish.burst_start;
  return in_burst || random_.unit() < wish.loss;
}

Duration Network::travel_time(const Conditions& wish) {
  Duration time = wish.delay;
  if (wish.jitter > Duration{})
    time += Duration{static_cast<Duration::rep>(random_.below(static_cast<std::uint64_t>(wish.jitter.count())))};
  if (random_.unit() < wish.overtaken) time += 25ms;
  return time;
}

}  // namespace parley::sim
