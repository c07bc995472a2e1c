// What one worker has to carry calls: their registry and the clock that ticks them.
#pragma once

#include <atomic>
#include <filesystem>

#include "base/random.hpp"
#include "call/dialler.hpp"
#include "call/environment.hpp"
#include "call/hold_music.hpp"
#include "call/media_clock.hpp"
#include "call/registry.hpp"
#include "call/tick_schedule.hpp"
#include "net/worker.hpp"

namespace parley::app {

/// What all workers share.
struct CallServices {
  call::EventHub& events;
  call::Ledger& ledger;
  speech::JobQueue& files;
  call::ApplicationFactory& applications;
  call::Capacity& capacity;
  std::filesystem::path recordings;
  std::shared_ptr<const call::HoldMusic> music;
  call::Directory* directory = nullptr;  // null: nobody keeps one
};

class CallWorker {
 public:
  CallWorker(net::Worker& worker, const CallServices& services);

  call::Registry& registry() { return registry_; }
  /// How agents are reached from here; before the worker runs.
  void set_dialler(std::unique_ptr<call::Dialler> dialler);
  call::MediaClock& clock() { return clock_; }
  net::Worker& worker() { return worker_; }

  /// How late the latest phase of the media clock was since the last call. From any thread.
  Duration take_worst_lateness() { return Duration{worst_lateness_.exchange(0, std::memory_order_relaxed)}; }
  /// Phases that ran over 20 ms late: a frame was sent late. From any thread.
  std::uint64_t late_ticks() const { return late_ticks_.load(std::memory_order_relaxed); }

 private:
  void note_lateness(Duration lateness);

  net::Worker& worker_;
  Random random_;
  call::TickSchedule schedule_;
  call::Environment environment_;
  std::unique_ptr<call::Dialler> dialler_;
  call::Registry registry_;
  call::MediaClock clock_;
  std::atomic<Duration::rep> worst_lateness_{0};
  std::atomic<std::uint64_t> late_ticks_{0};
};

}  // namespace parley::app
