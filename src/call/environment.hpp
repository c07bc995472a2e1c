// What a call finds on its worker. Made by the program (or a simulation) before the first call;
// outlives all of them.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "base/random.hpp"
#include "base/time.hpp"
#include "call/ledger.hpp"
#include "call/tick_schedule.hpp"
#include "speech/executor.hpp"
#include "speech/job_queue.hpp"

namespace parley::call {

class Dialler;
class Directory;
class EventHub;
class HoldMusic;

struct Environment {
  int worker = 0;
  TickSchedule* schedule = nullptr;
  EventHub* events = nullptr;
  Ledger* ledger = nullptr;                    // where rows go
  speech::JobQueue* files = nullptr;           // where recordings are written
  std::shared_ptr<speech::Executor> executor;  // of this worker
  Random* random = nullptr;
  std::function<WallTime()> wall_clock;
  std::function<TimePoint()> clock = [] { return Clock::now(); };
  std::filesystem::path recordings;  // folder; empty: nothing is recorded
  Dialler* dialler = nullptr;        // null: nobody can be reached
  Directory* directory = nullptr;    // is told what agents do; null: nobody keeps one
  std::shared_ptr<const HoldMusic> music;
};

}  // namespace parley::call
