#include "app/browser_admission.hpp"

namespace parley::app {
namespace {

call::RouteTarget target_of(const RouteConfig& route) {
  using Kind = call::RouteTarget::Kind;
  if (!route.assistant.empty()) return {.kind = Kind::assistant, .assistant = route.assistant};
  if (!route.extension.empty()) return {.kind = Kind::extension, .extension = route.extension};
  if (route.application == "echo") return {.kind = Kind::echo};
  if (route.application == "tone") return {.kind = Kind::tone};
  if (route.application == "dictation") return {.kind = Kind::dictation};
  return {.kind = Kind::listener};
}

/// A caller without a user has a session for one call to an open extension, and no more.
bool is_logged_in(const store::Session& session) {
  return session.role != store::Role::caller || !session.user_id.empty();
}

std::string name_of(const std::optional<store::Session>& session) {
  if (!session || !is_logged_in(*session)) return "browser";
  return session->user_name.empty() ? std::string{to_string(session->role)} : session->user_name;
}

std::unexpected<api::Refusal> refuse(int status, std::string detail) {
  return std::unexpected(api::Refusal{status, std::move(detail)});
}

}  // namespace

std::vector<call::Route> call_routes(const Config& config) {
  std::vector<call::Route> routes;
  for (const auto& route : config.routes)
    routes.push_back({.to = route.to, .from = route.from, .target = target_of(route), .open = route.open});
  return routes;
}

call::Identity identity_of(const std::optional<store::Session>& session) {
  if (!session || session->user_id.empty()) return {};
  return {call::IdentityLevel::verified, session->user_id, session->user_name};
}

Result<BrowserCall, api::Refusal> BrowserAdmission::judge(std::string_view to,
                                                          const std::optional<store::Session>& session,
                                                          bool proxied) const {
  auto from = name_of(session);
  const auto* route = call::find_route(routes_, {.to = to, .from = from, .trunk = ""});
  if (route == nullptr) return refuse(404, "There is no such extension.");
  const bool logged_in = session && is_logged_in(*session);
  if (logged_in && session->role == store::Role::monitor) return refuse(403, "A monitor may read, and not call.");
  if (!logged_in && !route->open) return refuse(401, "This extension asks for a log-in: POST /api/v1/sessions.");
  if (!logged_in && proxied)
    return refuse(403, "Through a proxy, open extensions take calls only after a log-in: POST /api/v1/sessions.");
  return BrowserCall{route->target, std::move(from), identity_of(session)};
}

}  // namespace parley::app
