// The SIP user agent of one worker: transactions, dialogs, sessions and registrations
// (RFC 3261, 3262, 3263, 3311, 3515, 3581, 3891, 4028, 6026).
//
// Bytes, time and commands in; bytes and events out. After every input or command drain poll(),
// then arm a timer for deadline(). Nothing here blocks, throws or reads a clock.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/random.hpp"
#include "base/time.hpp"
#include "protocol/sip/flow.hpp"
#include "protocol/sip/message.hpp"
#include "protocol/sip/timers.hpp"

namespace parley::sip {

using SessionId = std::uint64_t;          // one INVITE usage, from Incoming or invite() to Ended
using TransactionHandle = std::uint64_t;  // a request outside any dialog, either way
using RegistrationId = std::uint64_t;
using QueryId = std::uint64_t;

struct Credentials {
  std::string user;
  std::string password;
};

struct HostPort {
  std::string host;
  std::uint16_t port = 0;  // 0: the transport's default
};

struct Config {
  int worker = 0;  // 0–255: marks every tag, branch and Call-ID that we make
  /// What Via and Contact say, by Transport. An empty host: that transport is not ours.
  std::array<HostPort, transport_count> sent_by{};
  std::string contact_user = "parley";
  std::string user_agent = "parley";
  /// `urn:uuid:…`, the same after every start: registrations over connections then ask to be reached by theirs
  /// (RFC 5626 §4.2). Empty: they don't.
  std::string instance;
  Timers timers{};

  struct Limits {
    std::size_t sessions = 2'000;         // more: 503 with Retry-After
    std::size_t transactions = 100'000;   // server and client together; more: requests are dropped, counted
    std::size_t dialogs_per_invite = 16;  // forks whose early dialogs are followed
    std::size_t registrations = 1'000;
    std::chrono::seconds retry_after{10};
  } limits{};

  struct SessionTimer {
    bool enabled = true;
    std::chrono::seconds min_se{90};
    std::chrono::seconds expires{1800};
  } session_timer{};

  /// Send 18x reliably (RFC 3262) whenever the caller supports it, not only when it requires it.
  bool reliable_provisional = false;
  /// Methods outside a dialog that the user wants as OutOfDialog. OPTIONS is answered here, INVITE
  /// is a session, and the rest gets 405 (known) or 501.
  std::vector<std::string> delivered_methods{"REGISTER", "MESSAGE"};
  /// How long the user may take over an OutOfDialog, an offer or a REFER before it is answered 500.
  Duration answer_within = 20s;
};

struct InviteOptions {
  Uri target;                        // the Request-URI
  NameAddr from;                     // the tag is ours to add
  std::optional<NameAddr> to;        // default: the target
  std::optional<NameAddr> contact;   // default: contact_user at sent_by of the transport
  std::optional<std::string> offer;  // nothing: the 2xx brings one, answer it with ack_answer()
  std::vector<HeaderField> headers;  // Replaces, P-Asserted-Identity, X-…
  std::vector<NameAddr> route;       // an outbound proxy or a Path, first hop first
  std::vector<Flow> flows;           // where to send it, best first; empty: a Resolve is asked
  std::optional<Credentials> credentials;
  Duration ring_timeout = 3min;  // without a final response until then it is cancelled
};

struct RegistrationOptions {
  Uri registrar;
  NameAddr aor;
  std::optional<NameAddr> contact;
  std::optional<Credentials> credentials;
  std::chrono::seconds expires{300};
  std::vector<NameAddr> route;
  std::vector<Flow> flows;
};

/// A request outside any dialog: OPTIONS to a trunk, MESSAGE, NOTIFY.
struct RequestOptions {
  std::string method;
  Uri target;
  NameAddr from;
  std::optional<NameAddr> to;
  std::vector<HeaderField> headers;
  std::string body;
  std::vector<NameAddr> route;
  std::vector<Flow> flows;
  std::optional<Credentials> credentials;
};

/// A final response of the user's own making.
struct Reply {
  int status = 500;
  std::string reason;                // empty: the standard phrase
  std::vector<HeaderField> headers;  // Retry-After, WWW-Authenticate, Contact, Content-Type …
  std::string body;
};

/// Names a dialog from the outside: Replaces (RFC 3891) as its header or a Refer-To writes it.
struct Replaces {
  std::string call_id;
  std::string to_tag;
  std::string from_tag;
  bool early_only = false;

