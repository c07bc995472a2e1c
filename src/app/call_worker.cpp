#include "app/call_worker.hpp"

#include "app/adapters.hpp"

namespace parley::app {
namespace {

call::Environment make_environment(net::Worker& worker, const CallServices& services, call::TickSchedule& schedule,
                                   Random& random) {
  call::Environment environment;
  environment.worker = worker.index();
  environment.schedule = &schedule;
  environment.events = &services.events;
  environment.ledger = &services.ledger;
  environment.files = &services.files;
  environment.executor = std::make_shared<WorkerExecutor>(worker);
  environment.random = &random;
  environment.wall_clock = [] { return std::chrono::system_clock::now(); };
  environment.recordings = services.recordings;
  environment.music = services.music;
  environment.directory = services.directory;
  return environment;
}

}  // namespace

CallWorker::CallWorker(net::Worker& worker, const CallServices& services)
    : worker_{worker},
      random_{Random::secure()},
      environment_{make_environment(worker, services, schedule_, random_)},
      registry_{environment_, services.applications, services.capacity},
      clock_{worker, schedule_, [this](Duration lateness) { note_lateness(lateness); }} {}

void CallWorker::set_dialler(std::unique_ptr<call::Dialler> dialler) {
  dialler_ = std::move(dialler);
  environment_.dialler = dialler_.get();
}

void CallWorker::note_lateness(Duration lateness) {
  if (lateness.count() > worst_lateness_.load(std::memory_order_relaxed))
    worst_lateness_.store(lateness.count(), std::memory_order_relaxed);
  if (lateness > 20ms) late_ticks_.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace parley::app
