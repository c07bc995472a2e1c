// The worker's port: which datagram is whose.
#include "legs/webrtc/endpoint.hpp"

#include <algorithm>

#include "legs/webrtc/tcp_side.hpp"
#include "legs/webrtc/udp_channel.hpp"
#include "net/worker.hpp"
#include "protocol/stun/demux.hpp"

namespace parley::legs {
namespace {

constexpr int tries_for_a_free_port = 16;

}  // namespace

WebRtcEndpoint::WebRtcEndpoint(Config config, net::Worker& worker, call::Registry& registry,
                               const dtls::Context& context)
    : config_{std::move(config)},
      worker_{worker},
      registry_{registry},
      context_{context},
      random_{Random::secure()},
      tcp_{std::make_unique<TcpSide>(worker.context(), drops_)} {}

WebRtcEndpoint::~WebRtcEndpoint() = default;

Result<void, std::string> WebRtcEndpoint::bind() {
  if (config_.addresses.empty()) return std::unexpected(std::string{"this machine has no usable address"});
  // The first address of a free port decides; another program may have it on the next address.
  for (int left = config_.port == 0 ? tries_for_a_free_port : 1;; --left) {
    auto bound = bind_port(config_.port);
    if (bound || left == 1) return bound;
    udp_.clear(), tcp_->close();
  }
}

Result<void, std::string> WebRtcEndpoint::bind_port(std::uint16_t port) {
  next_channel_ = 0;
  for (const IpAddress& address : config_.addresses) {
    auto socket = net::UdpSocket::bind({address, port}, UdpChannel::options());
    if (!socket) return std::unexpected(Endpoint{address, port}.to_string() + ": " + socket.error().message());
    port = socket->local_endpoint().port;
    if (const auto error = tcp_->listen({address, port}))
      return std::unexpected("tcp " + Endpoint{address, port}.to_string() + ": " + *error);
    udp_.emplace(next_channel_++, std::make_unique<UdpChannel>(std::move(*socket), drops_));
  }
  port_ = port;
  return {};
}

void WebRtcEndpoint::start() {
  const auto deliver = [this](const ice::Path& from, std::span<std::byte> datagram, TimePoint arrival) {
    receive(from, datagram, arrival);
  };
  for (auto& [channel, socket] : udp_) socket->start(worker_.context(), channel, batch_, deliver);
  tcp_->start(deliver, [this](ice::Channel channel) {
    for (auto& [id, session] : sessions_) session.peer->channel_closed(channel, now());
  });
}

void WebRtcEndpoint::stop(std::move_only_function<void()> done) {
  for (auto& [channel, socket] : udp_) socket->stop();
  tcp_->stop(std::move(done));
}

void WebRtcEndpoint::receive(const ice::Path& from, std::span<std::byte> datagram, TimePoint arrival) {
  if (const auto known = by_path_.find(from); known != by_path_.end())
    return known->second->receive(from, datagram, arrival);
  const auto ufrag = stun::local_ufrag(datagram);
  const auto named = ufrag ? by_ufrag_.find(std::string{*ufrag}) : by_ufrag_.end();
  if (named == by_ufrag_.end()) {
    ++drops_[Drop::no_session];
    if (tcp_->owns(from.channel)) tcp_->drop(from.channel);  // a stranger may not hold a connection
    return;
  }
  named->second->receive(from, datagram, arrival);
}

void WebRtcEndpoint::send(const ice::Path& to, std::span<const std::byte> datagram) {
  if (const auto socket = udp_.find(to.channel); socket != udp_.end()) return socket->second->send(to.remote, datagram);
  tcp_->send(to.channel, datagram);
}

void WebRtcEndpoint::add_path(const ice::Path& path, PeerConnection& peer) {
  by_path_[path] = &peer;
  if (auto* session = session_of(peer)) session->paths.push_back(path);
}

void WebRtcEndpoint::remove_path(const ice::Path& path, const PeerConnection& peer) {
  if (const auto known = by_path_.find(path); known != by_path_.end() && known->second == &peer) by_path_.erase(known);
  if (auto* session = session_of(peer)) std::erase(session->paths, path);
}

void WebRtcEndpoint::forget_paths(PeerConnection& peer) {
  auto* const session = session_of(peer);
  if (!session) return;
  for (const auto& path : session->paths)
    if (const auto known = by_path_.find(path); known != by_path_.end() && known->second == &peer)
      by_path_.erase(known);
  for (const auto& ufrag : session->ufrags) by_ufrag_.erase(ufrag);
  session->paths.clear(), session->ufrags.clear();
  close_sockets(*session);
}

void WebRtcEndpoint::forget(PeerConnection& peer) {
  forget_paths(peer);
  drops_ += peer.drops();
  sessions_.erase(peer.id());
}

Drops WebRtcEndpoint::drops() const {
  Drops all = drops_;
  for (const auto& [id, session] : sessions_) all += session.peer->drops();
  return all;
}

WebRtcEndpoint::Session* WebRtcEndpoint::session_of(const PeerConnection& peer) {
  const auto found = sessions_.find(peer.id());
  return found == sessions_.end() ? nullptr : &found->second;
}

void WebRtcEndpoint::open_sockets(Session& session) {
  for (auto& candidate : ice::host_candidates(config_.addresses, 0)) {
    auto socket = net::UdpSocket::bind({candidate.address.address, 0}, UdpChannel::options());
    if (!socket) continue;  // one address less to check from
    candidate.address.port = socket->local_endpoint().port;
    session.local.candidates.push_back(std::move(candidate));
    session.sockets.push_back(next_channel_);
    udp_.emplace(next_channel_++, std::make_unique<UdpChannel>(std::move(*socket), drops_));
  }
}

void WebRtcEndpoint::start_socket(ice::Channel channel, PeerConnection& peer) {
  const auto deliver = [&peer](const ice::Path& from, std::span<std::byte> datagram, TimePoint arrival) {
    peer.receive(from, datagram, arrival);
  };
  udp_.at(channel)->start(worker_.context(), channel, batch_, deliver);
}

void WebRtcEndpoint::close_sockets(Session& session) {
  // Not from inside what they deliver: a leg is destroyed in its call's tick, and replaced by a request.
  for (const auto channel : session.sockets) udp_.erase(channel);
  session.sockets.clear();
}

}  // namespace parley::legs
