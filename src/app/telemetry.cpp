#include "app/telemetry.hpp"

#include <boost/asio/steady_timer.hpp>

#include <array>

#include "base/log.hpp"
#include "legs/sip/shell.hpp"
#include "legs/webrtc/shell.hpp"
#include "net/http_server.hpp"
#include "store/records.hpp"

namespace parley::app {

namespace {
constexpr std::size_t first_connected = 1;  // of the transports: datagrams have no connections
}

struct Telemetry::Timer {
  explicit Timer(net::Worker& worker) : wait{worker.context()} {}
  boost::asio::steady_timer wait;
};

struct Telemetry::Gauges {
  explicit Gauges(observe::Metrics& metrics, std::size_t workers)
      : calls{metrics.gauge("parley_calls_active", "Calls alive, arriving ones included.")},
        call_limit{metrics.gauge("parley_calls_limit", "Calls that the program takes at once.")},
        store_queue{metrics.gauge("parley_store_queue", "Writes that wait for the database.")},
        store_healthy{metrics.gauge("parley_store_healthy", "1 while the database takes writes.")},
        webrtc_of_worker(workers) {
    for (std::size_t reason = 0; reason < webrtc_dropped.size(); ++reason)
      webrtc_dropped[reason].emplace(
          metrics.counter("parley_webrtc_dropped_total", "What WebRTC peers and strangers sent in vain, by reason.",
                          {{"reason", std::string{legs::name(static_cast<legs::Drop>(reason))}}}));
    for (std::size_t i = first_connected; i < sip::transport_count; ++i)
      connections.push_back(metrics.gauge("parley_sip_connections", "Connections that carry SIP now.",
                                          {{"transport", std::string{sip::uri_name(static_cast<sip::Transport>(i))}}}));
    for (std::size_t i = 0; i < legs::connection_ends; ++i)
      ends.push_back(metrics.gauge("parley_sip_connections_ended",
                                   "Connections of SIP that ended, since the start, and why.",
                                   {{"reason", std::string{legs::name(static_cast<legs::ConnectionEnd>(i))}}}));
    for (const char* server : {"sip", "http"})
      for (const char* reason : {"failed", "timed_out", "crowded_out"})
        handshakes.push_back(metrics.gauge("parley_tls_handshakes_ended",
                                           "TLS handshakes of peers that came to nothing, since the start, and why.",
                                           {{"server", server}, {"reason", reason}}));
    for (std::size_t i = 0; i < workers; ++i) {
      const observe::Labels labels{{"worker", std::to_string(i)}};
      of_worker.push_back(
          {metrics.gauge("parley_worker_calls", "Calls on the worker.", labels),
           metrics.gauge("parley_tick_lateness_seconds", "How late the worst tick of the last second was.", labels),
           metrics.gauge("parley_ticks_late", "Ticks that ran over 20 ms late, since the start.", labels),
           metrics.gauge("parley_worker_lag_seconds", "How late the worker's loop was at worst in the last second.",
                         labels),
           metrics.gauge("parley_sip_retransmissions_sent", "SIP messages sent again, since the start.", labels),
           metrics.gauge("parley_sip_bad_messages", "SIP messages that could not be parsed, since the start.", labels),
           metrics.gauge("parley_sip_refused_overload", "Calls refused with 503, since the start.", labels),
           metrics.gauge("parley_sip_srtp_forged",
                         "Media packets of SIP calls that failed authentication, since the start.", labels),
           metrics.gauge("parley_sip_srtp_replayed", "Media packets of SIP calls that came twice, since the start.",
                         labels)});
    }
  }

  struct OfWorker {
    observe::Gauge calls, lateness, late_ticks, lag, retransmissions, bad_messages, refused, forged, replayed;
  };
  /// The endpoints count since the start: what is new is added. On worker `i`.
  void count_drops(std::size_t i, const legs::Drops& now) {
    legs::Drops& before = webrtc_of_worker[i];
    for (std::size_t reason = 0; reason < webrtc_dropped.size(); ++reason) {
      const auto drop = static_cast<legs::Drop>(reason);
      if (now[drop] != before[drop]) webrtc_dropped[reason]->increment(static_cast<double>(now[drop] - before[drop]));
    }
    before = now;
  }

