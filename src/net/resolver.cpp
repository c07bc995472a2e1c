#include "net/resolver.hpp"

#include <ares.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <optional>
#include <stdexcept>
#include <unordered_map>
#include <utility>

#include "net/dns_message.hpp"
#include "net/fd_watch.hpp"
#include "net/worker.hpp"

namespace parley::net {

namespace {

int to_ares(dns::QueryType type) {
  switch (type) {
    case dns::QueryType::a: return ns_t_a;
    case dns::QueryType::aaaa: return ns_t_aaaa;
    case dns::QueryType::srv: return ns_t_srv;
    case dns::QueryType::naptr: return ns_t_naptr;
  }
  return ns_t_a;
}

dns::Answer with_status(dns::Answer::Status status) {
  dns::Answer answer;
  answer.status = status;
  return answer;
}

dns::Answer to_answer(int status, const unsigned char* message, int size, dns::QueryType type) {
  // The message comes along with NXDOMAIN and with empty answers too: there its SOA has the TTL.
  if (message != nullptr && size > 0) {
    auto answer = parse_dns_response(std::as_bytes(std::span{message, static_cast<std::size_t>(size)}), type);
    if (answer) return std::move(*answer);
  }
  switch (status) {
    case ARES_ENOTFOUND: return with_status(dns::Answer::Status::no_such_name);
    case ARES_ENODATA: return with_status(dns::Answer::Status::no_data);
    case ARES_ETIMEOUT: return with_status(dns::Answer::Status::timed_out);
    default: return with_status(dns::Answer::Status::failed);
  }
}

}  // namespace

struct Resolver::Impl {
  struct Query {
    Query(Impl& resolver, dns::QueryType asked, Done told)
        : owner{resolver}, type{asked}, done{std::move(told)}, limit{resolver.worker.context()} {}
    Impl& owner;
    dns::QueryType type;
    Done done;  // empty once told
    boost::asio::steady_timer limit;
    // A timer's handler may be queued already when what it would use goes.
    std::shared_ptr<bool> alive = std::make_shared<bool>(true);
  };

  Impl(Worker& on, ResolverConfig settings) : worker{on}, config{std::move(settings)}, timer{on.context()} {}

  void tell(Query& query, dns::Answer answer) {
    if (!query.done) return;
    query.limit.cancel();
    worker.post(
        [done = std::exchange(query.done, nullptr), answer = std::move(answer)]() mutable { done(std::move(answer)); });
  }
  void process(ares_socket_t readable, ares_socket_t writable) {
    ares_process_fd(channel, readable, writable);
    arm();
  }
  void arm();
  std::optional<dns::Answer> from_hosts_file(dns::QueryType type, const std::string& name);
  static void on_socket(void* context, ares_socket_t fd, int readable, int writable);
  static void on_answer(void* context, int status, int timeouts, unsigned char* message, int size);

