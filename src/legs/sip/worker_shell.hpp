// One worker's part of the SIP shell: its user agent, the timer that drives it, its connections and
// its RTP ports.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <map>
#include <memory>
#include <unordered_map>

#include "legs/sip/admission.hpp"
#include "legs/sip/byte_messages.hpp"
#include "legs/sip/connection.hpp"
#include "legs/sip/dispatcher.hpp"
#include "legs/sip/shell.hpp"
#include "legs/sip/user_agent.hpp"
#include "net/scope.hpp"
#include "net/udp.hpp"
#include "net/worker.hpp"

namespace parley::net {
class Resolver;
class WebSocket;
}  // namespace parley::net

namespace parley::legs {

class WorkerShell final : private SipWorld {
 public:
  WorkerShell(SipShell& shell, net::Worker& worker, call::Registry& registry);
  ~WorkerShell() override;

  UserAgent& agent() { return agent_; }
  net::Worker& worker() { return worker_; }
  Dispatcher& dispatcher() { return dispatcher_; }
  /// A connection that was accepted elsewhere becomes this worker's.
  void adopt(boost::asio::ip::tcp::socket socket, const Endpoint& remote, sip::Transport transport);
  bool full() const { return connections() >= max_connections; }
  /// From any thread.
  std::size_t connections() const { return connection_count_.load(std::memory_order_relaxed); }
  /// Until the WebSocket's end. `from` is without a reference.
  boost::asio::awaitable<void> serve(net::WebSocket& websocket, sip::Flow from);
  /// False when the connection is gone.
  bool send_on(ConnectionRef ref, std::string bytes);
  void expect_keep_alive(ConnectionRef ref, Duration within);
  void stop(std::move_only_function<void()> done);

 private:
  static constexpr std::size_t max_connections = 10'000;

  // SipWorld
  void send(const sip::Flow& flow, std::string bytes) override;
  void resolve(sip::QueryId query, const sip::Uri& target, std::optional<sip::Transport> transport) override;
  std::unique_ptr<MediaPort> open_media(const IpAddress& peer) override;
  WebRtcEndpoint* webrtc() override;
  IpAddress address_towards(const IpAddress& peer) override;
  TimePoint now() override { return Clock::now(); }

  void arm();
  /// Takes it into the books; serve() runs it.
  std::uint64_t add(std::unique_ptr<MessageStream> stream, sip::Flow flow, bool ours);
  boost::asio::awaitable<void> serve(std::uint64_t id);
  void forget(std::uint64_t id);
  /// Null: none that may be used for this.
  Connection* find(const sip::Flow& flow);
  /// Opens one and queues. A failure comes back, later, as transport_failed().
  void open_to(const sip::Flow& flow, std::string bytes);
  std::string name_of(const sip::Flow& flow) const;
  void report_failure(const sip::Flow& flow);
  ConnectionRef ref_of(std::uint64_t id) const;
  /// Null when it is gone.
  Connection* find(ConnectionRef ref);
  boost::asio::awaitable<void> locate(sip::QueryId query, sip::Uri target, std::optional<sip::Transport> transport);

  SipShell& shell_;
  net::Worker& worker_;
  net::Scope scope_;
  net::ReceiveBatch media_batch_;
  net::PortRange ports_;
  std::unique_ptr<net::Resolver> resolver_;
  Random random_;
  Admission admission_;
  UserAgent agent_;
  Dispatcher dispatcher_;
  boost::asio::steady_timer timer_;
  TimePoint armed_for_ = TimePoint::max();
  std::unordered_map<std::uint64_t, std::unique_ptr<Connection>> connections_;
  std::map<std::pair<sip::Transport, Endpoint>, std::uint64_t> by_peer_;  // the latest of each
  std::unordered_map<std::string, std::string> proven_;  // by address: what its certificate was for; bounded
  net::Handshakes handshakes_;
  std::atomic<std::size_t> connection_count_{0};
  std::uint64_t next_id_ = 1;
  std::unordered_map<std::string, IpAddress> local_addresses_;  // by peer; bounded
};

}  // namespace parley::legs
