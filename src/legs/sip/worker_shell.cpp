#include "legs/sip/worker_shell.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.hpp"
#include "legs/sip/local_address.hpp"
#include "legs/sip/locate.hpp"
#include "legs/sip/socket_media_port.hpp"
#include "legs/webrtc/shell.hpp"
#include "net/asio_endpoint.hpp"
#include "net/resolver.hpp"

namespace parley::legs {

namespace asio = boost::asio;
using namespace asio::experimental::awaitable_operators;

namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t max_waiting_per_connect = 64;
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
      admission_{shell.config_.admission, shell.lockout_},
      agent_{agent_config(shell.config_.agent, worker.index()),
             registry,
             admission_,
             shell.config_.profile_of,
             *this,
             Random::secure()},
      dispatcher_{static_cast<int>(shell.workers_.size()), [&shell] { return shell.least_loaded(); }},
      timer_{worker.context()} {
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
  if (const auto known = by_remote_.find(flow.remote); known != by_remote_.end())
    return connections_.at(known->second)->send(std::move(bytes));
  auto [waiting, first] = connecting_.try_emplace(flow.remote);
  if (waiting->second.size() < max_waiting_per_connect) waiting->second.push_back(std::move(bytes));
  if (first) scope_.spawn(connect(flow));
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

asio::awaitable<void> WorkerShell::connect(sip::Flow flow) {
  asio::ip::tcp::socket socket{worker_.context()};
  asio::steady_timer deadline{worker_.context(), connect_within};
  const auto outcome =
      co_await (socket.async_connect(net::to_asio(flow.remote), as_result) || deadline.async_wait(as_result));
  const auto waiting = std::move(connecting_[flow.remote]);
  connecting_.erase(flow.remote);
  if (outcome.index() != 0 || std::get<0>(std::get<0>(outcome))) {
    agent_.transport_failed(flow);
    co_return;
  }
  open(std::move(socket), flow.remote);
  for (const auto& bytes : waiting) connections_.at(by_remote_.at(flow.remote))->send(bytes);
}

void WorkerShell::adopt(asio::ip::tcp::socket socket, const Endpoint& remote) {
  if (connections_.size() >= max_connections) return;  // closed by its destructor
  open(std::move(socket), remote);
}

void WorkerShell::open(asio::ip::tcp::socket socket, const Endpoint& remote) {
  const auto id = next_id_++;
  const int index = worker_.index();
  connections_[id] = std::make_unique<Connection>(
      std::move(socket), ref_of(id), remote,
      [this, index](const sip::Flow& from, std::string text) { shell_.receive(index, from, std::move(text)); });
  by_remote_[remote] = id;
  scope_.spawn(serve(id));
}

asio::awaitable<void> WorkerShell::serve(std::uint64_t id) {
  Connection& connection = *connections_.at(id);
  co_await connection.run();
  if (const auto known = by_remote_.find(connection.flow().remote); known != by_remote_.end() && known->second == id)
    by_remote_.erase(known);
  connections_.erase(id);
  shell_.connection_lost(ref_of(id));
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
  auto flows = co_await legs::locate(*resolver_, std::move(target), transport);
  agent_.resolved(query, std::move(flows));
}

}  // namespace parley::legs
