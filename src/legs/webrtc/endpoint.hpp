// One worker's WebRTC: its port, its sessions, and what browsers ask of them.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "call/profile.hpp"
#include "call/registry.hpp"
#include "legs/webrtc/peer_connection.hpp"
#include "net/udp.hpp"

namespace parley::net {
class FdWatch;
class Scope;
class Worker;
}  // namespace parley::net

namespace parley::legs {

/// As a problem document wants it.
struct WebRtcRefusal {
  WebRtcRefusal(int code, std::string why) : status{code}, detail{std::move(why)} {}
  int status;
  std::string detail;
};

/// An offer that may be answered: who asks, and for what, has been judged.
struct WebRtcOffer {
  std::string sdp;
  call::RouteTarget target;
  std::string from, to;
  call::Identity identity;
};

struct WebRtcAnswer {
  WebRtcAnswer(std::string description, std::string call, std::string generation)
      : sdp{std::move(description)}, call_id{std::move(call)}, ice_session{std::move(generation)} {}
  std::string sdp, call_id;
  std::string ice_session;  // names the generation of ICE's credentials: each restart has another
};

/// Our side of a trickle fragment; without a restart it is empty.
struct WebRtcFragment {
  WebRtcFragment(std::string text, std::string generation)
      : fragment{std::move(text)}, ice_session{std::move(generation)} {}
  std::string fragment, ice_session;
};

/// Used on its worker only.
class WebRtcEndpoint final : private WebRtcWorld {
 public:
  struct Config {
    std::uint16_t port = 0;  // 0: any that is free
    std::vector<IpAddress> addresses;
    std::optional<IpAddress> external_address;  // what the world sees of the first address
    call::ProfileOf profile_of;
  };

  WebRtcEndpoint(Config config, net::Worker& worker, call::Registry& registry, const dtls::Context& context);
  ~WebRtcEndpoint() override;

  /// UDP and TCP on the same port of every address. Before the workers run. The error names the port.
  Result<void, std::string> bind();
  void start();
  void stop(std::move_only_function<void()> done);
  std::uint16_t port() const { return port_; }

  Result<WebRtcAnswer, WebRtcRefusal> offer(WebRtcOffer offer);
  /// Another offer for a call that lives here: its peer connection renegotiated, or a new one that takes over. Of that
  /// the event `leg.taken_over` tells the page that had the call, by the ufrag of the one that has it now.
  Result<WebRtcAnswer, WebRtcRefusal> offer_again(const std::string& call_id, const std::string& sdp);
  /// Trickled candidates and ICE restarts (RFC 8840, RFC 9725). With `ice_session`, only if that is the present one:
  /// else 412.
  Result<WebRtcFragment, WebRtcRefusal> trickle(const std::string& call_id, std::string_view fragment,
                                                const std::optional<std::string>& ice_session = std::nullopt);

  // Peer connections whose descriptions travel by another signalling. The endpoint outlives them.
  std::unique_ptr<PeerConnection> open(PeerConnection::Config config);
  /// Answers the first offer or a later one.
  Result<std::string, WebRtcRefusal> answer(PeerConnection& peer, const std::string& offer);
  /// Ours; the peer checks, whoever offers.
  std::string make_offer(PeerConnection& peer);
  Result<void, WebRtcRefusal> accept(PeerConnection& peer, const std::string& answer);

  const dtls::Context& context() const { return context_; }
  bool has(const std::string& call_id) const { return sessions_.contains(call_id); }

  /// Since the start, of every session that was.
  Drops drops() const;

 private:
  class UdpChannel;
  class TcpSide;
  struct Session {
    PeerConnection* peer = nullptr;
    sdp::webrtc::Local local;
    std::optional<sdp::SessionDescription> description{};  // our last one
    std::vector<std::string> ufrags;
    std::vector<ice::Path> paths;
    std::vector<ice::Channel> sockets;  // of its own, where we control
    unsigned connections = 0;           // made so far: another one took the session over
  };

  // WebRtcWorld
  void send(const ice::Path& to, std::span<const std::byte> datagram) override;
  void add_path(const ice::Path& path, PeerConnection& peer) override;
  void remove_path(const ice::Path& path, const PeerConnection& peer) override;
  void forget_paths(PeerConnection& peer) override;
  void forget(PeerConnection& peer) override;
  TimePoint now() override { return Clock::now(); }

  void receive(const ice::Path& from, std::span<std::byte> datagram, TimePoint arrival);
  Result<void, std::string> bind_port(std::uint16_t port);
  Session& add_session(PeerConnection& peer, bool lite);
  Result<void, WebRtcRefusal> answer_first(PeerConnection& peer, const std::string& offer);
  Result<void, WebRtcRefusal> answer_again(Session& session, const std::string& offer);
  sdp::webrtc::Local describe(ice::Credentials credentials, bool lite) const;
  /// New credentials for a session; requests that name them are its own from now on.
  void renew_credentials(Session& session);
  std::unique_ptr<WebRtcTransport> make_transport(Session& session, const sdp::webrtc::Negotiated& negotiated);
  /// Sockets of the session's own and candidates for them, where we control.
  void open_sockets(Session& session);
  void start_socket(ice::Channel channel, PeerConnection& peer);
  void close_sockets(Session& session);
  Session* session_of(const PeerConnection& peer);

  Config config_;
  net::Worker& worker_;
  call::Registry& registry_;
  const dtls::Context& context_;
  Random random_;
  std::uint16_t port_ = 0;
  net::ReceiveBatch batch_;
  std::unordered_map<ice::Channel, std::unique_ptr<UdpChannel>> udp_;
  std::unique_ptr<TcpSide> tcp_;
  ice::Channel next_channel_ = 0;
  std::unordered_map<std::string, Session> sessions_;  // by peer connection
  std::unordered_map<std::string, PeerConnection*> by_ufrag_;
  std::map<ice::Path, PeerConnection*> by_path_;
  Drops drops_;  // of the sockets, and of sessions that are over
};

}  // namespace parley::legs
