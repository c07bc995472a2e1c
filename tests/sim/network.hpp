// A network that loses, delays, reorders and doubles datagrams by a seed.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/endpoint.hpp"
#include "base/random.hpp"
#include "sim/timeline.hpp"

namespace parley::sim {

/// One direction-independent set of wishes for the path between Parley and one phone.
struct Conditions {
  double loss = 0;         // of single packets
  double burst_start = 0;  // chance, at each packet, that a burst of loss begins
  double burst_end = 0.3;  // and that it ends again
  Duration delay = 10ms;
  Duration jitter{};     // up to this much more, evenly: more than a packet's time reorders
  double overtaken = 0;  // chance of 25 ms more: a packet that others overtake
  double duplication = 0;
  struct Outage {
    TimePoint from, to;
  };
  std::vector<Outage> outages;
};

struct Path {
  Conditions signalling, media;
};

class Receiver {
 public:
  virtual ~Receiver() = default;
  /// `bytes` are valid during the call.
  virtual void on_packet(const Endpoint& to, const Endpoint& from, std::span<const std::byte> bytes) = 0;
};

/// Every packet travels between Parley and one phone, whose path decides what happens to it.
class Network {
 public:
  static constexpr std::uint16_t signalling_port = 5060;

  Network(Timeline& timeline, std::uint64_t seed) : timeline_{timeline}, random_{Random::seeded(seed)} {}

  void set_path(const IpAddress& phone, Path path) { paths_[phone].wish = std::move(path); }
  Path& path(const IpAddress& phone) { return paths_[phone].wish; }
  void attach(const Endpoint& at, Receiver& receiver) { receivers_[at] = &receiver; }
  void detach(const Endpoint& at) { receivers_.erase(at); }

  void send(const Endpoint& from, const Endpoint& to, std::span<const std::byte> bytes);

  struct Counters {
    std::uint64_t sent = 0, lost = 0, unreachable = 0;
  };
  const Counters& counters() const { return counters_; }

 private:
  struct Line {
    Path wish;
    bool in_burst[2][2] = {};  // by direction, and signalling or media
  };

  bool is_lost(const Conditions& wish, bool& in_burst);
  Duration travel_time(const Conditions& wish);

  Timeline& timeline_;
  Random random_;
  std::map<IpAddress, Line> paths_;
  std::unordered_map<Endpoint, Receiver*> receivers_;
  Counters counters_;
};

}  // namespace parley::sim
