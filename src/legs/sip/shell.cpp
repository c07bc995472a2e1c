#include "legs/sip/shell.hpp"

#include <algorithm>

#include "base/bytes.hpp"
#include "base/log.hpp"
#include "legs/sip/agent_registrar.hpp"
#include "legs/sip/listeners.hpp"
#include "legs/sip/local_address.hpp"
#include "legs/sip/worker_shell.hpp"
#include "net/asio_endpoint.hpp"
#include "net/resolver.hpp"
#include "protocol/sip/outbound.hpp"

namespace parley::legs {

namespace asio = boost::asio;

namespace {
// An office behind one NAT is some hundred telephones.
constexpr std::size_t max_connections_per_address = 1'000;
}  // namespace

SipShell::SipShell(SipShellConfig config, net::Workers& workers, const std::vector<call::Registry*>& registries,
                   const Accounts& accounts, SharedLockout& lockout)
    : config_{std::move(config)},
      workers_{workers},
      registries_{registries},
      accounts_{accounts},
      lockout_{lockout},
      generation_{static_cast<std::uint16_t>(Random::secure().u64())},
      listen_scope_{std::make_unique<net::Scope>(workers.at(0).context().get_executor())} {}

SipShell::~SipShell() = default;

Result<void, SipStartError> SipShell::bind() {
  if (config_.tls) {
    auto store = TlsTrustStore::make(*config_.tls);
    if (!store) return std::unexpected(SipStartError{"sip.tls: " + store.error()});
    tls_ = std::move(*store);
  }
  for (const SipListen& listen : config_.listen) {
    const auto failed = [&](const std::string& reason) {
      return std::unexpected(SipStartError{
          "sip.listen: cannot listen on " + std::string{sip::uri_name(listen.transport)} + ":" +
          listen.endpoint.to_string() + ": " + reason + ". Is another SIP server running? Choose another port."});
    };
    if (listen.transport == sip::Transport::udp) {
      auto socket =
          net::UdpSocket::bind(listen.endpoint, {.receive_buffer = 4 << 20, .send_buffer = 4 << 20, .dscp = 24});
      if (!socket) return failed(socket.error().message());
      udp_.push_back(std::make_unique<UdpListener>(*this, std::move(*socket), workers_.at(0).context()));
    } else {
      boost::system::error_code error;
      asio::ip::tcp::acceptor acceptor{workers_.at(0).context()};
      const auto endpoint = net::to_asio(listen.endpoint);
      acceptor.open(endpoint.protocol(), error);
      if (!error) acceptor.set_option(asio::socket_base::reuse_address{true}, error);
      if (!error) acceptor.bind(endpoint, error);
      if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
      if (error) return failed(error.message());
      tcp_.push_back(std::make_unique<TcpListener>(*this, listen.transport, std::move(acceptor)));
    }
  }
  name_ourselves();
  for (std::size_t i = 0; i < workers_.size(); ++i)
    shells_.push_back(std::make_unique<WorkerShell>(*this, workers_.at(i), *registries_.at(i)));
  return {};
}

/// What Via and Contact say, where no better address for a peer is known.
void SipShell::name_ourselves() {
  const auto host_of = [&](const Endpoint& listen) {
    if (config_.external_address) return *config_.external_address;
    if (!listen.address.is_unspecified()) return listen.address;
    // 192.0.2.1 is nobody's (RFC 5737): it asks for the default route's source address.
    return local_address_towards(IpAddress::v4(0xC0000201)).value_or(IpAddress::loopback());
  };
  const auto name = [&](sip::Transport transport, const Endpoint& listen) {
    const auto host = host_of(listen);
    config_.agent.stack.sent_by[static_cast<std::size_t>(transport)] = {
        host.is_v6() ? "[" + host.to_string() + "]" : host.to_string(), listen.port};
  };
  for (const auto transport : {sip::Transport::tcp, sip::Transport::tls})
    if (const auto local = address(transport)) name(transport, *local);
  if (config_.http) name(config_.https ? sip::Transport::wss : sip::Transport::ws, *config_.http);
  if (!udp_.empty()) name(sip::Transport::udp, udp_.front()->socket().local_endpoint());
}

void SipShell::start() {
  for (auto& listener : udp_) listen_scope_->spawn(listener->run());
  for (auto& listener : tcp_) listen_scope_->spawn(listener->run());
}

void SipShell::stop(std::move_only_function<void()> done) {
  for (auto& listener : tcp_) listener->close();
  listen_scope_->cancel_then(std::move(done));
}

void SipShell::stop_worker(int worker, std::move_only_function<void()> done) {
  shells_.at(static_cast<std::size_t>(worker))->stop(std::move(done));
}

UserAgent& SipShell::agent(int worker) { return shells_.at(static_cast<std::size_t>(worker))->agent(); }

void SipShell::serve_registrar(AgentRegistrar& registrar) {
  registrar.on_flow_kept(
      [this](std::uint64_t connection) { expect_keep_alive(connection, sip::flow_timer + sip::flow_timer_grace); });
  agent(0).serve_registrar(registrar);
}

Endpoint SipShell::address() const {
  if (!udp_.empty()) return udp_.front()->socket().local_endpoint();
  return tcp_.empty() ? Endpoint{} : tcp_.front()->local();
}

std::optional<IpAddress> SipShell::bound_address(bool v6) const {
  for (const SipListen& listen : config_.listen)
    if (listen.endpoint.address.is_v6() == v6)
      return listen.endpoint.address.is_unspecified() ? std::nullopt : std::optional{listen.endpoint.address};
  return std::nullopt;
}

std::optional<Endpoint> SipShell::address(sip::Transport transport) const {
  if (transport == sip::Transport::udp && !udp_.empty()) return udp_.front()->socket().local_endpoint();
  for (const auto& listener : tcp_)
    if (listener->transport() == transport) return listener->local();
  return std::nullopt;
}

bool SipShell::takes_websocket(int worker) const { return !shells_.at(static_cast<std::size_t>(worker))->full(); }

asio::awaitable<void> SipShell::serve(int worker, net::WebSocket& websocket, sip::Flow from) {
  return shells_.at(static_cast<std::size_t>(worker))->serve(websocket, std::move(from));
}

bool SipShell::enter(const IpAddress& address) {
  auto& count = by_address_[address];
  if (count >= max_connections_per_address) return false;
  ++count;
  return true;
}

void SipShell::leave(const IpAddress& address) {
  workers_.at(0).post([this, address] {
    const auto found = by_address_.find(address);
    if (found != by_address_.end() && --found->second == 0) by_address_.erase(found);
  });
}

int SipShell::least_loaded() const {
  const auto emptiest =
      std::ranges::min_element(registries_, {}, [](const auto* registry) { return registry->load(); });
  return static_cast<int>(emptiest - registries_.begin());
}

void SipShell::receive(int receiver, const sip::Flow& from, std::string text) {
  auto message = sip::parse(text);
  if (!message) return agent(receiver).receive_text(from, text);  // answers 400 where it can
  const int worker = shells_[static_cast<std::size_t>(receiver)]->dispatcher().worker_for(*message, Clock::now());
  if (worker == receiver) return agent(worker).receive(from, std::move(*message), text);
  std::move_only_function<void()> deliver = [this, worker, from, message = std::move(*message),
                                             text = std::move(text)]() mutable {
    agent(worker).receive(from, std::move(message), text);
  };
  workers_.at(static_cast<std::size_t>(worker)).post(std::move(deliver));
}

void SipShell::send_datagram(const sip::Flow& flow, const std::string& bytes) {
  for (auto& listener : udp_) {
    if (listener->socket().local_endpoint().address.is_v6() != flow.remote.address.is_v6()) continue;
    const auto error = listener->socket().send_to(as_bytes(bytes), flow.remote);
    // A lost datagram is what retransmission is for; only an address that cannot work is news.
    if (error && error != std::errc::operation_would_block && error != std::errc::connection_refused)
      log::warn("sip send failed to={} reason=\"{}\"", flow.remote.to_string(), error.message());
    return;
  }
}

void SipShell::send_on(ConnectionRef ref, std::string bytes) {
  if (static_cast<std::size_t>(ref.worker) >= shells_.size()) return connection_lost(ref);  // of another run
  auto& owner = *shells_.at(static_cast<std::size_t>(ref.worker));
  if (owner.worker().is_current()) {
    if (!owner.send_on(ref, std::move(bytes))) connection_lost(ref);
    return;
  }
  std::move_only_function<void()> forward = [this, ref, bytes = std::move(bytes)]() mutable {
    send_on(ref, std::move(bytes));
  };
  owner.worker().post(std::move(forward));
}

/// Any dialog of any worker may have lived on it.
void SipShell::connection_lost(ConnectionRef ref) {
  for (std::size_t i = 0; i < shells_.size(); ++i)
    workers_.at(i).post([this, i, ref] { agent(static_cast<int>(i)).connection_lost(ref.packed()); });
  if (lost_told_) workers_.at(0).post([this, ref] { lost_told_(ref.packed()); });
}

void SipShell::expect_keep_alive(std::uint64_t connection, Duration within) {
  const auto ref = ConnectionRef::unpack(connection);
  if (static_cast<std::size_t>(ref.worker) >= shells_.size()) return;
  auto& owner = *shells_[static_cast<std::size_t>(ref.worker)];
  owner.worker().post([&owner, ref, within] { owner.expect_keep_alive(ref, within); });
}

void SipShell::hand_over(asio::ip::tcp::socket accepted, const Endpoint& remote, sip::Transport transport) {
  if (!enter(remote.address)) return counters_.count(ConnectionEnd::crowded);  // closed by its destructor
  // Telephones that wait for calls are spread, too: each costs a handshake and keep-alives.
  const auto fullness = [this](std::size_t i) { return std::pair{registries_[i]->load(), shells_[i]->connections()}; };
  std::size_t best = 0;
  for (std::size_t i = 1; i < shells_.size(); ++i)
    if (fullness(i) < fullness(best)) best = i;
  auto& emptiest = *shells_[best];
  if (emptiest.worker().is_current()) return emptiest.adopt(std::move(accepted), remote, transport);
  boost::system::error_code error;
  const auto protocol = accepted.local_endpoint(error).protocol();
  const auto handle = error ? -1 : accepted.release(error);
  if (error) return leave(remote.address);
  emptiest.worker().post([this, &emptiest, protocol, handle, remote, transport] {
    asio::ip::tcp::socket moved{emptiest.worker().context()};
    boost::system::error_code failed;
    moved.assign(protocol, handle, failed);
    if (failed) return leave(remote.address);
    emptiest.adopt(std::move(moved), remote, transport);
  });
}

}  // namespace parley::legs
