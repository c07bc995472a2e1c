// SIP on the machine's sockets: listeners, connections, RTP ports, and a user agent per worker.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/endpoint.hpp"
#include "call/registry.hpp"
#include "legs/sip/admission.hpp"
#include "legs/sip/connection_counters.hpp"
#include "legs/sip/connection_ref.hpp"
#include "legs/sip/tls_trust.hpp"
#include "legs/sip/user_agent.hpp"

namespace parley::net {
class Scope;
class WebSocket;
class Workers;
}  // namespace parley::net

namespace parley::legs {

struct SipListen {
  sip::Transport transport = sip::Transport::udp;  // udp, tcp or tls
  Endpoint endpoint;
};

struct SipShellConfig {
  std::vector<SipListen> listen;
  std::optional<Endpoint> http;  // whose `/sip` takes WebSockets
  bool https = false;            // which are WSS then
  std::optional<TlsConfig> tls;  // needed for a TLS listener, and to call over TLS
  std::uint16_t first_rtp_port = 16'384, last_rtp_port = 32'767;
  std::optional<IpAddress> external_address;
  UserAgentConfig agent;
  Admission::Config admission;
  ProfileOf profile_of;
};

/// Cannot start: names what, and the remedy.
struct SipStartError {
  std::string message;
};

class AgentRegistrar;
class WorkerShell;
class WebRtcShell;
class UdpListener;
class TcpListener;

/// Worker 0 owns the listeners. What they read is parsed once and posted to the worker that it is
/// for; any worker sends on the UDP sockets, and a connection is written by its owner.
class SipShell {
 public:
  /// `registries`: one per worker.
  SipShell(SipShellConfig config, net::Workers& workers, const std::vector<call::Registry*>& registries,
           const Accounts& accounts, SharedLockout& lockout);
  ~SipShell();

  /// Browsers' media, and DTLS; before start(). Without it they are refused.
  void use(WebRtcShell& webrtc) { webrtc_ = &webrtc; }
  /// Binds; before the workers run.
  Result<void, SipStartError> bind();
  /// Begins to read; before the workers run or on any thread.
  void start();
  /// Stops listening; on worker 0.
  void stop(std::move_only_function<void()> done);
  /// Closes the connections of one worker; on it.
  void stop_worker(int worker, std::move_only_function<void()> done);

  /// `told` hears on worker 0 of every connection that ended, as `sip::Flow::connection` names it. Before
  /// the workers run.
  void on_connection_lost(std::function<void(std::uint64_t connection)> told) { lost_told_ = std::move(told); }
  /// The connection counts as lost once it was silent that long (RFC 5626 §4.4). From any worker.
  void expect_keep_alive(std::uint64_t connection, Duration within);

  /// False: no more WebSockets there.
  bool takes_websocket(int worker) const;
  /// Carries SIP until the WebSocket's end. On its worker; `from` says the transport and who it is.
  boost::asio::awaitable<void> serve(int worker, net::WebSocket& websocket, sip::Flow from);

  /// Used on that worker only.
  UserAgent& agent(int worker);
  /// Worker 0 takes REGISTERs from now on. After bind(), before the workers run.
  void serve_registrar(AgentRegistrar& registrar);
  /// What Via and Contact say, by Transport. After bind().
  const std::array<sip::HostPort, sip::transport_count>& sent_by() const { return config_.agent.stack.sent_by; }
  /// Where callers reach us: for the start line. The first UDP listener, else the first.
  Endpoint address() const;
  /// Of the first listener of that transport.
  std::optional<Endpoint> address(sip::Transport transport) const;
  ConnectionCounters& counters() { return counters_; }

 private:
  friend class WorkerShell;
  friend class UdpListener;
  friend class TcpListener;

  void name_ourselves();
  /// Parses, chooses the worker, posts. On a receiving worker.
  void receive(int receiver, const sip::Flow& from, std::string text);
  int least_loaded() const;
  /// The one address of that family that we listen on; nothing when it is all of them, or none.
  std::optional<IpAddress> bound_address(bool v6) const;
  void hand_over(boost::asio::ip::tcp::socket accepted, const Endpoint& remote, sip::Transport transport);
  /// A place for one more connection of that address; on worker 0.
  bool enter(const IpAddress& address);
  /// Gives it back; from any worker.
  void leave(const IpAddress& address);
  void send_datagram(const sip::Flow& flow, const std::string& bytes);
  void send_on(ConnectionRef ref, std::string bytes);
  void connection_lost(ConnectionRef ref);

  SipShellConfig config_;
  net::Workers& workers_;
  std::vector<call::Registry*> registries_;
  const Accounts& accounts_;
  SharedLockout& lockout_;
  WebRtcShell* webrtc_ = nullptr;
  ConnectionCounters counters_;
  std::unique_ptr<TlsTrustStore> tls_;           // null: no TLS
  std::map<IpAddress, std::size_t> by_address_;  // connections accepted here; worker 0's
  const std::uint16_t generation_;               // of connection references
  std::function<void(std::uint64_t)> lost_told_;
  std::unique_ptr<net::Scope> listen_scope_;
  std::vector<std::unique_ptr<WorkerShell>> shells_;
  std::vector<std::unique_ptr<UdpListener>> udp_;
  std::vector<std::unique_ptr<TcpListener>> tcp_;
};

}  // namespace parley::legs