  static std::optional<Replaces> parse(std::string_view text);
  std::string to_string() const;
};

enum class EndReason : std::uint8_t {
  bye,              // the far end hung up
  cancel,           // the caller gave up before we answered
  rejected,         // our INVITE got a final error: status says which
  timeout,          // nothing came back
  transport,        // nowhere to send to, or the connection broke before the call was up
  session_expired,  // RFC 4028: the refresh did not come or was not answered
  replaced,         // an INVITE with Replaces took its place
  protocol,         // the far end broke a rule that we cannot go on without (no ACK, no PRACK, no answer)
  local,            // bye(), cancel() or reject()
};

enum class OfferPath : std::uint8_t { reinvite, update, prack, provisional };

class Stack {
 public:
  // ---- outputs -------------------------------------------------------------------------------
  struct Send {
    Flow flow;
    std::string bytes;
    std::string call_id;  // for the trace
  };
  /// Where is this (RFC 3263)? Answer with resolved(), even with nothing. Never asked for literal
  /// addresses that name a port or a transport of ours.
  struct Resolve {
    QueryId query;
    Uri target;
    std::optional<Transport> transport;  // what the URI asks for, or the dialog used before
  };
  /// An INVITE; 100 went out. Ask ring(), answer() or reject().
  struct Incoming {
    SessionId session;
    Message invite;
    Flow from;
    std::optional<std::string> offer;  // nothing: answer() carries our offer
    std::optional<Replaces> replaces;
  };
  struct Progress {
    SessionId session;
    int status;                      // 101–199
    std::optional<std::string> sdp;  // early media: an answer, or its preview when not reliable
    Message response;
  };
  /// 2xx to our INVITE, acknowledged already unless `sdp` is an offer: then ack_answer() does it.
  struct Answered {
    SessionId session;
    std::optional<std::string> sdp;  // nothing when a reliable provisional brought the answer
    bool is_offer;
    Message response;
  };
  /// Our 2xx was acknowledged.
  struct Acknowledged {
    SessionId session;
    std::optional<std::string> answer;  // to the offer in our 2xx
  };
  /// Answer with accept_offer() or refuse_offer().
  struct OfferReceived {
    SessionId session;
    std::optional<std::string> sdp;  // nothing: a re-INVITE that wants our offer
    OfferPath via;
  };
  struct AnswerReceived {
    SessionId session;
    std::string sdp;
  };
  /// Our offer() failed and the session goes on as it was.
  struct OfferRefused {
    SessionId session;
    int status;
    std::string reason;
  };
  /// Answer with accept_refer() or refuse_refer(); after that report with notify_refer().
  struct ReferReceived {
    SessionId session;
    Uri refer_to;  // without the embedded Replaces
    std::optional<Replaces> replaces;
    std::string referred_by;  // as on the wire, empty when absent
  };
  /// How the REFER that we sent goes on: 100–199 trying, 200 done, else failed.
  struct ReferProgress {
    SessionId session;
    int status;
    std::string reason;
    bool final;
  };
  struct DtmfReceived {
    SessionId session;
    char digit;  // 0–9 * # A–D
    std::chrono::milliseconds duration;
  };
  /// The connection that the session's requests travelled on is gone and, being a WebSocket, cannot
  /// be opened from here. A request of the far end may bring a new one; bye() when tired of waiting.
  struct FlowLost {
    SessionId session;
  };
  /// Always a session's last output.
  struct Ended {
    SessionId session;
    EndReason reason;
    int status;        // of the final response, the Reason header's SIP cause, or 0
    std::string text;  // reason phrase or Reason header
  };
  /// Answer with respond().
  struct OutOfDialog {
    TransactionHandle handle;
    Message request;
    Flow from;
  };
  /// The end of a request(): a final response, or 408/503 made here with an empty Via.
  struct Response {
    TransactionHandle handle;
    Message response;
  };
  struct Registered {
    RegistrationId registration;
    std::chrono::seconds expires;
    Message response;  // Service-Route, P-Associated-URI …
  };
  /// Tried again after `retry_in`; 0: not until the configuration changes (wrong password, 403, 404).
  struct RegistrationFailed {
    RegistrationId registration;
    int status;
    std::string reason;
    std::chrono::seconds retry_in;
  };
  /// The last output of a registration, after unregister().
  struct Unregistered {
    RegistrationId registration;
  };
  using Output = std::variant<Send, Resolve, Incoming, Progress, Answered, Acknowledged, OfferReceived, AnswerReceived,
                              OfferRefused, ReferReceived, ReferProgress, DtmfReceived, FlowLost, Ended, OutOfDialog,
                              Response, Registered, RegistrationFailed, Unregistered>;

  Stack(Config config, Random random, TimePoint now);
  ~Stack();
  Stack(Stack&&) noexcept;
  Stack& operator=(Stack&&) noexcept;

  // ---- inputs --------------------------------------------------------------------------------
  void receive(const Flow& from, Message message, TimePoint now);
  /// Parses first; what cannot be parsed is answered 400 where there is something to answer.
  void receive(const Flow& from, std::string_view text, TimePoint now);
  /// A Send by this flow could not be done: unreachable, connection refused, or the connection that
  /// was opened for `connection == 0` broke.
  void transport_failed(const Flow& flow, TimePoint now);
  void connection_lost(std::uint64_t connection, TimePoint now);
  /// Best first; the next is tried when one fails (RFC 3263 §4.3). Empty: not to be found.
  void resolved(QueryId query, std::vector<Flow> flows, TimePoint now);
  void advance(TimePoint now);
  std::optional<Output> poll();
  TimePoint deadline() const;  // TimePoint::max() when only the peer can act

