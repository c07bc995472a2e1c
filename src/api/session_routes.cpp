#include <nlohmann/json.hpp>

#include "api/api.hpp"
#include "api/log_in.hpp"

namespace parley::api {

namespace {

using Json = nlohmann::ordered_json;

/// Names come from the command line: what is no UTF-8 is replaced, not thrown at.
std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

Json user_of(const store::Session& session) {
  if (!session.extension.empty()) return {{"id", session.extension}, {"name", session.user_name}};
  if (session.user_id.empty()) return nullptr;
  return {{"id", session.user_id}, {"name", session.user_name}};
}

/// As the page was asked for: what it reaches us by.
std::string host_of(const net::HttpRequest& request) {
  const auto host = request.header("Host").value_or("");
  const bool plain = host.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_:[]") ==
                     std::string_view::npos;
  return plain && !host.empty() ? std::string{host} : "localhost";
}

std::string without_port(const std::string& host) {
  const auto colon = host.rfind(':');
  return colon == std::string::npos || host.back() == ']' ? host : host.substr(0, colon);
}

net::HttpResponse opened_response(const std::optional<Authentication::Opened>& opened, Json answer) {
  if (!opened) {
    auto full = net::problem(503, "There are too many sessions.");
    return full.with("Retry-After", "60");
  }
  answer["session_id"] = opened->session.id;
  answer["expires_at"] = format_rfc3339(opened->session.expires_at);
  auto response = net::json_response(201, dump(answer));
  return response.with("Set-Cookie", opened->cookie).with("Cache-Control", "no-store");
}

}  // namespace

void Api::add_session_routes(net::HttpRouter& router) {
  add_open(router, "POST", "/api/v1/sessions", &Api::create_session);
  add_open(router, "GET", "/api/v1/sessions", &Api::show_session);
  add_open(router, "DELETE", "/api/v1/sessions", &Api::delete_session);
}

Api::Handled Api::create_session(net::HttpRequest& request) {
  auto log_in = read_log_in(request);
  if (!log_in) co_return std::move(log_in.error());
  if (const auto* admin = std::get_if<AdminLogIn>(&*log_in)) co_return log_in_admin(request, admin->token);
  if (const auto* agent = std::get_if<AgentLogIn>(&*log_in)) co_return log_in_agent(request, *agent);
  auto response = co_await log_in_user(request, std::move(std::get<PinLogIn>(*log_in)));
  co_return response;
}

net::HttpResponse Api::log_in_admin(const net::HttpRequest& request, std::string_view token) {
  const auto now = Clock::now();
  if (auto refusal = authentication_.log_in_refusal(request, "", now)) return std::move(*refusal);
  if (!authentication_.is_admin_token(token)) return authentication_.wrong_log_in(request, "", now);
  return opened_response(authentication_.open(request, {.role = store::Role::admin}, now), {{"role", "admin"}});
}

Api::Handled Api::log_in_user(net::HttpRequest& request, PinLogIn log_in) {
  auto refusal = authentication_.log_in_refusal(request, log_in.user, Clock::now());
  if (refusal) co_return std::move(*refusal);
  auto user = co_await backend_.user_of_pin(log_in.pin, log_in.user);
  if (!user) co_return to_response(user.error());
  // Once more: of many that are tried at the same time, only the first five are told about.
  const auto now = Clock::now();
  refusal = authentication_.log_in_refusal(request, log_in.user, now);
  if (refusal) co_return std::move(*refusal);
  if (!*user) co_return authentication_.wrong_log_in(request, log_in.user, now);

  authentication_.right_log_in(log_in.user);
  const Json who{{"id", (*user)->id}, {"name", (*user)->name}};
  store::NewSession wanted;
  wanted.user_id = std::move((*user)->id);
  wanted.user_name = std::move((*user)->name);
  wanted.credential = std::move((*user)->credential);
  const auto opened = authentication_.open(request, std::move(wanted), now);
  Json answer{{"token", opened ? opened->token : ""}, {"user", who}};
  co_return opened_response(opened, std::move(answer));
}

net::HttpResponse Api::log_in_agent(const net::HttpRequest& request, const AgentLogIn& log_in) {
  const auto now = Clock::now();
  const std::string& extension = log_in.extension;
  if (auto refusal = authentication_.log_in_refusal(request, extension, now)) return std::move(*refusal);
  auto agent = backend_.agent_of_password(extension, log_in.password, client_address(request));
  if (!agent) return to_response(agent.error());
  if (!*agent) return authentication_.wrong_log_in(request, extension, now);

  authentication_.right_log_in(extension);
  const auto role = (*agent)->supervisor ? store::Role::supervisor : store::Role::agent;
  store::NewSession wanted;
  wanted.role = role;
  wanted.extension = extension;
  wanted.user_name = (*agent)->name;
  const auto length = wanted.length;
  const auto opened = authentication_.open(request, std::move(wanted), now);
  Json answer{{"token", opened ? opened->token : ""},
              {"role", store::to_string(role)},
              {"user", {{"id", extension}, {"name", (*agent)->name}}}};
  if (opened) {
    const auto host = host_of(request);
    answer["sip"] = {{"uri", "sip:" + extension + "@" + without_port(host)},
                     {"password", backend_.lend_sip_password(extension, opened->session.id, length)},
                     {"ws_url", (is_https(request) ? "wss://" : "ws://") + host + "/sip"},
                     {"expires_at", format_rfc3339(opened->session.expires_at)}};
  }
  return opened_response(opened, std::move(answer));
}

Api::Handled Api::show_session(net::HttpRequest& request) {
  const auto session = authentication_.look(request, Clock::now());
  const auto to = request.query_value("to").value_or(default_extension);
  const bool may_call = backend_.may_call(to, session, is_proxied(request));
  Json answer{{"role", nullptr},
              {"user", nullptr},
              {"call_id", nullptr},
              {"may_call", may_call},
              {"ice_servers", Json::array()}};
  if (session) {
    answer["role"] = store::to_string(session->role);
    answer["user"] = user_of(*session);
    if (!session->call_id.empty()) answer["call_id"] = session->call_id;
  }
  // TURN credentials are worth money: for those who may call, or come back to their call.
  if (may_call || (session && !session->call_id.empty())) {
    const std::string user = session ? session->user_id : "";
    answer["ice_servers"] =
        Json::parse(ice_servers_json(config_.ice_servers, user, std::chrono::system_clock::now()), nullptr, false);
  }
  auto response = net::json_response(200, dump(answer));
  response.with("Cache-Control", "no-store");
  co_return response;
}

Api::Handled Api::delete_session(net::HttpRequest& request) {
  // A telephone that the page registered ends with the next request that needs the password.
  co_return authentication_.log_out(request, [this](const std::string& id) { backend_.revoke_sip_password(id); });
}

}  // namespace parley::api
