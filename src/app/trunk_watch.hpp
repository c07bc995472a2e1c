// Whether the peers of the trunks answer, and where a call by a trunk goes.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/config.hpp"
#include "app/dialling.hpp"
#include "call/event_hub.hpp"
#include "legs/sip/trunk_health.hpp"
#include "net/worker.hpp"
#include "observe/metrics.hpp"

namespace parley::legs {
class SipShell;
}

namespace parley::app {

/// Sends OPTIONS from worker 0. Others read where to go.
class TrunkWatch {
 public:
  TrunkWatch(const Config& config, net::Worker& worker, legs::SipShell& sip, observe::Metrics& metrics,
             call::EventHub& events);
  ~TrunkWatch();

  // On worker 0
  void start();
  void stop();

  /// For a number: the first trunk with a peer that is up, else the first. Nothing when there is no trunk. Any thread.
  std::optional<TrunkChoice> choose() const;

 private:
  struct Timer;
  void pump();
  void arm();
  void ask(std::size_t trunk, std::size_t peer);
  void tell(const legs::TrunkHealth::Changed& changed);
  void publish();

  net::Worker& worker_;
  legs::SipShell& sip_;
  call::EventHub& events_;
  legs::TrunkHealth health_;
  std::vector<std::vector<observe::Gauge>> up_;
  std::atomic<std::shared_ptr<const TrunkChoice>> choice_;
  std::unique_ptr<Timer> timer_;
};

}  // namespace parley::app