  // ---- sessions: incoming ----------------------------------------------------------------------
  // A command to a session that is over or not in that state does nothing and returns false:
  // the far end may have hung up while it was on its way.
  /// 180, 183 … `reliable` asks for RFC 3262 where the caller supports it.
  bool ring(SessionId session, int status, std::optional<std::string> sdp, bool reliable, TimePoint now);
  /// 200. The SDP is left out where a reliable provisional carried the answer.
  bool answer(SessionId session, std::string sdp, TimePoint now);
  /// A final error, or a 3xx with its Contact among the headers. Ended{local} follows.
  bool reject(SessionId session, Reply reply, TimePoint now);

  // ---- sessions: outgoing ----------------------------------------------------------------------
  /// Fails only through Ended, so that there is one way to handle it.
  SessionId invite(InviteOptions options, TimePoint now);
  /// The answer to the offer in Answered.
  bool ack_answer(SessionId session, std::string sdp, TimePoint now);

  // ---- sessions: both --------------------------------------------------------------------------
  /// Ends the session in the way its state asks for: BYE, CANCEL or 603/480. Ended{local} follows at
  /// once; retransmissions, late answers and crossing requests are dealt with below it.
  bool bye(SessionId session, TimePoint now, std::string reason_header = {});
  bool cancel(SessionId session, TimePoint now) { return bye(session, now); }
  /// A new offer: UPDATE before the answer, re-INVITE after it. False while another is under way.
  bool offer(SessionId session, std::string sdp, TimePoint now);
  bool accept_offer(SessionId session, std::string sdp, TimePoint now);
  bool refuse_offer(SessionId session, int status, std::string reason, TimePoint now);
  bool refer(SessionId session, const Uri& target, std::optional<Replaces> replaces, TimePoint now);
  bool accept_refer(SessionId session, TimePoint now);
  bool refuse_refer(SessionId session, int status, std::string reason, TimePoint now);
  /// A NOTIFY with message/sipfrag; `final` ends the subscription.
  bool notify_refer(SessionId session, int status, std::string reason, bool final, TimePoint now);
  bool info_dtmf(SessionId session, char digit, std::chrono::milliseconds duration, TimePoint now);
  /// The Contact of this session from now on, where the default would not reach us (NAT).
  bool set_contact(SessionId session, NameAddr contact);
  /// For digest challenges to our requests in an incoming session.
  bool set_credentials(SessionId session, Credentials credentials);
  /// How the far end would name this session in Replaces: its tag is to_tag, ours from_tag.
  std::optional<Replaces> replaces_for(SessionId session) const;
  /// The session that an incoming Replaces means, where it is ours.
  std::optional<SessionId> find(const Replaces& replaces) const;

  // ---- outside dialogs -------------------------------------------------------------------------
  bool respond(TransactionHandle handle, Reply reply, TimePoint now);
  TransactionHandle request(RequestOptions options, TimePoint now);
  RegistrationId register_(RegistrationOptions options, TimePoint now);
  /// Takes the binding back; Unregistered follows, whatever the registrar says.
  bool unregister(RegistrationId registration, TimePoint now);
  /// Draining or overloaded: new INVITEs and OPTIONS get 503 with this Retry-After. Nothing: open again.
  void refuse_new(std::optional<std::chrono::seconds> retry_after);

  // ---- for metrics -----------------------------------------------------------------------------
  struct Counters {
    std::uint64_t parsed_bad = 0;
    std::uint64_t requests_received = 0;
    std::uint64_t responses_received = 0;
    std::uint64_t stray_responses = 0;
    std::uint64_t stray_acks = 0;
    std::uint64_t unknown_dialogs = 0;  // answered 481
    std::uint64_t retransmissions_sent = 0;
    std::uint64_t retransmissions_received = 0;
    std::uint64_t transaction_timeouts = 0;
    std::uint64_t transport_failures = 0;
    std::uint64_t refused_overload = 0;  // 503 for a full table or refuse_new()
    std::uint64_t dropped_overload = 0;
    std::uint64_t glares = 0;      // 491 either way
    std::uint64_t late_forks = 0;  // 2xx that were acknowledged and hung up
  };
  const Counters& counters() const;
  std::size_t sessions() const;  // not Ended yet
  std::size_t transactions() const;

 private:
  class Core;
  std::unique_ptr<Core> core_;
};

/// The worker whose stack a message is for: by the To tag of a request inside a dialog, by our Via
/// branch of a response. Nothing when neither is of our making: any worker may take it.
std::optional<int> worker_of(const Message& message);

}  // namespace parley::sip
