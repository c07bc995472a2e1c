// One INVITE usage: what a call is to SIP. Data only; the procedures that move it are in Stack::Core,
// one file each.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "protocol/sip/dialog.hpp"
#include "protocol/sip/digest.hpp"
#include "protocol/sip/transaction_layer.hpp"

namespace parley::sip {

/// A dialog of a session. An outgoing INVITE that was forked has several until one answers.
struct Branch {
  Dialog dialog;
  std::optional<std::uint32_t> last_rseq;  // of the reliable provisionals that came (RFC 3262 §4)
  bool negotiated = false;                 // a reliable provisional completed offer and answer
};

/// An INVITE of theirs without a final response.
struct PendingInvite {
  ServerId server = 0;
  Message request;
};

/// A reliable 18x of ours that waits for its PRACK, and those that wait for it (RFC 3262 §3).
struct ReliableProvisional {
  std::uint32_t rseq = 0;
  Message response;
  Duration interval{};
  TimePoint resend_at, give_up_at;
  bool carries_sdp = false;
};

/// Our 2xx until its ACK comes (RFC 3261 §13.3.1.4).
struct UnackedSuccess {
  Message response;
  Flow flow;
  Duration interval{};
  TimePoint resend_at, give_up_at;
  bool expects_answer = false;  // we offered in it
  bool initial = false;         // to the INVITE that began the session
};

/// An offer of theirs that the user has not decided about.
struct RemoteOffer {
  OfferPath via{};
  ServerId server = 0;  // to answer; 0 when it came in a reliable provisional
  Message request;      // or the provisional response
  std::size_t branch = 0;
};

/// A re-INVITE or UPDATE of ours without a final response.
struct LocalRequest {
  std::string sdp;
  bool refresh = false;  // by the session timer, not by the user
  bool update = false;
};

struct OfferRetry {
  LocalRequest request;
  TimePoint at;
};

/// RFC 4028.
struct SessionInterval {
  std::chrono::seconds expires{0};
  bool we_refresh = false;
  TimePoint refresh_at = TimePoint::max();
  TimePoint expire_at = TimePoint::max();
};

enum class Phase : std::uint8_t {
  incoming,     // their INVITE without a final response of ours
  inviting,     // our INVITE without a final response of theirs
  established,  // 2xx sent or received
  over,         // Ended went out; goodbyes and retransmissions go on
};

struct Session {
  SessionId id = 0;
  bool incoming = false;
  Phase phase{};
  std::string call_id;
  std::string local_tag;
  std::vector<Branch> branches;
  std::size_t chosen = 0;
  std::size_t requests_pending = 0;  // client transactions that report to this session

  // Where requests go.
  Flow flow;            // what the peer was last heard on, or what the user named
  bool pinned = false;  // requests follow `flow`, not the dialog's next hop: WebSocket, NAT, given flows
  bool flow_lost = false;
  std::optional<NameAddr> contact;
  std::unique_ptr<digest::Client> digest;  // null: no credentials

  // What the peer can do.
  bool peer_updates = false;
  bool peer_has_timer = false;

  // Incoming INVITE
  std::optional<PendingInvite> invite;
  std::optional<ReliableProvisional> provisional;
  std::deque<ReliableProvisional> provisionals_waiting;
  std::uint32_t rseq = 0;
  std::optional<Message> last_provisional;  // repeated each minute so that proxies don't give up
  TimePoint repeat_provisional_at = TimePoint::max();
  std::optional<std::string> deferred_answer;  // answer() came before the PRACK
  std::optional<UnackedSuccess> unacked;
  bool bye_after_ack = false;

  // Outgoing INVITE
  ClientId invite_client = 0;  // our last INVITE or re-INVITE
  Message invite_sent;         // as the user meant it; CSeq and Authorization as last sent
  std::vector<Flow> invite_flows;
  bool cancel_wanted = false;
  TimePoint cancel_given_up_at = TimePoint::max();
  TimePoint ring_until = TimePoint::max();
  std::optional<Message> ack;  // for 2xx retransmissions
  bool ack_wanted = false;     // the user owes the answer to the offer in the 2xx
  std::vector<std::string> hung_up_forks;

  // Offer and answer (RFC 3264, RFC 6337)
  bool negotiated = false;          // one exchange is complete
  bool we_offered = false;          // our first offer waits for its answer
  bool prack_wants_answer = false;  // we offered in a reliable provisional
  std::string local_sdp;            // last of ours: session refreshes repeat it
  std::optional<RemoteOffer> remote_offer;
  std::optional<LocalRequest> local_request;
  std::optional<OfferRetry> retry;
  std::optional<Message> reinvite_ack;

  SessionInterval interval;
  std::uint32_t min_se = 0;  // raised by a 422

  // REFER (RFC 3515)
  std::optional<PendingInvite> refer_received;  // not answered yet
  bool refer_accepted = false;                  // NOTIFYs are owed
  std::uint32_t refer_cseq = 0;                 // the subscription's id
  bool refer_sent = false;                      // NOTIFYs may come

  std::string bye_reason;

  Branch& branch() { return branches[chosen]; }
  Dialog& dialog() { return branches[chosen].dialog; }
};

}  // namespace parley::sip
