// The user agent behind Stack: sessions, registrations, requests outside dialogs. One procedure, one
// source file: incoming, outgoing, teardown, offer, provisional, interval, refer, info, outside,
// registration.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "protocol/sip/request_check.hpp"
#include "protocol/sip/session.hpp"
#include "protocol/sip/stack.hpp"
#include "protocol/sip/transaction_layer.hpp"

namespace parley::sip {

using ResponseArrived = TransactionLayer::ResponseArrived;

struct Registration {
  RegistrationId id = 0;
  RegistrationOptions options;
  std::string call_id, from_tag;
  std::uint32_t cseq = 0;
  std::chrono::seconds expires{0};  // what we ask for: raised by a 423
  bool in_flight = false;
  bool bound = false;  // the registrar holds our binding, as far as we know
  bool leaving = false;
  int failures = 0;
  std::unique_ptr<digest::Client> digest;
  TimePoint act_at = TimePoint::max();
};

/// A request() of the user without its final response.
struct OutsideRequest {
  std::unique_ptr<digest::Client> digest;
};

class Stack::Core {
 public:
  Core(Config config, Random random);

  // Inputs (stack.cpp)
  void receive(const Flow& from, std::string_view text, TimePoint now);
  void connection_lost(std::uint64_t connection, TimePoint now);
  void advance(TimePoint now);
  /// After every input and command: what the transactions brought, then timers and the dead.
  void settle(TimePoint now);
  TimePoint deadline() const { return std::min(layer.deadline(), timers_.next()); }

  // Sessions
  bool ring(Session& session, int status, std::optional<std::string> sdp, bool reliable, TimePoint now);
  bool answer(Session& session, std::string sdp, TimePoint now);
  bool reject(Session& session, Reply reply, TimePoint now);
  SessionId invite(InviteOptions options, TimePoint now);
  bool ack_answer(Session& session, std::string sdp, TimePoint now);
  bool bye(Session& session, std::string reason_header, TimePoint now);
  bool offer(Session& session, std::string sdp, TimePoint now);
  bool accept_offer(Session& session, std::string sdp, TimePoint now);
  bool refuse_offer(Session& session, int status, std::string reason, TimePoint now);
  bool refer(Session& session, const Uri& target, const std::optional<Replaces>& replaces, TimePoint now);
  bool answer_refer(Session& session, int status, std::string reason, TimePoint now);
  bool notify_refer(Session& session, int status, std::string reason, bool final, TimePoint now);
  bool info_dtmf(Session& session, char digit, std::chrono::milliseconds duration, TimePoint now);
  /// Null when it is over or was never there.
  Session* live(SessionId id);
  std::optional<SessionId> find(const Replaces& replaces) const;
  std::unique_ptr<digest::Client> digest_for(const std::optional<Credentials>& credentials) const;

  // Outside dialogs
  bool respond(TransactionHandle handle, const Reply& reply, TimePoint now);
  TransactionHandle request(RequestOptions options, TimePoint now);
  RegistrationId register_(RegistrationOptions options, TimePoint now);
  bool unregister(RegistrationId id, TimePoint now);

  Config config;
  Counters counters;
  std::optional<std::chrono::seconds> refusing;
  Outbox<Output> outputs;
  Random random;
  TransactionLayer layer;
  std::size_t live_sessions = 0;

 private:
  using Headers = std::vector<HeaderField>;

  // What the transactions brought (stack.cpp)
  void on_request(ServerId id, Message request, const Flow& from, TimePoint now);
  void on_dialog_request(Session& session, ServerId id, Message request, const Flow& from, TimePoint now);
  void on_response(ResponseArrived arrived, TimePoint now);
  void on_session_response(Session& session, ResponseArrived arrived, TimePoint now);
  bool answer_challenge(Session& session, const ResponseArrived& arrived, TimePoint now);
  void request_ended(Purpose purpose, std::uint64_t owner);

  // Messages (messages.cpp)
  void reply(ServerId id, const Message& request, int status, TimePoint now, Headers headers = {},
             std::string reason = {});
  Message session_response(Session& session, const Message& request, int status, const std::string& reason = {});
  void add_capabilities(Message& message) const;
  NameAddr contact_of(const Session& session) const;
  void send_in_dialog(Session& session, Purpose purpose, Message request, TimePoint now);
  void route_in_dialog(Session& session, ClientRequest request, TimePoint now);

  // incoming.cpp
  void on_invite(ServerId id, Message request, const Flow& from, TimePoint now);
  void on_cancel(ServerId invite, const std::string& reason_header, TimePoint now);
  void on_ack(const Message& ack, TimePoint now);
  void send_success(Session& session, ServerId server, Message response, bool expects_answer, bool initial,
                    TimePoint now);
  void advance_unacked(Session& session, TimePoint now);

