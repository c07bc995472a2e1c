#include "legs/sip/worker_shell.hpp"

#include "base/log.hpp"
#include "base/private_address.hpp"
#include "legs/sip/local_address.hpp"
#include "legs/sip/locate.hpp"
#include "legs/sip/socket_media_port.hpp"
#include "legs/sip/websocket_messages.hpp"
#include "legs/webrtc/shell.hpp"
#include "net/asio_endpoint.hpp"
#include "net/resolver.hpp"

namespace parley::legs {

namespace asio = boost::asio;

namespace {

constexpr std::size_t max_known_peers = 4'096;
constexpr std::uint8_t expedited_forwarding = 46;  // RFC 8837 §5: audio

UserAgentConfig agent_config(UserAgentConfig config, int worker) {
  config.stack.worker = worker;
  return config;
}

}  // namespace

WorkerShell::WorkerShell(SipShell& shell, net::Worker& worker, call::Registry& registry)
    : shell_{shell},
      worker_{worker},
      scope_{worker.context().get_executor()},
      ports_{shell.config_.first_rtp_port, shell.config_.last_rtp_port},
      resolver_{std::make_unique<net::Resolver>(worker)},
      random_{Random::secure()},
      admission_{shell.config_.admission, shell.accounts_, shell.lockout_},
      agent_{agent_config(shell.config_.agent, worker.index()),
             registry,
             admission_,
             shell.config_.profile_of,
             *this,
             Random::secure()},
      dispatcher_{static_cast<int>(shell.workers_.size()), [&shell] { return shell.least_loaded(); }},
      timer_{worker.context()},
      handshakes_{shell.counters_.handshakes} {
  agent_.on_deadline_moved([this] { arm(); });
}

WorkerShell::~WorkerShell() = default;

void WorkerShell::stop(std::move_only_function<void()> done) {
  timer_.cancel();
  for (auto& [serial, connection] : connections_) connection->close();
  scope_.cancel_then(std::move(done));
}

void WorkerShell::arm() {
  const auto deadline = agent_.deadline();
  if (deadline == armed_for_) return;
  armed_for_ = deadline;
  if (deadline == TimePoint::max()) {
    timer_.cancel();
    return;
  }
  timer_.expires_at(deadline);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    armed_for_ = TimePoint::max();
    agent_.advance();
    arm();
  });
}

// ---- sending -----------------------------------------------------------------------------------

void WorkerShell::send(const sip::Flow& flow, std::string bytes) {
  if (flow.transport == sip::Transport::udp) return shell_.send_datagram(flow, bytes);
  if (flow.connection != 0) return shell_.send_on(ConnectionRef::unpack(flow.connection), std::move(bytes));
  if (auto* known = find(flow)) return known->send(std::move(bytes));
  open_to(flow, std::move(bytes));
}

ConnectionRef WorkerShell::ref_of(std::uint64_t id) const { return {worker_.index(), shell_.generation_, id}; }

Connection* WorkerShell::find(ConnectionRef ref) {
  const auto found = connections_.find(ref.id);
  return ref.generation == shell_.generation_ && found != connections_.end() ? found->second.get() : nullptr;
}

bool WorkerShell::send_on(ConnectionRef ref, std::string bytes) {
  auto* connection = find(ref);
  if (connection) connection->send(std::move(bytes));
  return connection != nullptr;
}

void WorkerShell::expect_keep_alive(ConnectionRef ref, Duration within) {
  if (auto* connection = find(ref)) connection->expect_keep_alive(within);
}

// ---- connections -------------------------------------------------------------------------------

/// A request for a host goes to nobody who did not prove to be it; one for an address, to whoever is there.
Connection* WorkerShell::find(const sip::Flow& flow) {
  const auto known = by_peer_.find({flow.transport, flow.remote});
  if (known == by_peer_.end()) return nullptr;
  Connection* connection = connections_.at(known->second).get();
  const bool meant = flow.server_name.empty() || connection->flow().server_name == flow.server_name;
  return meant ? connection : nullptr;
}

std::string WorkerShell::name_of(const sip::Flow& flow) const {
  if (!flow.server_name.empty()) return flow.server_name;
  // A Contact is mostly an address, and certificates mostly name hosts: who proved one must prove it again.
  const auto proven = proven_.find(flow.remote.address.to_string());
  return proven != proven_.end() ? proven->second : flow.remote.address.to_string();
}

void WorkerShell::open_to(const sip::Flow& flow, std::string bytes) {
  const auto callable = flow.transport == sip::Transport::tcp || flow.transport == sip::Transport::tls;
  if (!callable || full()) {
    if (callable) shell_.counters_.count(ConnectionEnd::full);
    worker_.post([this, flow] { report_failure(flow); });  // later: the stack is in the middle of its outputs
    return;
  }
  const bool tls = flow.transport == sip::Transport::tls;
  sip::Flow own = flow;
  if (tls) own.server_name = name_of(flow);
  asio::ip::tcp::socket socket{worker_.context()};
  net::Stream stream =
      tls ? net::Stream{std::move(socket), shell_.tls_->towards(own.server_name)} : net::Stream{std::move(socket)};
  auto messages = std::make_unique<ByteMessages>(std::move(stream), flow.remote, own.server_name);
  const auto id = add(std::move(messages), std::move(own), true);
  connections_.at(id)->send(std::move(bytes));
  scope_.spawn(serve(id));
}

