#include "protocol/dns/locator.hpp"

#include <algorithm>
#include <span>
#include <tuple>
#include <utility>

namespace parley::dns {
namespace {

constexpr std::size_t max_records = 64;  // of one answer
constexpr std::size_t max_hosts = 32;
constexpr std::size_t max_names = 8;  // with addresses still to be asked
constexpr std::chrono::seconds longest_ttl = std::chrono::hours{1};

std::string lower(std::string_view text) {
  std::string lowered{text};
  for (char& c : lowered)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lowered;
}

/// Without the root's dot; nothing when it could not be asked for, or is the root itself.
std::optional<std::string> usable_name(std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);
  if (text.empty() || text.size() > 253) return std::nullopt;
  std::size_t label = 0;
  for (const char c : text) {
    const bool letter =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    if (c == '.' ? label == 0 : !letter) return std::nullopt;
    label = c == '.' ? 0 : label + 1;
    if (label > 63) return std::nullopt;
  }
  if (label == 0) return std::nullopt;
  return lower(text);
}

std::optional<Transport> transport_of_service(std::string_view service) {
  const auto name = lower(service);
  if (name == "sip+d2u") return Transport::udp;
  if (name == "sip+d2t") return Transport::tcp;
  if (name == "sips+d2t") return Transport::tls;
  return std::nullopt;
}

template <class T>
std::span<const T> first_records(const std::vector<T>& records) {
  return std::span{records}.first(std::min(records.size(), max_records));
}

}  // namespace

Locator::Config locator_config(const sip::Uri& uri) {
  Locator::Config config;
  const auto maddr = uri.params.value("maddr");
  config.host = maddr.empty() ? uri.host : std::string{maddr};
  config.port = uri.port;
  config.transport = lower(uri.params.value("transport"));
  config.sips = uri.scheme == "sips";
  return config;
}

// RFC 2782: within a priority, each place goes to a record with a chance in proportion to its
// weight; those of weight 0 stand first in the running sum, which leaves them a very small chance.
std::vector<Srv> order_srv(std::vector<Srv> records, Random& random) {
  std::sort(records.begin(), records.end(), [](const Srv& a, const Srv& b) {
    return std::pair{a.priority, a.weight != 0} < std::pair{b.priority, b.weight != 0};
  });
  for (auto place = records.begin(); place != records.end(); ++place) {
    const auto end =
        std::find_if(place, records.end(), [&](const Srv& one) { return one.priority != place->priority; });
    std::uint64_t total = 0;
    for (auto one = place; one != end; ++one) total += one->weight;
    const auto drawn = random.below(total + 1);
    std::uint64_t sum = 0;
    auto chosen = place;
    while ((sum += chosen->weight) < drawn) ++chosen;
    std::rotate(place, chosen, chosen + 1);
  }
  return records;
}

Locator::Locator(Config config, Random random)
    : config_{std::move(config)}, random_{std::move(random)}, ttl_{longest_ttl} {
  start();
}

bool Locator::supports(Transport transport) const {
  if (config_.sips && transport != Transport::tls) return false;
  return std::ranges::find(config_.supported, transport) != config_.supported.end();
}

/// Of the transport parameter, which is not empty. With sips, "tcp" means TLS over TCP (RFC 5630
/// §3.1.3); "tls" itself is deprecated and everywhere.
std::optional<Transport> Locator::transport_of_uri() const {
  const auto name = lower(config_.transport);
  std::optional<Transport> transport;
  if (name == "udp") transport = Transport::udp;
  if (name == "tcp") transport = config_.sips ? Transport::tls : Transport::tcp;
  if (name == "tls") transport = Transport::tls;
  if (!transport || !supports(*transport)) return std::nullopt;
  return transport;
}

Transport Locator::default_transport() const {
  const auto usual = config_.sips ? Transport::tls : Transport::udp;
  return supports(usual) || config_.supported.empty() ? usual : config_.supported.front();
}

Locator::Service Locator::service(Transport transport) const {
  const char* prefix = transport == Transport::udp   ? "_sip._udp."
                       : transport == Transport::tcp ? "_sip._tcp."
                                                     : "_sips._tcp.";
  return {transport, prefix + config_.host, {}};
}

void Locator::start() {
  auto transport = std::optional{default_transport()};
  if (!config_.transport.empty()) transport = transport_of_uri();
  if (!transport || !supports(*transport)) return fail(FailureReason::unsupported_transport);

  if (const auto address = IpAddress::parse(config_.host)) {
    const auto port = config_.port != 0 ? config_.port : default_port(*transport);
    outputs_.push_back(Located{{{*transport, Endpoint{*address, port}}}, longest_ttl});
    state_ = Ended{};
    return;
  }
  const auto name = usable_name(config_.host);
  if (!name) return fail(FailureReason::bad_host);
  config_.host = *name;

  if (config_.port != 0) return ask_addresses({{{*transport, 0, config_.port}}, {{*name, {}, {}}}});
  if (!config_.transport.empty()) return ask_services({service(*transport)});
  state_ = AskingNaptr{};
  ask(QueryType::naptr, *name, 0);
  if (open_.empty()) proceed();
}

void Locator::ask(QueryType type, const std::string& name, std::size_t index) {
  if (queries_ >= config_.max_queries) return;
  const auto id = ++queries_;
  open_.push_back({id, type, index});
  outputs_.push_back(Query{id, type, name});
}

void Locator::ask_services(std::vector<Service> services) {
  for (std::size_t i = 0; i < services.size(); ++i) ask(QueryType::srv, services[i].name, i);
  state_ = AskingServices{std::move(services)};
  if (open_.empty()) proceed();
}

