// The SIP user agent of one worker: joins the protocol's stack to calls. No sockets and no clock of
// its own: the shell (or a simulation) brings bytes and time.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "audio/codec.hpp"
#include "base/random.hpp"
#include "call/dialler.hpp"
#include "call/profile.hpp"
#include "call/registry.hpp"
#include "legs/media/media_port.hpp"
#include "legs/sip/admission.hpp"
#include "legs/sip/media_policy.hpp"
#include "legs/sip/sip_leg.hpp"
#include "legs/sip/trace.hpp"
#include "protocol/sip/stack.hpp"

namespace parley::legs {

class AgentRegistrar;
class WebRtcEndpoint;

/// The world as the user agent needs it.
class SipWorld {
 public:
  virtual ~SipWorld() = default;
  /// A failure comes back, later, as UserAgent::transport_failed() or connection_lost().
  virtual void send(const sip::Flow& flow, std::string bytes) = 0;
  /// Answered, later, by UserAgent::resolved().
  virtual void resolve(sip::QueryId query, const sip::Uri& target, std::optional<sip::Transport> transport) = 0;
  /// Ports that a peer at `peer` can reach; null when all are taken.
  virtual std::unique_ptr<MediaPort> open_media(const IpAddress& peer) = 0;
  /// Of this worker; null where there is none: then browsers and DTLS are refused.
  virtual WebRtcEndpoint* webrtc() { return nullptr; }
  /// The address to write into SDP and Contact for that peer.
  virtual IpAddress address_towards(const IpAddress& peer) = 0;
  virtual TimePoint now() = 0;
};

struct UserAgentConfig {
  sip::Config stack;
  std::vector<audio::CodecName> codecs;  // best first
  std::chrono::milliseconds media_timeout{30'000};
  MediaPolicies media{};
};

using call::CallProfile;
using call::ProfileOf;

struct DialOptions {
  sip::Uri target;
  std::string from;  // user part or URI; empty: the assistant's name
  call::RouteTarget application;
  std::chrono::milliseconds ring_timeout{30'000};
  std::optional<sip::Credentials> credentials;
  std::string call_id;                 // ours, made by whoever asks
  std::shared_ptr<const void> permit;  // kept for as long as the call's leg
  /// The way to a registered phone, as its REGISTER came; empty: found from `target`. A connection may
  /// be another worker's.
  std::vector<sip::Flow> flows;
  std::optional<SrtpPolicy> srtp{};  // of the trunk or the agent; nothing: of the transport
};
enum class DialError : std::uint8_t {
  full,
  no_port,
  srtp_policy,  // it forbids the media that there is for the target
};

/// A leg for a call that lives already.
struct LegDialling {
  sip::Uri target;
  call::LegOptions leg;
  std::optional<sip::Credentials> credentials;
  std::vector<sip::NameAddr> route;
  std::vector<sip::Flow> flows;  // as DialOptions's
  std::optional<SrtpPolicy> srtp{};
};

class UserAgent {
 public:
  UserAgent(UserAgentConfig config, call::Registry& registry, Admission& admission, ProfileOf profile_of,
            SipWorld& world, Random random);
  ~UserAgent();

  // From the shell
  /// `text` is what `message` was parsed from, for the trace.
  void receive(const sip::Flow& from, sip::Message message, std::string_view text);
  /// What could not be parsed: answered 400 where there is something to answer.
  void receive_text(const sip::Flow& from, std::string_view text);
  void transport_failed(const sip::Flow& flow);
  void connection_lost(std::uint64_t connection);
  void resolved(sip::QueryId query, std::vector<sip::Flow> flows);
  void advance();
  TimePoint deadline() const;
  /// Told whenever deadline() may have moved.
  void on_deadline_moved(std::function<void()> told) { deadline_moved_ = std::move(told); }

  /// Dials out; the call exists from then on, whatever becomes of it. An error: nothing happened.
  std::optional<DialError> dial(DialOptions options);
  /// As call::Dialler::dial().
  Result<std::unique_ptr<call::Leg>, call::DialFailure> dial_leg(LegDialling options, call::LegListener& listener);
  /// Registers with a trunk's registrar and keeps at it.
  sip::RegistrationId register_trunk(sip::RegistrationOptions options);
  /// A request outside any dialog; `done` gets its final response, 408 or 503 made here included.
  void request(sip::RequestOptions options, std::move_only_function<void(const sip::Message&)> done);
  /// REGISTERs go there; without one they get 403. Worker 0's user agent only.
  void serve_registrar(AgentRegistrar& registrar) { registrar_ = &registrar; }
  void refuse_new(std::optional<std::chrono::seconds> retry_after) { stack_.refuse_new(retry_after); }