  observe::Gauge calls, call_limit, store_queue, store_healthy;
  std::vector<observe::Gauge> connections, ends, handshakes;
  std::vector<OfWorker> of_worker;
  std::array<std::optional<observe::Counter>, static_cast<std::size_t>(legs::Drop::count)> webrtc_dropped;
  std::vector<legs::Drops> webrtc_of_worker;  // as counted last
};

Telemetry::Telemetry(observe::Metrics& metrics, std::vector<CallWorker*> workers, legs::SipShell& sip,
                     legs::WebRtcShell& webrtc, call::Capacity& capacity, store::Records& records, AgentGauges agents)
    : workers_{std::move(workers)},
      sip_{sip},
      webrtc_{webrtc},
      capacity_{capacity},
      records_{records},
      agents_{std::move(agents)},
      overload_(workers_.size()),
      gauges_{std::make_unique<Gauges>(metrics, workers_.size())},
      timer_{std::make_unique<Timer>(workers_.front()->worker())} {}

Telemetry::~Telemetry() = default;

void Telemetry::start() {
  sample();
  arm();
}

void Telemetry::drain() { draining_ = true; }

void Telemetry::stop() { timer_->wait.cancel(); }

void Telemetry::arm() {
  timer_->wait.expires_after(1s);
  timer_->wait.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    sample();
    arm();
  });
}

void Telemetry::judge(std::size_t worker, Duration lateness) {
  const auto change = overload_[worker].judge(lateness, workers_[worker]->registry().load());
  if (!change || draining_) return;
  const bool close = *change == OverloadGuard::Change::close;
  if (close)
    log::warn("worker overloaded: new calls get 503 worker={} late_ms={} calls={}", worker, to_ms(lateness),
              workers_[worker]->registry().load());
  else log::info("worker keeps time again worker={}", worker);
  workers_[worker]->worker().post([this, worker, close] {
    sip_.agent(static_cast<int>(worker)).refuse_new(close ? std::optional{std::chrono::seconds{10}} : std::nullopt);
  });
}

void Telemetry::sample_connections() {
  const auto& counters = sip_.counters();
  for (std::size_t i = first_connected; i < sip::transport_count; ++i)
    gauges_->connections[i - first_connected].set(static_cast<double>(counters.open[i].load()));
  for (std::size_t i = 0; i < legs::connection_ends; ++i)
    gauges_->ends[i].set(static_cast<double>(counters.ended[i].load()));
  std::size_t at = 0;
  for (const auto* of : {&counters.handshakes, http_ ? &http_->handshakes() : nullptr}) {
    if (of == nullptr) continue;
    for (const auto* count : {&of->failed, &of->timed_out, &of->crowded_out})
      gauges_->handshakes[at++].set(static_cast<double>(count->load()));
  }
}

void Telemetry::sample() {
  const auto seconds = [](Duration duration) { return std::chrono::duration<double>(duration).count(); };
  gauges_->calls.set(static_cast<double>(capacity_.used()));
  gauges_->call_limit.set(static_cast<double>(capacity_.limit()));
  gauges_->store_queue.set(static_cast<double>(records_.counters().queued));
  agents_.sample();
  gauges_->store_healthy.set(records_.healthy() ? 1 : 0);
  sample_connections();
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    auto& of = gauges_->of_worker[i];
    of.calls.set(static_cast<double>(workers_[i]->registry().load()));
    const auto lateness = workers_[i]->take_worst_lateness();
    judge(i, lateness);
    of.lateness.set(seconds(lateness));
    of.late_ticks.set(static_cast<double>(workers_[i]->late_ticks()));
    of.lag.set(seconds(workers_[i]->worker().take_longest_lag()));
    // The counters of SIP and WebRTC belong to their worker.
    workers_[i]->worker().post([this, i, of] {
      const auto& agent = sip_.agent(static_cast<int>(i));
      const auto& counters = agent.counters();
      of.retransmissions.set(static_cast<double>(counters.retransmissions_sent));
      of.bad_messages.set(static_cast<double>(counters.parsed_bad));
      of.refused.set(static_cast<double>(counters.refused_overload));
      of.forged.set(static_cast<double>(agent.refused_media().forged));
      of.replayed.set(static_cast<double>(agent.refused_media().replayed));
      gauges_->count_drops(i, webrtc_.at(static_cast<int>(i)).drops());
    });
  }
}

}  // namespace parley::app
