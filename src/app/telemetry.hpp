// Puts what the parts count where Prometheus can fetch it.
#pragma once

#include <memory>
#include <vector>

#include "app/agents.hpp"
#include "app/call_worker.hpp"
#include "app/overload_guard.hpp"
#include "observe/metrics.hpp"

namespace parley::legs {
class SipShell;
class WebRtcShell;
}  // namespace parley::legs
namespace parley::store {
class Records;
}

namespace parley::net {
class HttpServer;
}

namespace parley::app {

/// Reads the counters of workers, SIP, WebRTC and store once a second, on worker 0 and refuses
/// new calls on a worker that is overloaded.
class Telemetry {
 public:
  Telemetry(observe::Metrics& metrics, std::vector<CallWorker*> workers, legs::SipShell& sip, legs::WebRtcShell& webrtc,
            call::Capacity& capacity, store::Records& records, AgentGauges agents);
  ~Telemetry();
  /// Its handshakes are counted from then on.
  void watch(const net::HttpServer& http) { http_ = &http; }
  void start();
  /// The program drains: workers stay closed to new calls, whatever their clocks say.
  void drain();
  void stop();

 private:
  struct Timer;
  struct Gauges;
  void arm();
  void sample();
  void sample_connections();
  void judge(std::size_t worker, Duration lateness);

  std::vector<CallWorker*> workers_;
  legs::SipShell& sip_;
  legs::WebRtcShell& webrtc_;
  call::Capacity& capacity_;
  store::Records& records_;
  AgentGauges agents_;
  const net::HttpServer* http_ = nullptr;
  std::vector<OverloadGuard> overload_;  // by worker
  bool draining_ = false;
  std::unique_ptr<Gauges> gauges_;
  std::unique_ptr<Timer> timer_;
};

}  // namespace parley::app
