// The HTTP API, version 1: routes over a Backend and an EventHub.
#pragma once

#include <functional>
#include <string>

#include "api/authentication.hpp"
#include "api/backend.hpp"
#include "api/ice_servers.hpp"
#include "api/log_in.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "net/http_router.hpp"

namespace parley::call {
class EventHub;
}
namespace parley::net {
class Workers;
}
namespace parley::observe {
class Metrics;
}

namespace parley::api {

struct ApiConfig {
  std::string admin_token;  // empty: none
  std::vector<ApiKey> keys;
  std::vector<IceServer> ice_servers;
  std::string sip_address;  // shown on the page: `sip:1000@192.0.2.1:5060`
};

/// A problem document.
net::HttpResponse to_response(const Refusal& refusal);

/// Outlives the server that its routes are given to.
class Api {
 public:
  Api(ApiConfig config, Backend& backend, call::EventHub& events, observe::Metrics& metrics, net::Workers& workers,
      store::Sessions& sessions);

  void add_routes(net::HttpRouter& router);
  Authentication& authentication() { return authentication_; }

 private:
  using Handled = boost::asio::awaitable<net::HttpResponse>;
  using Member = Handled (Api::*)(net::HttpRequest&);
  static constexpr std::string_view default_extension = "1000";  // what is called where none is named

  /// A route for those who have `access`; `member` sees their requests only.
  void add(net::HttpRouter& router, std::string_view method, std::string_view pattern, Access access, Member member);
  void add_open(net::HttpRouter& router, std::string_view method, std::string_view pattern, Member member);
  Handled authenticated(net::HttpRequest& request, Access access, Member member);
  /// Nothing when the request may; else the answer.
  std::optional<net::HttpResponse> refuse(const net::HttpRequest& request, Access access);

  void add_service_routes(net::HttpRouter& router);
  Handled health(net::HttpRequest& request);
  Handled ready(net::HttpRequest& request);
  Handled metrics(net::HttpRequest& request);
  Handled openapi(net::HttpRequest& request);

  void add_session_routes(net::HttpRouter& router);
  Handled create_session(net::HttpRequest& request);
  Handled show_session(net::HttpRequest& request);
  Handled delete_session(net::HttpRequest& request);
  net::HttpResponse log_in_admin(const net::HttpRequest& request, std::string_view token);
  Handled log_in_user(net::HttpRequest& request, PinLogIn log_in);
  net::HttpResponse log_in_agent(const net::HttpRequest& request, const AgentLogIn& log_in);

  void add_agent_routes(net::HttpRouter& router);
  Handled list_agents(net::HttpRequest& request);
  Handled set_presence(net::HttpRequest& request);
  Subject subject_of(const store::Session& session, std::string_view call_id, std::string_view extension) const;

  void add_call_routes(net::HttpRouter& router);
  void add_transfer_routes(net::HttpRouter& router);
  Handled list_calls(net::HttpRequest& request);
  Handled originate(net::HttpRequest& request);
  Handled show_call(net::HttpRequest& request);
  Handled hang_up(net::HttpRequest& request);
  Handled say(net::HttpRequest& request);
  Handled input(net::HttpRequest& request);
  Handled play(net::HttpRequest& request);
  Handled dtmf(net::HttpRequest& request);
  Handled hold(net::HttpRequest& request);
  Handled pause_recording(net::HttpRequest& request);
  Handled transfer(net::HttpRequest& request);
  Handled cancel_transfer(net::HttpRequest& request);
  Handled hand_back(net::HttpRequest& request);
  Handled add_leg(net::HttpRequest& request);
  Handled put_note(net::HttpRequest& request);
  bool is_caller(const net::HttpRequest& request);
  Handled recording(net::HttpRequest& request);
  Handled sip_trace(net::HttpRequest& request);

  void add_webrtc_routes(net::HttpRouter& router);
  Handled webrtc_offer(net::HttpRequest& request);
  Handled offer_again(store::Session session, std::string token, std::string sdp);
  Handled webrtc_patch(net::HttpRequest& request);
  Handled webrtc_hang_up(net::HttpRequest& request);
  Handled whip(net::HttpRequest& request);
  Handled whip_patch(net::HttpRequest& request);
  Handled whip_hang_up(net::HttpRequest& request);
  /// `ice_session`: the only one that the fragment is meant for; nothing: whichever there is.
  Handled trickle(net::HttpRequest& request, std::string call_id, std::optional<std::string> ice_session);
  /// The call of the session whose token is the last part of a WHIP resource's path; empty: there is none.
  std::string whip_call(const net::HttpRequest& request);

  void add_event_routes(net::HttpRouter& router);
  Handled events(net::HttpRequest& request, net::WebSocketUpgrade& upgrade);

  const ApiConfig config_;
  Backend& backend_;
  call::EventHub& events_;
  observe::Metrics& metrics_;
  net::Workers& workers_;
  Authentication authentication_;
  const TimePoint started_ = Clock::now();
};

}  // namespace parley::api
