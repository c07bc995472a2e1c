// Which call is ticked when: four phases of 5 ms, so that each call has its 20 ms and work and
// packets are spread. Without a timer of its own: the media clock, or a simulation, drives it.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/time.hpp"

namespace parley::call {

class Ticked {
 public:
  virtual ~Ticked() = default;
  virtual void tick(TimePoint now) = 0;
};

class TickSchedule {
 public:
  static constexpr std::size_t phases = 4;
  static constexpr std::chrono::milliseconds phase_duration{5};

  /// Joins the emptiest phase. May be called from inside a tick; the first tick is then a later one.
  void add(Ticked& ticked);
  /// May be called from inside a tick, also for the one being ticked.
  void remove(Ticked& ticked);
  void run_phase(std::size_t phase, TimePoint now);
  std::size_t size() const;

 private:
  std::array<std::vector<Ticked*>, phases> members_;  // removed ones are null until the phase has run
  std::array<std::size_t, phases> living_{};
};

}  // namespace parley::call
