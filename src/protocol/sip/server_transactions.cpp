// Requests that arrive, and our responses to them.
#include <algorithm>

#include "protocol/sip/ids.hpp"
#include "protocol/sip/transaction_layer.hpp"

namespace parley::sip {

namespace {

/// Merged requests (RFC 3261 §8.2.2.2) share these and differ in their branch.
std::string merge_key_of(const Message& request) {
  std::string key = request.call_id;
  key += '\x1f';
  key += request.from.tag();
  key += '\x1f';
  key += std::to_string(request.cseq.number);
  key += request.cseq.method;
  return key;
}

/// RFC 3261 §18.2.1 and RFC 3581 §4: what we saw goes beside what the peer believes.
void note_source(Via& top, const Endpoint& source) {
  const bool rport = top.params.has("rport");
  const auto claimed = IpAddress::parse(top.host);
  if (rport || !claimed || *claimed != source.address) top.params.set("received", source.address.to_string());
  if (rport) top.params.set("rport", std::to_string(source.port));
}

}  // namespace

void TransactionLayer::receive_request(const Flow& from, Message request, TimePoint now) {
  note_source(request.via.front(), from.remote);
  const bool is_ack = request.method == "ACK";
  const auto found = server_keys_.find(server_key(request, is_ack ? "INVITE" : request.method));
  if (found != server_keys_.end()) return receive_again(found->second, std::move(request), from, now);
  if (is_ack) {
    outputs_.push(AckArrived{std::move(request), from});
    return;
  }
  if (full()) {
    ++counters_.dropped_overload;
    return;
  }
  if (request.method == "CANCEL") return receive_cancel(from, std::move(request), now);
  const bool outside = request.to.tag().empty();
  const bool merged = outside && merge_keys_.contains(merge_key_of(request));
  const ServerId id = open_server(from, request, outside && !merged, now);
  if (merged) respond(id, make_response(request, 482, "Merged Request", make_tag(config_.worker, random_)), now);
  else outputs_.push(RequestArrived{id, std::move(request), from});
}

void TransactionLayer::receive_again(ServerId id, Message request, const Flow& from, TimePoint now) {
  Server& server = servers_.at(id);
  auto* invite = std::get_if<InviteServer>(&server.machine);
  if (request.method == "ACK") {
    if (!invite) return;
    if (invite->accepted()) {  // it should have had a branch of its own; some peers don't know
      outputs_.push(AckArrived{std::move(request), from});
      return;
    }
    invite->receive_ack(now);
  } else {
    ++counters_.retransmissions_received;
    if (invite) invite->receive_invite();
    else std::get<NonInviteServer>(server.machine).receive_again();
  }
  drain_server(id);
}

void TransactionLayer::receive_cancel(const Flow& from, Message cancel, TimePoint now) {
  const auto found = server_keys_.find(server_key(cancel, "INVITE"));
  const ServerId id = open_server(from, cancel, false, now);
  if (found == server_keys_.end()) {
    respond(id, make_response(cancel, 481, reason_phrase(481), make_tag(config_.worker, random_)), now);
    return;
  }
  const ServerId invite = found->second;
  std::string& tag = servers_.at(invite).to_tag;  // the same one, RFC 3261 §9.2
  if (tag.empty()) tag = make_tag(config_.worker, random_);
  respond(id, make_response(cancel, 200, reason_phrase(200), tag), now);
  outputs_.push(CancelArrived{invite, std::string{cancel.header("Reason").value_or("")}});
}

ServerId TransactionLayer::open_server(const Flow& from, const Message& request, bool merging, TimePoint now) {
  const ServerId id = ++last_id_;
  const Via& top = request.via.front();
  Flow flow = from;
  if (from.transport == Transport::udp && !top.params.has("rport"))
    flow.remote.port = top.port != 0 ? top.port : default_port(Transport::udp);
  const bool is_invite = request.method == "INVITE";
  const bool reliable = is_reliable(from.transport);
  std::variant<InviteServer, NonInviteServer> machine = NonInviteServer{reliable, config_.timers};
  if (is_invite) machine = InviteServer{reliable, config_.timers};
  Server server{
      .key = server_key(request, request.method),
      .merge_key = merging ? merge_key_of(request) : std::string{},
      .flow = flow,
      .via_port = top.port != 0 ? top.port : default_port(from.transport),
      .request = make_response(request, 500, {}, {}),  // what a late 500 needs, without the body
      .answer_by = is_invite ? TimePoint::max() : now + config_.answer_within,
      .to_tag = {},
      .machine = std::move(machine),
  };
  server_keys_.emplace(server.key, id);
  if (merging) merge_keys_.emplace(server.merge_key, id);
  by_flow_[flow_index(flow)].insert(id);
  timers_.set(id, server.answer_by);
  servers_.emplace(id, std::move(server));
  return id;
}

bool TransactionLayer::respond(ServerId id, const Message& response, TimePoint now) {
  if (!open(id)) return false;
  Server& server = servers_.at(id);
  if (response.status > 100) server.to_tag = response.to.tag();
  std::string text = response.to_string();
  std::visit([&](auto& machine) { machine.respond(response.status, std::move(text), now); }, server.machine);
  if (response.status >= 200) server.answer_by = TimePoint::max();
  drain_server(id);
  return true;
}

bool TransactionLayer::open(ServerId id) const {
  const auto found = servers_.find(id);
  if (found == servers_.end()) return false;
  if (const auto* invite = std::get_if<InviteServer>(&found->second.machine)) return invite->proceeding();
  return std::get<NonInviteServer>(found->second.machine).waiting();
}

std::optional<Flow> TransactionLayer::response_flow(ServerId id) const {
  const auto found = servers_.find(id);
  if (found == servers_.end()) return std::nullopt;
  return found->second.flow;
}

void TransactionLayer::drain_server(ServerId id) {
  Server& server = servers_.at(id);
  const bool over = std::visit(
      [&](auto& machine) {
        while (auto output = machine.poll()) {
          using Machine = std::remove_reference_t<decltype(machine)>;
          if (auto* send = std::get_if<typename Machine::Send>(&*output)) {
            if (send->again) ++counters_.retransmissions_sent;
            outputs_.push(Stack::Send{server.flow, std::move(send->text), server.request.call_id});
          }
        }
        return machine.ended();
      },
      server.machine);
  if (over) return close_server(id);
  const TimePoint machine_deadline = std::visit([](const auto& machine) { return machine.deadline(); }, server.machine);
  timers_.set(id, std::min(machine_deadline, server.answer_by));
}

void TransactionLayer::close_server(ServerId id) {
  const auto found = servers_.find(id);
  const Server& server = found->second;
  server_keys_.erase(server.key);
  if (!server.merge_key.empty()) merge_keys_.erase(server.merge_key);
  forget_flow(server.flow, id);
  timers_.set(id, TimePoint::max());
  servers_.erase(found);
}

}  // namespace parley::sip
