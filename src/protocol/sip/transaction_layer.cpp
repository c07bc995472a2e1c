// What arrives: requests and responses, time, broken flows.
#include "protocol/sip/transaction_layer.hpp"

#include <algorithm>

#include "protocol/sip/ids.hpp"

namespace parley::sip {

void TransactionLayer::receive(const Flow& from, Message message, TimePoint now) {
  if (message.via.empty()) return;
  if (message.is_response()) {
    ++counters_.responses_received;
    receive_response(from, std::move(message), now);
  } else {
    ++counters_.requests_received;
    receive_request(from, std::move(message), now);
  }
}

void TransactionLayer::receive_response(const Flow& from, Message response, TimePoint now) {
  // More than our own Via: it was meant for somebody else (RFC 3261 §8.1.3.3).
  const auto found = response.via.size() == 1 ? client_keys_.find(client_key(response)) : client_keys_.end();
  if (found == client_keys_.end()) {
    ++counters_.stray_responses;
    return;
  }
  const ClientId id = found->second;
  Client& client = clients_.at(id);
  adopt_connection(id, client, from);
  std::visit([&](auto& machine) { machine.receive(std::move(response), now); }, client.machine);
  drain_client(id, now);
}

// The shell opened a connection for a flow that named none: what comes back tells which.
void TransactionLayer::adopt_connection(ClientId id, Client& client, const Flow& from) {
  const Flow before = client.flow();
  if (from.connection == 0 || before.connection != 0 || from.transport != before.transport) return;
  forget_flow(before, id);
  client.request.flows[client.attempt].connection = from.connection;
  by_flow_[flow_index(client.flow())].insert(id);
}

void TransactionLayer::advance(TimePoint now) {
  while (const auto id = timers_.take_due(now)) {
    if (const auto client = clients_.find(*id); client != clients_.end()) {
      std::visit([&](auto& machine) { machine.advance(now); }, client->second.machine);
      drain_client(*id, now);
    } else if (const auto server = servers_.find(*id); server != servers_.end()) {
      if (now >= server->second.answer_by && open(*id)) {
        const Message& request = server->second.request;
        respond(*id, make_response(request, 500, reason_phrase(500), make_tag(config_.worker, random_)), now);
        continue;
      }
      std::visit([&](auto& machine) { machine.advance(now); }, server->second.machine);
      drain_server(*id);
    } else if (const auto sought = sought_.find(*id); sought != sought_.end()) {
      ClientRequest request = std::move(sought->second.request);
      sought_.erase(sought);
      fail(*id, std::move(request), 408, ResponseArrived::Source::timeout);
    }
  }
}

void TransactionLayer::transport_failed(const Flow& flow, TimePoint now) {
  const auto users = by_flow_.find(flow_index(flow));
  if (users == by_flow_.end()) return;
  const std::vector<std::uint64_t> hit(users->second.begin(), users->second.end());
  for (const std::uint64_t id : hit) {
    if (const auto client = clients_.find(id); client != clients_.end()) {
      // It was sent and heard once: the answer may still come another way (RFC 3261 §18.2.2).
      const auto* invite = std::get_if<InviteClient>(&client->second.machine);
      if (invite && !invite->calling() && !is_websocket(flow.transport)) continue;
      ++counters_.transport_failures;
      std::visit([](auto& machine) { machine.transport_failed(); }, client->second.machine);
      drain_client(id, now);
    } else if (const auto server = servers_.find(id); server != servers_.end() && flow.transport != Transport::udp) {
      std::visit([](auto& machine) { machine.transport_failed(); }, server->second.machine);
      drain_server(id);
    }
  }
}

void TransactionLayer::connection_lost(std::uint64_t connection, TimePoint now) {
  const auto users = by_flow_.find(flow_index(Flow{Transport::tcp, {}, connection}));
  if (users == by_flow_.end()) return;
  const std::vector<std::uint64_t> hit(users->second.begin(), users->second.end());
  for (const std::uint64_t id : hit) {
    const auto server = servers_.find(id);
    if (server == servers_.end() || is_websocket(server->second.flow.transport)) continue;
    // The response opens a connection to where the Via says that somebody listens (RFC 3261 §18.2.2).
    forget_flow(server->second.flow, id);
    server->second.flow.connection = 0;
    server->second.flow.remote.port = server->second.via_port;
    by_flow_[flow_index(server->second.flow)].insert(id);
  }
  for (const std::uint64_t id : hit) {
    if (const auto client = clients_.find(id); client != clients_.end()) {
      const auto* invite = std::get_if<InviteClient>(&client->second.machine);
      if (invite && !invite->calling() && !is_websocket(client->second.flow().transport)) continue;
      ++counters_.transport_failures;
      std::visit([](auto& machine) { machine.transport_failed(); }, client->second.machine);
      drain_client(id, now);
    } else if (const auto server = servers_.find(id);
               server != servers_.end() && is_websocket(server->second.flow.transport)) {
      std::visit([](auto& machine) { machine.transport_failed(); }, server->second.machine);
      drain_server(id);
    }
  }
}

void TransactionLayer::send_stateless(const Flow& flow, const Message& response, bool again) {
  if (again) ++counters_.retransmissions_sent;
  outputs_.push(Stack::Send{flow, response.to_string(), response.call_id});
}

NameAddr TransactionLayer::contact(Transport transport) const {
  const HostPort& local = config_.sent_by[static_cast<std::size_t>(transport)];
  NameAddr contact;
  contact.uri.scheme = "sip";
  contact.uri.user = config_.contact_user;
  contact.uri.host = local.host;
  contact.uri.port = local.port;
  // A URI says `ws` also where Via says WSS (RFC 7118 §5.1).
  const auto named = is_websocket(transport) ? Transport::ws : transport;
  if (named != Transport::udp) contact.uri.params.set("transport", std::string{uri_name(named)});
  return contact;
}

NameAddr TransactionLayer::binding_of(const NameAddr& aor, Transport transport) const {
  NameAddr binding = contact(transport);
  if (!aor.uri.user.empty()) binding.uri.user = aor.uri.user;
  return binding;
}

bool TransactionLayer::is_ours(Transport transport) const {
  return !config_.sent_by[static_cast<std::size_t>(transport)].host.empty();
}

}  // namespace parley::sip