void Locator::ask_addresses(AskingAddresses wanted) {
  const auto families = config_.families;
  for (std::size_t i = 0; i < wanted.names.size(); ++i) {
    if (families != Families::v6_only) ask(QueryType::a, wanted.names[i].name, i);
    if (families != Families::v4_only) ask(QueryType::aaaa, wanted.names[i].name, i);
  }
  state_ = std::move(wanted);
  if (open_.empty()) proceed();
}

void Locator::note(const Answer& answer) {
  if (answer.status == Answer::Status::failed || answer.status == Answer::Status::timed_out) resolver_failed_ = true;
}

void Locator::receive(std::uint32_t id, const Answer& answer) {
  const auto open = std::ranges::find(open_, id, &Open::id);
  if (open == open_.end()) return;
  const auto [_, type, index] = *open;
  open_.erase(open);
  note(answer);
  if (answer.status == Answer::Status::ok) {
    if (auto* naptr = std::get_if<AskingNaptr>(&state_)) naptr->answer = answer;
    if (auto* services = std::get_if<AskingServices>(&state_)) services->services[index].answer = answer;
    if (auto* addresses = std::get_if<AskingAddresses>(&state_))
      (type == QueryType::a ? addresses->names[index].v4 : addresses->names[index].v6) = answer;
  }
  if (open_.empty()) proceed();
}

void Locator::proceed() {
  const auto done = std::exchange(state_, Ended{});
  if (const auto* naptr = std::get_if<AskingNaptr>(&done)) return after_naptr(naptr->answer);
  if (const auto* services = std::get_if<AskingServices>(&done)) return after_services(services->services);
  if (const auto* addresses = std::get_if<AskingAddresses>(&done)) return after_addresses(*addresses);
}

// §4.1. Only records of the lowest order that has a usable one count (RFC 3403 §4.1); flags other
// than "s" belong to other applications or lead to further NAPTRs, which nobody uses for SIP.
void Locator::after_naptr(const Answer& answer) {
  std::vector<Naptr> usable;
  for (const auto& record : first_records(answer.naptr)) {
    const auto transport = transport_of_service(record.service);
    if (transport && supports(*transport) && lower(record.flags) == "s" && record.regexp.empty() &&
        usable_name(record.replacement))
      usable.push_back(record);
  }
  std::ranges::sort(usable, {},
                    [](const Naptr& one) { return std::tuple{one.order, one.preference, one.replacement}; });

  std::vector<Service> services;
  for (const auto& record : usable) {
    if (record.order != usable.front().order || services.size() == max_names) break;
    ttl_ = std::min(ttl_, record.ttl);
    services.push_back({*transport_of_service(record.service), *usable_name(record.replacement), {}});
  }
  if (services.empty())
    for (const auto transport : config_.supported)
      if (supports(transport)) services.push_back(service(transport));
  ask_services(std::move(services));
}

// §4.2. The services stand in the order in which the domain (or we) like them.
void Locator::after_services(const std::vector<Service>& services) {
  AskingAddresses wanted;
  bool refused = false;
  for (const auto& service : services) {
    const auto records = first_records(service.answer.srv);
    for (const auto& record : order_srv({records.begin(), records.end()}, random_)) {
      if (record.target.empty() || record.target == ".") refused = true;
      const auto name = usable_name(record.target);
      if (!name || record.port == 0 || wanted.hosts.size() == max_hosts) continue;
      auto known = std::ranges::find(wanted.names, *name, &Name::name);
      if (known == wanted.names.end()) {
        if (wanted.names.size() == max_names) continue;
        known = wanted.names.insert(known, Name{*name, {}, {}});
      }
      ttl_ = std::min(ttl_, record.ttl);
      wanted.hosts.push_back({service.transport, static_cast<std::size_t>(known - wanted.names.begin()), record.port});
    }
  }
  if (wanted.hosts.empty()) {
    if (refused) return fail(FailureReason::service_refused);
    // No SRV at all: the domain's own addresses, at the default port.
    const auto transport = config_.transport.empty() ? default_transport() : services.front().transport;
    wanted = {{{transport, 0, default_port(transport)}}, {{config_.host, {}, {}}}};
  }
  ask_addresses(std::move(wanted));
}

void Locator::after_addresses(const AskingAddresses& asked) {
  std::vector<Target> targets;
  const auto add = [&](const Host& host, const Answer& answer, bool v6) {
    for (const auto& record : first_records(answer.addresses)) {
      const Target target{host.transport, Endpoint{record.address, host.port}};
      if (record.address.is_v6() != v6 || record.address.is_unspecified()) continue;
      if (targets.size() == config_.max_targets || std::ranges::find(targets, target) != targets.end()) continue;
      ttl_ = std::min(ttl_, record.ttl);
      targets.push_back(target);
    }
  };
  const bool v6_first = config_.families == Families::v6_first;
  for (const auto& host : asked.hosts) {
    const auto& name = asked.names[host.name];
    if (v6_first) add(host, name.v6, true);
    add(host, name.v4, false);
    if (!v6_first) add(host, name.v6, true);
  }
  if (targets.empty()) return fail(resolver_failed_ ? FailureReason::resolver_failed : FailureReason::no_address);
  outputs_.push_back(Located{std::move(targets), std::max(ttl_, std::chrono::seconds{0})});
}

void Locator::fail(FailureReason reason) {
  state_ = Ended{};
  outputs_.push_back(Failed{reason});
}

std::optional<Locator::Output> Locator::poll() {
  if (outputs_.empty()) return std::nullopt;
  auto output = std::move(outputs_.front());
  outputs_.pop_front();
  return output;
}

}  // namespace parley::dns