void WorkerShell::adopt(asio::ip::tcp::socket socket, const Endpoint& remote, sip::Transport transport) {
  if (full()) {  // closed by its destructor
    shell_.counters_.count(ConnectionEnd::full);
    return shell_.leave(remote.address);
  }
  net::Stream stream = transport == sip::Transport::tls ? net::Stream{std::move(socket), shell_.tls_->own()}
                                                        : net::Stream{std::move(socket)};
  const auto id = add(std::make_unique<ByteMessages>(std::move(stream), handshakes_), {transport, remote}, false);
  scope_.spawn(serve(id));
}

asio::awaitable<void> WorkerShell::serve(net::WebSocket& websocket, sip::Flow from) {
  const auto id = add(std::make_unique<WebSocketMessages>(websocket), std::move(from), false);
  co_await serve(id);
}

std::uint64_t WorkerShell::add(std::unique_ptr<MessageStream> stream, sip::Flow flow, bool ours) {
  const auto id = next_id_++;
  ++connection_count_;
  const int index = worker_.index();
  by_peer_[{flow.transport, flow.remote}] = id;
  ++shell_.counters_.open_over(flow.transport);
  flow.connection = ref_of(id).packed();
  connections_[id] = std::make_unique<Connection>(
      worker_.context().get_executor(), std::move(stream), Connection::Options{.flow = std::move(flow), .ours = ours},
      [this, index](const sip::Flow& from, std::string text) { shell_.receive(index, from, std::move(text)); });
  return id;
}

asio::awaitable<void> WorkerShell::serve(std::uint64_t id) {
  struct Forget {  // also when all of this is cancelled
    WorkerShell& shell;
    std::uint64_t id;
    ~Forget() { shell.forget(id); }
  } const forget{*this, id};
  const auto end = co_await connections_.at(id)->run();
  shell_.counters_.count(end);
}

void WorkerShell::forget(std::uint64_t id) {
  const auto node = connections_.extract(id);
  --connection_count_;
  const Connection& connection = *node.mapped();
  const sip::Flow& flow = connection.flow();
  if (const auto known = by_peer_.find({flow.transport, flow.remote}); known != by_peer_.end() && known->second == id)
    by_peer_.erase(known);
  --shell_.counters_.open_over(flow.transport);
  if (!connection.ours() && !sip::is_websocket(flow.transport)) shell_.leave(flow.remote.address);
  if (connection.heard()) shell_.connection_lost(ref_of(id));
  if (!connection.ours()) return;
  if (connection.opened() && !flow.server_name.empty() && !IpAddress::parse(flow.server_name)) {
    if (proven_.size() >= max_known_peers) proven_.clear();
    proven_[flow.remote.address.to_string()] = flow.server_name;
  }
  worker_.post([this, flow] { report_failure(flow); });
}

/// Requests that were sent without a reference name the peer by its address, with its host or without.
void WorkerShell::report_failure(const sip::Flow& flow) {
  agent_.transport_failed({flow.transport, flow.remote});
  if (!flow.server_name.empty()) agent_.transport_failed({flow.transport, flow.remote, 0, flow.server_name});
}

// ---- addresses and ports -----------------------------------------------------------------------

std::unique_ptr<MediaPort> WorkerShell::open_media(const IpAddress& peer) {
  const IpAddress any = peer.is_v6() ? IpAddress::v6({}) : IpAddress{};
  const IpAddress bound = shell_.bound_address(peer.is_v6()).value_or(any);
  auto sockets = ports_.bind_pair(bound, random_, {.dscp = expedited_forwarding});
  if (!sockets) return nullptr;
  return std::make_unique<SocketMediaPort>(std::move(*sockets), media_batch_);
}

WebRtcEndpoint* WorkerShell::webrtc() { return shell_.webrtc_ ? &shell_.webrtc_->at(worker_.index()) : nullptr; }

IpAddress WorkerShell::address_towards(const IpAddress& peer) {
  const auto& external = shell_.config_.external_address;
  if (external && !is_private(peer)) return *external;
  if (const auto bound = shell_.bound_address(peer.is_v6())) return *bound;
  const auto key = peer.to_string();
  if (const auto known = local_addresses_.find(key); known != local_addresses_.end()) return known->second;
  if (local_addresses_.size() >= max_known_peers) local_addresses_.clear();
  return local_addresses_[key] = local_address_towards(peer).value_or(IpAddress::loopback());
}

void WorkerShell::resolve(sip::QueryId query, const sip::Uri& target, std::optional<sip::Transport> transport) {
  scope_.spawn(locate(query, target, transport));
}

asio::awaitable<void> WorkerShell::locate(sip::QueryId query, sip::Uri target,
                                          std::optional<sip::Transport> transport) {
  auto flows = co_await legs::locate(*resolver_, std::move(target), transport, shell_.tls_ != nullptr);
  agent_.resolved(query, std::move(flows));
}

}  // namespace parley::legs
