// All transactions of one stack, and the way in and out of them: matching, response routing
// (RFC 3261 §18.2, RFC 3581), where a request goes and what is tried next (RFC 3263).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

#include "protocol/sip/invite_client.hpp"
#include "protocol/sip/invite_server.hpp"
#include "protocol/sip/non_invite_client.hpp"
#include "protocol/sip/non_invite_server.hpp"
#include "protocol/sip/stack.hpp"
#include "protocol/sip/timer_queue.hpp"

namespace parley::sip {

using ClientId = std::uint64_t;
using ServerId = std::uint64_t;

/// What a request of ours is for: decides who hears of its response.
enum class Purpose : std::uint8_t {
  invite,
  reinvite,
  update,
  bye,
  cancel,
  prack,
  info,
  refer,
  notify,
  register_,
  outside,
  ack,
};

/// A request on its way, through every attempt to deliver it.
struct ClientRequest {
  Purpose purpose{};
  std::uint64_t owner = 0;  // session, registration or handle
  Message message;          // without Via; without Contact where the default will do
  std::vector<Flow> flows;  // best first; empty: the layer finds out
  int challenges = 0;       // how often it was answered 401 or 407
};

/// Bounded by Config::limits.transactions. After every input drain poll().
class TransactionLayer {
 public:
  /// A request that is no retransmission. Answer with respond().
  struct RequestArrived {
    ServerId id;
    Message request;
    Flow from;
  };
  struct AckArrived {
    Message ack;
    Flow from;
  };  // for a 2xx
  /// 200 went out. The INVITE may be answered already.
  struct CancelArrived {
    ServerId invite;
    std::string reason_header;
  };
  /// Status 408 or 503 with `source` saying that nobody sent it, or what came.
  struct ResponseArrived {
    enum class Source : std::uint8_t { peer, timeout, transport };
    ClientId id;
    ClientRequest request;
    Message response;
    Source source;
    Flow from;
  };
  /// The request's last output.
  struct ClientEnded {
    Purpose purpose;
    std::uint64_t owner;
  };
  using Output = std::variant<Stack::Send, Stack::Resolve, RequestArrived, AckArrived, CancelArrived, ResponseArrived,
                              ClientEnded>;

  TransactionLayer(const Config& config, Random& random, Stack::Counters& counters)
      : config_{config}, random_{random}, counters_{counters} {}

  void receive(const Flow& from, Message message, TimePoint now);
  void resolved(QueryId query, std::vector<Flow> flows, TimePoint now);
  void transport_failed(const Flow& flow, TimePoint now);
  void connection_lost(std::uint64_t connection, TimePoint now);
  void advance(TimePoint now);
  std::optional<Output> poll() { return outputs_.poll(); }
  TimePoint deadline() const { return timers_.next(); }

  ClientId send(ClientRequest request, TimePoint now);
  /// RFC 3261 §9.1; false while no provisional response has come.
  bool cancel(ClientId invite, const std::string& reason_header, TimePoint now);
  /// Forgets a request that has not been sent yet.
  bool withdraw(ClientId id);
  /// Stops waiting for an answer that a CANCEL should have brought.
  void abandon(ClientId id);

  /// False when that transaction has a final response or is gone.
  bool respond(ServerId id, const Message& response, TimePoint now);
  bool open(ServerId id) const;  // no final response yet
  /// Where a response to this server transaction goes.
  std::optional<Flow> response_flow(ServerId id) const;
  /// Without a transaction: 2xx again, or refusals that must not cost memory.
  void send_stateless(const Flow& flow, const Message& response, bool again = false);

  /// `<sip:user@host:port;transport=…>` of ours, as this transport is reached.
  NameAddr contact(Transport transport) const;
  /// What `aor` is bound to at a registrar. It keeps the user: requests for the binding come addressed to it, and
  /// who is called must be told from that (RFC 3261 §16.5).
  NameAddr binding_of(const NameAddr& aor, Transport transport) const;
  /// Where a URI leads without asking anybody: a literal address. Nothing when it is a name.
  std::optional<std::vector<Flow>> literal_flows(const Uri& next_hop) const;
  std::size_t size() const { return clients_.size() + servers_.size() + sought_.size(); }
  bool full() const { return size() >= config_.limits.transactions; }

 private:
  struct Client {
    ClientRequest request;
    std::size_t attempt;  // index into flows
    Via via;              // what CANCEL repeats
    bool muted = false;   // its 503 sent us elsewhere; it only acknowledges now
    std::string key;
    std::variant<InviteClient, NonInviteClient> machine;
    const Flow& flow() const { return request.flows[attempt]; }
  };
  struct Server {
    std::string key, merge_key;
    Flow flow;               // where responses go
    std::uint16_t via_port;  // where they go when the connection is gone
    Message request;         // for the 500 when the user does not answer
    TimePoint answer_by;     // max: it may ring as long as it likes
    std::string to_tag;      // that our responses carried
    std::variant<InviteServer, NonInviteServer> machine;
  };
  struct Sought {
    ClientRequest request;
    TimePoint give_up_at;
  };
  struct FlowHash {
    std::size_t operator()(const Flow& flow) const noexcept;
  };

  void receive_request(const Flow& from, Message request, TimePoint now);
  void receive_response(const Flow& from, Message response, TimePoint now);
  void receive_cancel(const Flow& from, Message cancel, TimePoint now);
  ServerId open_server(const Flow& from, const Message& request, bool merging, TimePoint now);
  void receive_again(ServerId id, Message request, const Flow& from, TimePoint now);
  void drain_server(ServerId id);
  void close_server(ServerId id);

  void route(ClientId id, ClientRequest request, TimePoint now);
  void dispatch(ClientId id, ClientRequest request, std::size_t attempt, TimePoint now);
  void drain_client(ClientId id, TimePoint now);
  void schedule_client(ClientId id, const Client& client);
  void adopt_connection(ClientId id, Client& client, const Flow& from);
  void move_on(ClientId id, TimePoint now);
  void fail(ClientId id, ClientRequest request, int status, ResponseArrived::Source source);
  void close_client(ClientId id);
  void forget_flow(const Flow& flow, std::uint64_t id);
  static Flow flow_index(const Flow& flow);
  Message wire_of(const Message& request, Transport transport);
  bool is_ours(Transport transport) const;

  const Config& config_;
  Random& random_;
  Stack::Counters& counters_;
  std::uint64_t last_id_ = 0;
  std::unordered_map<ClientId, Client> clients_;
  std::unordered_map<std::string, ClientId> client_keys_;
  std::unordered_map<ServerId, Server> servers_;
  std::unordered_map<std::string, ServerId> server_keys_;
  std::unordered_map<std::string, ServerId> merge_keys_;
  std::unordered_map<ClientId, Sought> sought_;
  std::unordered_map<Flow, std::unordered_set<std::uint64_t>, FlowHash> by_flow_;  // what a broken flow hits
  TimerQueue<std::uint64_t> timers_;  // clients, servers and sought share one number space
  Outbox<Output> outputs_;
};

}  // namespace parley::sip