  Worker& worker;
  const ResolverConfig config;
  ares_channel channel = nullptr;
  boost::asio::steady_timer timer;
  std::unordered_map<ares_socket_t, std::unique_ptr<FdWatch>> watches;
  std::unordered_map<Query*, std::unique_ptr<Query>> queries;
  std::shared_ptr<bool> alive = std::make_shared<bool>(true);
};

void Resolver::Impl::arm() {
  timeval wait{};
  if (ares_timeout(channel, nullptr, &wait) == nullptr) {
    timer.cancel();
    return;
  }
  timer.expires_after(std::chrono::seconds{wait.tv_sec} + std::chrono::microseconds{wait.tv_usec});
  timer.async_wait([this, gone = std::weak_ptr{alive}](const boost::system::error_code& error) {
    if (!error && !gone.expired()) process(ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  });
}

void Resolver::Impl::on_socket(void* context, ares_socket_t fd, int readable, int writable) {
  auto& self = *static_cast<Impl*>(context);
  if (readable == 0 && writable == 0) {
    self.watches.erase(fd);
    return;
  }
  auto& watch = self.watches[fd];
  if (!watch)
    watch = std::make_unique<FdWatch>(self.worker.context(), fd, [&self, fd](bool can_read, bool) {
      self.process(can_read ? fd : ARES_SOCKET_BAD, can_read ? ARES_SOCKET_BAD : fd);
    });
  watch->want(readable != 0, writable != 0);
}

void Resolver::Impl::on_answer(void* context, int status, int, unsigned char* message, int size) {
  auto& query = *static_cast<Query*>(context);
  Impl& self = query.owner;
  self.tell(query, to_answer(status, message, size, query.type));
  self.queries.erase(&query);
}

std::optional<dns::Answer> Resolver::Impl::from_hosts_file(dns::QueryType type, const std::string& name) {
  if (!config.hosts_file || (type != dns::QueryType::a && type != dns::QueryType::aaaa)) return std::nullopt;
  hostent* host = nullptr;
  const int family = type == dns::QueryType::a ? AF_INET : AF_INET6;
  if (ares_gethostbyname_file(channel, name.c_str(), family, &host) != ARES_SUCCESS) return std::nullopt;
  dns::Answer answer = with_status(dns::Answer::Status::ok);
  for (char** entry = host->h_addr_list; *entry != nullptr; ++entry) {
    std::array<std::uint8_t, 16> bytes{};
    std::memcpy(bytes.data(), *entry, static_cast<std::size_t>(host->h_length));
    const auto v4 =
        std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 | std::uint32_t{bytes[2]} << 8 | bytes[3];
    answer.addresses.push_back(
        {family == AF_INET ? IpAddress::v4(v4) : IpAddress::v6(bytes), std::chrono::seconds{30}});
  }
  ares_free_hostent(host);
  return answer;
}

Resolver::Resolver(Worker& worker, ResolverConfig config) : impl_{std::make_unique<Impl>(worker, std::move(config))} {
  static const int initialised = ares_library_init(ARES_LIB_INIT_ALL);
  ares_options options{};
  options.timeout = static_cast<int>(to_ms(impl_->config.attempt_timeout));
  options.tries = impl_->config.attempts;
  options.sock_state_cb = &Impl::on_socket;
  options.sock_state_cb_data = impl_.get();
  int error =
      initialised != ARES_SUCCESS
          ? initialised
          : ares_init_options(&impl_->channel, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB);
  std::string servers;
  for (const Endpoint& server : impl_->config.servers) servers += (servers.empty() ? "" : ",") + server.to_string();
  if (error == ARES_SUCCESS && !servers.empty()) error = ares_set_servers_ports_csv(impl_->channel, servers.c_str());
  if (error != ARES_SUCCESS) throw std::runtime_error{std::string{"dns: cannot begin: "} + ares_strerror(error)};
}

Resolver::~Resolver() {
  if (impl_->channel != nullptr) ares_destroy(impl_->channel);  // tells every query, closes every socket
}

void Resolver::query(dns::QueryType type, const std::string& name, Duration limit, Done done) {
  auto owned = std::make_unique<Impl::Query>(*impl_, type, std::move(done));
  auto& query = *owned;
  if (impl_->queries.size() >= impl_->config.queries)
    return impl_->tell(query, with_status(dns::Answer::Status::failed));
  if (auto known = impl_->from_hosts_file(type, name)) return impl_->tell(query, std::move(*known));
  impl_->queries.emplace(&query, std::move(owned));
  query.limit.expires_after(limit);
  // c-ares cannot take back a single query: it goes on, and its late answer finds nobody to tell.
  query.limit.async_wait([&query, gone = std::weak_ptr{query.alive}](const boost::system::error_code& error) {
    if (!error && !gone.expired()) query.owner.tell(query, with_status(dns::Answer::Status::timed_out));
  });
  ares_query(impl_->channel, name.c_str(), ns_c_in, to_ares(type), &Impl::on_answer, &query);
  impl_->arm();
}

}  // namespace parley::net