  TraceStore& traces() { return traces_; }
  const sip::Stack::Counters& counters() const { return stack_.counters(); }
  std::size_t sessions() const { return stack_.sessions(); }
  std::size_t transactions() const { return stack_.transactions(); }
  std::size_t legs() const { return legs_.size(); }
  /// Media that was not genuine, of calls that have ended.
  const GuardedPort::Counters& refused_media() const { return refused_media_; }

  // From its legs
  TimePoint now() { return world_.now(); }
  void attach(sip::SessionId session, SipLeg& leg) { legs_[session] = &leg; }
  void detach(sip::SessionId session) { legs_.erase(session); }
  void count(const GuardedPort::Counters& refused);
  void ring(sip::SessionId session);
  void answer(sip::SessionId session, std::string sdp);
  /// `reply` is for a session that was not answered; the Reason header for one that was.
  void hang_up(sip::SessionId session, sip::Reply reply, std::string reason_header);
  void accept_offer(sip::SessionId session, std::string sdp);
  void refuse_offer(sip::SessionId session, std::string reason);

 private:
  // One for each output of the stack
  void on(sip::Stack::Send& send);
  void on(sip::Stack::Resolve& resolve);
  void on(sip::Stack::Incoming& incoming);
  void on(sip::Stack::Progress& progress);
  void on(sip::Stack::Answered& answered);
  void on(sip::Stack::Acknowledged& acknowledged);
  void on(sip::Stack::OfferReceived& offer);
  void on(sip::Stack::AnswerReceived& answer);
  void on(sip::Stack::OfferRefused& refused);
  void on(sip::Stack::ReferReceived& refer);
  void on(sip::Stack::ReferProgress& progress);
  void on(sip::Stack::DtmfReceived& dtmf);
  void on(sip::Stack::FlowLost& lost);
  void on(sip::Stack::Ended& ended);
  void on(sip::Stack::OutOfDialog& request);
  void on(sip::Stack::Response& response);
  void on(sip::Stack::Registered& registered);
  void on(sip::Stack::RegistrationFailed& failed);
  void on(sip::Stack::Unregistered& unregistered);

  void flush();
  SipLeg* leg_of(sip::SessionId session);
  void reject(sip::SessionId session, sip::Reply reply);
  void trace(bool sent, const sip::Flow& flow, std::string_view call_id, std::string text);
  struct MediaPlan {
    MediaKind kind = MediaKind::rtp;
    MediaPolicy policy{};
    audio::Rate rate = audio::Rate::narrow;
    std::string call_id;
  };
  /// The error: as a 488 says it; empty when no port is free.
  Result<std::unique_ptr<SipMedia>, std::string> make_media(const MediaPlan& plan, const IpAddress& peer);
  /// Makes it, and its answer where there is an offer; or answers the INVITE with the refusal.
  std::unique_ptr<SipMedia> media_for(const sip::Stack::Incoming& incoming, const MediaPlan& plan);
  /// An INVITE that is not sent yet, and its leg.
  Result<std::unique_ptr<SipLeg>, DialError> make_outbound(sip::InviteOptions invite, MediaPlan plan,
                                                           std::optional<SrtpPolicy> srtp,
                                                           std::shared_ptr<const void> permit = {});

  UserAgentConfig config_;
  call::Registry& registry_;
  Admission& admission_;
  ProfileOf profile_of_;
  SipWorld& world_;
  sip::Stack stack_;
  TraceStore traces_;
  std::unordered_map<sip::SessionId, SipLeg*> legs_;  // each erases itself
  std::unordered_map<sip::TransactionHandle, std::move_only_function<void(const sip::Message&)>> asked_;
  std::function<void()> deadline_moved_;
  Random random_;
  std::deque<std::string> dialled_;  // calls of ours whose INVITEs are about to be sent
  AgentRegistrar* registrar_ = nullptr;
  GuardedPort::Counters refused_media_;
  bool flushing_ = false;
};

}  // namespace parley::legs
