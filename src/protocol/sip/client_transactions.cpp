// Requests that we send, and what is tried until one of them is answered.
#include <algorithm>

#include "protocol/sip/dialog.hpp"
#include "protocol/sip/ids.hpp"
#include "protocol/sip/transaction_layer.hpp"

namespace parley::sip {

namespace {

// A name server that has not answered by now will not help a caller any more.
constexpr Duration resolve_within = 20s;
constexpr std::size_t max_attempts = 8;

bool wants_contact(std::string_view method) {
  return method == "INVITE" || method == "UPDATE" || method == "REFER" || method == "NOTIFY" || method == "SUBSCRIBE" ||
         method == "REGISTER";
}

Message local_failure(const Message& request, int status) {
  Message response = make_response(request, status, reason_phrase(status), {});
  response.via.clear();
  return response;
}

}  // namespace

ClientId TransactionLayer::send(ClientRequest request, TimePoint now) {
  const ClientId id = ++last_id_;
  route(id, std::move(request), now);
  return id;
}

void TransactionLayer::route(ClientId id, ClientRequest request, TimePoint now) {
  if (full()) {
    ++counters_.dropped_overload;
    return fail(id, std::move(request), 503, ResponseArrived::Source::transport);
  }
  if (request.flows.empty()) {
    const Uri next_hop = next_hop_of(request.message);
    auto flows = literal_flows(next_hop);
    if (!flows) {
      outputs_.push(Stack::Resolve{id, next_hop, parse_transport(next_hop.params.value("transport"))});
      const TimePoint give_up_at = now + resolve_within;
      sought_.emplace(id, Sought{std::move(request), give_up_at});
      timers_.set(id, give_up_at);
      return;
    }
    request.flows = std::move(*flows);
  }
  dispatch(id, std::move(request), 0, now);
}

void TransactionLayer::resolved(QueryId query, std::vector<Flow> flows, TimePoint now) {
  const auto found = sought_.find(query);
  if (found == sought_.end()) return;
  ClientRequest request = std::move(found->second.request);
  sought_.erase(found);
  timers_.set(query, TimePoint::max());
  if (flows.size() > max_attempts) flows.resize(max_attempts);
  request.flows = std::move(flows);
  dispatch(query, std::move(request), 0, now);
}

// RFC 3263 §4 for what needs no name server: an address, with the port and transport it names.
std::optional<std::vector<Flow>> TransactionLayer::literal_flows(const Uri& next_hop) const {
  if (!next_hop.is_sip()) return std::vector<Flow>{};  // tel: and others lead nowhere without a proxy
  const std::string_view maddr = next_hop.params.value("maddr");
  const auto address = IpAddress::parse(maddr.empty() ? std::string_view{next_hop.host} : maddr);
  if (!address) return std::nullopt;
  Transport transport = next_hop.scheme == "sips" ? Transport::tls : Transport::udp;
  if (const std::string_view name = next_hop.params.value("transport"); !name.empty()) {
    const auto named = parse_transport(name);
    if (!named) return std::vector<Flow>{};
    transport = *named;
    if (next_hop.scheme == "sips" && transport == Transport::tcp) transport = Transport::tls;
  }
  const std::uint16_t port = next_hop.port != 0 ? next_hop.port : default_port(transport);
  return std::vector<Flow>{Flow{transport, {*address, port}, 0}};
}

void TransactionLayer::dispatch(ClientId id, ClientRequest request, std::size_t attempt, TimePoint now) {
  while (attempt < request.flows.size() && !is_ours(request.flows[attempt].transport)) ++attempt;
  if (attempt == request.flows.size()) {
    ++counters_.transport_failures;
    return fail(id, std::move(request), 503, ResponseArrived::Source::transport);
  }
  const Flow flow = request.flows[attempt];
  const Message wire = wire_of(request.message, flow.transport);
  if (request.purpose == Purpose::ack) {  // not a transaction: sent and forgotten
    outputs_.push(Stack::Send{flow, wire.to_string(), wire.call_id});
    outputs_.push(ClientEnded{request.purpose, request.owner});
    return;
  }
  const bool reliable = is_reliable(flow.transport);
  auto machine = request.message.method == "INVITE"
                     ? std::variant<InviteClient, NonInviteClient>{InviteClient{wire, reliable, config_.timers, now}}
                     : NonInviteClient{wire, reliable, config_.timers, now};
  Client client{.request = std::move(request),
                .attempt = attempt,
                .via = wire.via.front(),
                .key = client_key(wire),
                .machine = std::move(machine)};
  client_keys_.emplace(client.key, id);
  by_flow_[flow_index(flow)].insert(id);
  clients_.emplace(id, std::move(client));
  drain_client(id, now);
}

Message TransactionLayer::wire_of(const Message& request, Transport transport) {
  Message wire = request;
  const HostPort& local = config_.sent_by[static_cast<std::size_t>(transport)];
  Via via;
  via.transport = via_name(transport);
  via.host = local.host;
  via.port = local.port;
  if (transport == Transport::udp) via.params.set("rport");
  via.params.set("branch", make_branch(config_.worker, random_));
  wire.via = {std::move(via)};
  if (wants_contact(wire.method) && !wire.header("Contact")) {
    const bool binding = wire.method == "REGISTER";
    auto ours = binding ? binding_of(wire.to, transport) : contact(transport);
    if (binding && is_reliable(transport) && !config_.instance.empty()) {
      ours.params.set("+sip.instance", "<" + config_.instance + ">");
      ours.params.set("reg-id", "1");  // one flow for each address of record
      wire.set("Supported", std::string{wire.header("Supported").value_or("")} + ", path, outbound");
    }
    wire.add("Contact", ours.to_string());
  }
  if (!config_.user_agent.empty()) wire.add("User-Agent", config_.user_agent);
  return wire;
}

void TransactionLayer::drain_client(ClientId id, TimePoint now) {
  Client& client = clients_.at(id);
  bool elsewhere = false;
  std::optional<TransactionEnd> end;
  std::visit(
      [&](auto& machine) {
        using Machine = std::remove_reference_t<decltype(machine)>;
        while (auto output = machine.poll()) {
          if (auto* send = std::get_if<typename Machine::Send>(&*output)) {
            if (send->again) ++counters_.retransmissions_sent;
            outputs_.push(Stack::Send{client.flow(), std::move(send->text), client.request.message.call_id});
          } else if (auto* deliver = std::get_if<typename Machine::Deliver>(&*output)) {
            if (client.muted) continue;
            elsewhere = deliver->response.status == 503 && client.attempt + 1 < client.request.flows.size();
            if (!elsewhere)
              outputs_.push(ResponseArrived{id, client.request, std::move(deliver->response),
                                            ResponseArrived::Source::peer, client.flow()});
          } else {
            end = std::get<typename Machine::Ended>(*output).reason;
          }
        }
      },
      client.machine);
  if (elsewhere || (end && *end != TransactionEnd::finished)) {
    if (end && *end == TransactionEnd::timeout) ++counters_.transaction_timeouts;
    if (client.attempt + 1 < client.request.flows.size() && !client.muted) return move_on(id, now);
    if (!client.muted) {
      const bool timed_out = *end == TransactionEnd::timeout;
      outputs_.push(ResponseArrived{id, client.request, local_failure(client.request.message, timed_out ? 408 : 503),
                                    timed_out ? ResponseArrived::Source::timeout : ResponseArrived::Source::transport,
                                    client.flow()});
    }
  }
  if (end) close_client(id);
  else timers_.set(id, std::visit([](const auto& machine) { return machine.deadline(); }, client.machine));
}

// RFC 3263 §4.3: a 503, a time-out and an unreachable peer mean the next address, in a new transaction.
void TransactionLayer::move_on(ClientId id, TimePoint now) {
  auto node = clients_.extract(id);
  Client& old = node.mapped();
  ClientRequest request = old.request;
  const std::size_t attempt = old.attempt + 1;
  forget_flow(old.flow(), id);
  timers_.set(id, TimePoint::max());
  const bool over = std::visit([](const auto& machine) { return machine.ended(); }, old.machine);
  if (over) {
    client_keys_.erase(old.key);
  } else {  // it still has ACKs to repeat, under a number that nobody knows
    node.key() = ++last_id_;
    old.muted = true;
    client_keys_[old.key] = node.key();
    by_flow_[flow_index(old.flow())].insert(node.key());
    timers_.set(node.key(), std::visit([](const auto& machine) { return machine.deadline(); }, old.machine));
    clients_.insert(std::move(node));
  }
  dispatch(id, std::move(request), attempt, now);
}

bool TransactionLayer::cancel(ClientId invite, const std::string& reason_header, TimePoint now) {
  const auto found = clients_.find(invite);
  if (found == clients_.end()) return false;
  Client& client = found->second;
  client.request.flows.resize(client.attempt + 1);  // nobody else is to be called any more
  const auto* machine = std::get_if<InviteClient>(&client.machine);
  if (!machine || !machine->proceeding()) return false;

  const Message& request = client.request.message;
  Message cancel;
  cancel.method = "CANCEL";
  cancel.request_uri = request.request_uri;
  cancel.via = {client.via};
  cancel.from = request.from;
  cancel.to = request.to;
  cancel.call_id = request.call_id;
  cancel.cseq = {request.cseq.number, "CANCEL"};
  for (const HeaderField& field : request.headers)
    if (field.name == "Route") cancel.headers.push_back(field);
  if (!reason_header.empty()) cancel.add("Reason", reason_header);

  const ClientId id = ++last_id_;
  NonInviteClient canceller{cancel, is_reliable(client.flow().transport), config_.timers, now};
  Client entry{.request = {.purpose = Purpose::bye, .owner = 0, .message = std::move(cancel), .flows = {client.flow()}},
               .attempt = 0,
               .via = client.via,
               .muted = true,  // its answer changes nothing: the INVITE's does
               .key = {},
               .machine = std::move(canceller)};
  entry.key = client_key([&] {
    Message key;
    key.via = {entry.via};
    key.cseq = entry.request.message.cseq;
    return key;
  }());
  client_keys_.emplace(entry.key, id);
  by_flow_[flow_index(entry.flow())].insert(id);
  clients_.emplace(id, std::move(entry));
  drain_client(id, now);
  return true;
}

bool TransactionLayer::withdraw(ClientId id) {
  const auto found = sought_.find(id);
  if (found == sought_.end()) return false;
  outputs_.push(ClientEnded{found->second.request.purpose, found->second.request.owner});
  sought_.erase(found);
  timers_.set(id, TimePoint::max());
  return true;
}

void TransactionLayer::abandon(ClientId id) {
  if (clients_.contains(id)) close_client(id);
}

void TransactionLayer::fail(ClientId id, ClientRequest request, int status, ResponseArrived::Source source) {
  const ClientEnded ended{request.purpose, request.owner};
  Message response = local_failure(request.message, status);
  outputs_.push(ResponseArrived{id, std::move(request), std::move(response), source, {}});
  outputs_.push(ended);
}

void TransactionLayer::close_client(ClientId id) {
  const auto found = clients_.find(id);
  const Client& client = found->second;
  client_keys_.erase(client.key);
  forget_flow(client.flow(), id);
  timers_.set(id, TimePoint::max());
  if (!client.muted) outputs_.push(ClientEnded{client.request.purpose, client.request.owner});
  clients_.erase(found);
}

void TransactionLayer::forget_flow(const Flow& flow, std::uint64_t id) {
  const auto users = by_flow_.find(flow_index(flow));
  if (users == by_flow_.end()) return;
  users->second.erase(id);
  if (users->second.empty()) by_flow_.erase(users);
}

// A flow is known by its connection where it has one, else by where it leads.
Flow TransactionLayer::flow_index(const Flow& flow) {
  if (flow.connection != 0) return Flow{Transport::tcp, {}, flow.connection};
  return flow;
}

std::size_t TransactionLayer::FlowHash::operator()(const Flow& flow) const noexcept {
  return std::hash<Endpoint>{}(flow.remote) * 31 + std::hash<std::uint64_t>{}(flow.connection) * 7 +
         static_cast<std::size_t>(flow.transport);
}

}  // namespace parley::sip