  // outgoing.cpp
  void send_invite(Session& session, TimePoint now);
  void on_invite_response(Session& session, ResponseArrived arrived, TimePoint now);
  void on_invite_provisional(Session& session, ResponseArrived arrived, TimePoint now);
  void on_invite_success(Session& session, ResponseArrived arrived, TimePoint now);
  void on_invite_failure(Session& session, const ResponseArrived& arrived, TimePoint now);
  std::optional<std::size_t> branch_of(Session& session, const Message& response);
  void acknowledge(Session& session, std::uint32_t cseq, std::optional<std::string> sdp, TimePoint now);
  void hang_up_fork(Session& session, std::size_t branch, std::uint32_t cseq, TimePoint now);

  // teardown.cpp
  void end(Session& session, EndReason reason, int status, std::string text, TimePoint now);
  void send_bye(Session& session, TimePoint now);
  void request_cancel(Session& session, TimePoint now);
  void on_bye(Session& session, ServerId id, const Message& request, TimePoint now);

  // offer.cpp
  void on_reinvite(Session& session, ServerId id, Message request, TimePoint now);
  void on_update(Session& session, ServerId id, Message request, TimePoint now);
  bool refuse_glare(Session& session, ServerId id, const Message& request, bool has_offer, TimePoint now);
  void send_local_request(Session& session, LocalRequest request, TimePoint now);
  void on_offer_response(Session& session, ResponseArrived arrived, TimePoint now);
  void retry_after_glare(Session& session, TimePoint now);

  // provisional.cpp
  void send_reliable(Session& session, Message response, bool carries_sdp, TimePoint now);
  void transmit_reliable(Session& session, ReliableProvisional provisional, TimePoint now);
  void on_prack(Session& session, ServerId id, const Message& request, TimePoint now);
  void advance_provisional(Session& session, TimePoint now);
  bool take_reliable(Session& session, std::size_t branch, const Message& response, TimePoint now);
  void send_prack(Session& session, std::size_t branch, const Message& response, std::optional<std::string> sdp,
                  TimePoint now);
  void on_prack_response(Session& session, const ResponseArrived& arrived, TimePoint now);

  // interval.cpp
  bool refuse_short_interval(ServerId id, const Message& request, TimePoint now);
  void offer_interval(const Session& session, Message& request) const;
  void accept_interval(Session& session, const Message& request, Message& response, TimePoint now);
  void learn_interval(Session& session, const Message& response, TimePoint now);
  void start_interval(Session& session, std::chrono::seconds expires, bool we_refresh, TimePoint now);
  void advance_interval(Session& session, TimePoint now);

  // refer.cpp and info.cpp
  void on_refer(Session& session, ServerId id, Message request, TimePoint now);
  void on_notify(Session& session, ServerId id, const Message& request, TimePoint now);
  void on_refer_response(Session& session, const ResponseArrived& arrived, TimePoint now);
  void on_info(Session& session, ServerId id, const Message& request, TimePoint now);

  // outside.cpp and registration.cpp
  void on_outside(ServerId id, Message request, const Flow& from, TimePoint now);
  void on_options(ServerId id, const Message& request, TimePoint now);
  void on_outside_response(ResponseArrived arrived, TimePoint now);
  void send_register(Registration& registration, TimePoint now);
  void on_register_response(Registration& registration, const ResponseArrived& arrived, TimePoint now);
  void registration_failed(Registration& registration, int status, const std::string& reason, bool retry,
                           TimePoint now);
  void advance_registration(Registration& registration, TimePoint now);

  Session& create_session(bool incoming, std::string call_id, std::string local_tag);
  /// Where the session's requests go from now on, if they are pinned; whose loss it hears of.
  void follow(Session& session, const Flow& flow);
  void forget_connection(const Session& session);
  Session* touch(SessionId id);  // even when over; its deadline is looked at again in settle()
  Session* session_of(const Message& in_dialog_request);
  void advance_session(Session& session, TimePoint now);
  TimePoint deadline_of(const Session& session) const;
  void sweep(TimePoint now);

  std::uint64_t last_id_ = 0;
  std::unordered_map<SessionId, Session> sessions_;
  std::unordered_map<std::string, SessionId> dialogs_;  // by Call-ID and our tag
  std::unordered_map<ServerId, SessionId> invites_;     // INVITEs and re-INVITEs of theirs not answered yet
  std::unordered_map<RegistrationId, Registration> registrations_;
  std::unordered_map<TransactionHandle, Message> asked_;  // OutOfDialog not answered yet
  std::unordered_map<TransactionHandle, OutsideRequest> outside_;
  std::unordered_map<std::uint64_t, std::unordered_set<SessionId>> by_connection_;
  std::vector<SessionId> touched_;
  TimerQueue<std::uint64_t> timers_;  // sessions and registrations
  Supported supported_;
};

/// The request to send again with credentials; nothing when the challenge cannot be met.
std::optional<Message> meet_challenge(digest::Client* digest, const ResponseArrived& arrived);
std::optional<std::string> sdp_of(const Message& message);  // multipart too
void add_sdp(Message& message, std::string sdp);
/// The `cause` of a Reason header with protocol SIP, or 0.
int sip_cause(std::string_view reason_header);
std::string dialog_key(std::string_view call_id, std::string_view local_tag);

}  // namespace parley::sip
