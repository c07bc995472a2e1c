// What the API asks of the program. The routes decode and check; this decides and acts.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/endpoint.hpp"
#include "base/result.hpp"
#include "net/http_message.hpp"
#include "store/session/sessions.hpp"

namespace parley::api {

/// Why not, as the caller of the API is told: 404 no such call, 409 wrong state, 422, 429, 503…
struct Refusal {
  Refusal(int code, std::string why) : status{code}, detail{std::move(why)} {}
  int status;
  std::string detail;
  std::vector<net::FieldError> errors;
  std::optional<int> retry_after_seconds;  // for 429 and 503
};

template <class T>
using Reply = boost::asio::awaitable<Result<T, Refusal>>;

struct CallFilter {
  std::size_t limit = 50;
  std::string cursor;                                                 // as `next_cursor` said; empty: the newest
  std::string state, from, to, assistant, since, until, external_id;  // empty: all; times RFC 3339
};

struct Origination {
  std::string to, from, assistant;
  std::string context = "{}";  // a JSON object
  std::optional<std::int64_t> ring_timeout_ms;
};

/// Where a caller is to go.
struct TransferOrder {
  std::string to;    // empty: where the assistant's configuration says
  std::string mode;  // `blind`, `warm`; empty: as configured
  std::string reason;
  std::optional<std::int64_t> timeout_ms;
  bool by_caller = false;  // who may go to the configured place only
};

/// About a call, of one author.
struct Note {
  std::string author, text, disposition;
};

enum class RecordingFormat : std::uint8_t { wav, mp3 };

/// Of the user table.
struct User {
  std::string id, name;
  std::string credential;  // tells one PIN of theirs from the next
};

/// An agent who has proven to be one.
struct AgentUser {
  std::string extension, name;
  bool supervisor = false;
};

/// A browser's offer to begin a call, and who makes it.
struct WebRtcOffer {
  // Not an aggregate, as HttpResponse is none: GCC 12 destroys those twice in expressions with co_await.
  WebRtcOffer(std::string description, std::string extension, std::optional<store::Session> of, bool by_proxy)
      : sdp{std::move(description)}, to{std::move(extension)}, session{std::move(of)}, proxied{by_proxy} {}
  std::string sdp, to;
  std::optional<store::Session> session;
  bool proxied;
};

struct WebRtcAnswer {
  WebRtcAnswer(std::string description, std::string call, std::string generation)
      : sdp{std::move(description)}, call_id{std::move(call)}, ice_session{std::move(generation)} {}
  std::string sdp, call_id;
  std::string ice_session;  // the generation of ICE's credentials: WHIP's entity tag
};

/// A fragment that came (RFC 8840), for the ICE session that it names; for whichever there is when it names none.
struct Trickle {
  Trickle(std::string text, std::optional<std::string> generation)
      : fragment{std::move(text)}, ice_session{std::move(generation)} {}
  std::string fragment;
  std::optional<std::string> ice_session;
};

/// Ours; the fragment is empty unless ICE restarts.
struct TrickleAnswer {
  TrickleAnswer(std::string text, std::string generation)
      : fragment{std::move(text)}, ice_session{std::move(generation)} {}
  std::string fragment, ice_session;
};

struct Readiness {
  std::string status = "ready";  // or `draining`, `degraded`
  std::vector<std::string> reasons;
};

/// Functions are called on the worker that serves the request, and resume there. Arguments go by
/// value, because a coroutine may outlive what the caller named. `id` is whatever stood in the path:
/// not checked to be a call's.
class Backend {
 public:
  virtual ~Backend() = default;

  /// Without waiting; from any worker.
  virtual std::size_t active_calls() const = 0;
  virtual Readiness readiness() const = 0;
  /// Whether an offer to `to` would be let in: without a session, a stranger's. Without waiting; from any worker.
  virtual bool may_call(std::string_view to, const std::optional<store::Session>& session, bool proxied) const = 0;

  /// `{"calls":[…],"next_cursor":…}`
  virtual Reply<std::string> list_calls(CallFilter filter) = 0;
  /// A Call with `transcript`, `legs`, `events`.
  virtual Reply<std::string> show_call(std::string id) = 0;
  /// The Call that was begun.
  virtual Reply<std::string> originate(Origination request) = 0;
  virtual Reply<void> hang_up(std::string id) = 0;
  virtual Reply<void> say(std::string id, std::string text, bool interrupt) = 0;
  virtual Reply<void> input(std::string id, std::string text) = 0;
  /// The address is not yet checked: fetch it with the guard against private ones.
  virtual Reply<void> play_url(std::string id, std::string url) = 0;
  /// A relative path without `..`, of the media folder.
  virtual Reply<void> play_file(std::string id, std::string file) = 0;
  virtual Reply<void> dtmf(std::string id, std::string digits) = 0;
  virtual Reply<void> hold(std::string id, bool on) = 0;
  /// `{"transfer_id"}`; how it goes on is told by events.
  virtual Reply<std::string> transfer(std::string id, TransferOrder order) = 0;
  virtual Reply<void> cancel_transfer(std::string id, bool by_caller) = 0;
  virtual Reply<void> hand_back(std::string id, std::string note) = 0;
  /// `{"leg_id"}` of the party that is dialled.
  virtual Reply<std::string> add_leg(std::string id, std::string to) = 0;
  /// Takes the place of an earlier one by the same author.
  virtual Reply<void> put_note(std::string id, Note note) = 0;
  virtual Reply<void> pause_recording(std::string id, bool paused) = 0;
  virtual Reply<std::filesystem::path> recording(std::string id, RecordingFormat format) = 0;
  /// Whose PIN it is: of `user` (an id or a name) or, when that is empty, of anyone. Nothing when it
  /// is nobody's. Takes tens of milliseconds, right or wrong.
  virtual Reply<std::optional<User>> user_of_pin(std::string pin, std::string user) = 0;
  /// Whether it is this agent's password; nothing when it is not. 429 after too many wrong ones, those of
  /// telephones included. Without waiting, as are the other functions about agents but set_presence().
  virtual Result<std::optional<AgentUser>, Refusal> agent_of_password(const std::string& extension,
                                                                      const std::string& password,
                                                                      const IpAddress& from) = 0;
  /// A password for the SIP telephone of the agent's page, good for as long as the session.
  virtual std::string lend_sip_password(const std::string& extension, const std::string& session_id,
                                        std::chrono::seconds length) = 0;
  virtual void revoke_sip_password(const std::string& session_id) = 0;
  /// `{"agents":[…]}`
  virtual std::string list_agents() const = 0;
  /// Whether the agent is in this call, or was lately.
  virtual bool agent_has_call(std::string_view extension, std::string_view call_id) const = 0;
  /// 404 for no such agent, 422 for what nobody can choose to be.
  virtual Reply<void> set_presence(std::string extension, std::string presence) = 0;
  virtual Reply<WebRtcAnswer> webrtc_offer(WebRtcOffer offer) = 0;
  /// For a call in progress: 404 when there is none such any more.
  virtual Reply<WebRtcAnswer> webrtc_offer_again(std::string id, std::string sdp) = 0;
  /// 412 when it names another ICE session than the present one.
  virtual Reply<TrickleAnswer> webrtc_trickle(std::string id, Trickle trickle) = 0;
  /// The caller ends it, by the page.
  virtual Reply<void> webrtc_hang_up(std::string id) = 0;
  /// The messages as text, or as a pcap file.
  virtual Reply<std::string> sip_trace(std::string id, bool pcap) = 0;
};

}  // namespace parley::api
