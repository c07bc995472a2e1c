#include "api/authentication.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.hpp"

namespace parley::api {
namespace {

/// A household has an IPv6 /64 to itself.
std::string key_of(const IpAddress& address) {
  const auto& bytes = address.bytes();
  return {reinterpret_cast<const char*>(bytes.data()), address.is_v6() ? 8u : 4u};
}

std::string address_key(const net::HttpRequest& request) { return "address " + key_of(client_address(request)); }

std::string user_key(std::string_view user) {
  std::string key = "user ";
  for (const char c : user) key += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return key;
}

net::HttpResponse too_many(std::string_view detail, Duration wait) {
  auto response = net::problem(429, detail);
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait).count();
  response.with("Retry-After", std::to_string(std::max<std::int64_t>(1, seconds)));
  return response;
}

net::HttpResponse unauthorized(std::string_view detail) {
  auto response = net::problem(401, detail);
  response.with("WWW-Authenticate", "Bearer realm=\"parley\"");
  return response;
}

net::HttpResponse foreign_origin() {
  return net::problem(403, "A request with a cookie that changes something needs an Origin of this site.");
}

std::string set_cookie(const net::HttpRequest& request, std::string_view value, std::chrono::seconds length) {
  return fmt::format("{}={}; Path=/; HttpOnly; SameSite=Strict{}; Max-Age={}", Authentication::cookie_name, value,
                     is_https(request) ? "; Secure" : "", length.count());
}

}  // namespace

std::optional<Duration> AttemptLimit::blocked(const IpAddress& from, TimePoint now) const {
  const auto place = tries_.find(key_of(from));
  if (place == tries_.end() || place->second.count < attempts_) return std::nullopt;
  const Duration rest = place->second.first + window_ - now;
  return rest > 0s ? std::optional{rest} : std::nullopt;
}

void AttemptLimit::failed(const IpAddress& from, TimePoint now) {
  if (tries_.size() >= 10'000)
    std::erase_if(tries_, [&](const auto& entry) { return now - entry.second.first >= window_; });
  if (tries_.size() >= 10'000) tries_.clear();  // more addresses than a window should see: begin anew rather than grow
  Tries& tries = tries_[key_of(from)];
  if (tries.count == 0 || now - tries.first >= window_) tries = {0, now};
  ++tries.count;
}

bool allows(const store::Session& session, Access access, const Subject& subject) {
  using store::Role;
  const bool own = session.role == Role::caller && !subject.call_id.empty() && session.call_id == subject.call_id;
  const bool admin = session.role == Role::admin, supervisor = session.role == Role::supervisor;
  const bool reads = admin || supervisor || session.role == Role::monitor;
  switch (access) {
    case Access::admin: return admin;
    case Access::read: return reads;
    case Access::read_own: return reads || own || (session.role == Role::agent && subject.agents_call);
    case Access::act_own: return admin || own;
    case Access::agents: return reads || session.role == Role::agent;
    case Access::own_name:
      return admin || supervisor || (session.role == Role::agent && session.extension == subject.extension);
  }
  return false;
}

Authentication::Authentication(std::string admin_token, std::vector<ApiKey> keys, store::Sessions& sessions)
    : admin_token_{std::move(admin_token)}, keys_{std::move(keys)}, sessions_{sessions} {}

bool Authentication::is_admin_token(std::string_view token) const {
  return !admin_token_.empty() && same_secret(token, admin_token_);
}

std::optional<store::Session> Authentication::by_key(std::string_view token) const {
  store::Session session;
  bool found = is_admin_token(token);
  session.role = store::Role::admin;
  for (const ApiKey& key : keys_) {  // all of them, whichever it is
    if (!same_secret(token, key.key)) continue;
    session.role = key.role;
    found = true;
  }
  return found ? std::optional{std::move(session)} : std::nullopt;
}

Result<store::Session, net::HttpResponse> Authentication::by_token(const net::HttpRequest& request,
                                                                   std::string_view token, TimePoint now) {
  const auto address = client_address(request);
  {
    const std::lock_guard lock{mutex_};
    if (const auto wait = token_attempts_.blocked(address, now))
      return std::unexpected(too_many("Too many wrong credentials came from this address.", *wait));
  }
  if (auto session = by_key(token)) return std::move(*session);
  if (auto session = sessions_.find(token, now)) return std::move(*session);
  const std::lock_guard lock{mutex_};
  token_attempts_.failed(address, now);
  return std::unexpected(unauthorized("The credentials are not valid."));
}

Result<std::optional<store::Session>, net::HttpResponse> Authentication::session_of(const net::HttpRequest& request,
                                                                                    std::string_view token,
                                                                                    TimePoint now) {
  if (token.empty()) token = bearer(request).value_or("");
  if (!token.empty()) {
    auto session = by_token(request, token, now);
    if (!session) return std::unexpected(std::move(session.error()));
    return std::optional{std::move(*session)};
  }
  // A cookie that has ended is no attempt at guessing.
  auto session = sessions_.find(cookie(request, cookie_name).value_or(""), now);
  if (session && changes_something(request) && !origin_is_ours(request)) return std::unexpected(foreign_origin());
  return session;
}

Result<store::Session, net::HttpResponse> Authentication::identify(const net::HttpRequest& request, TimePoint now) {
  auto session = session_of(request, "", now);
  if (!session) return std::unexpected(std::move(session.error()));
  if (!*session) return std::unexpected(unauthorized("Credentials are needed."));
  return std::move(**session);
}

std::optional<store::Session> Authentication::look(const net::HttpRequest& request, TimePoint now) {
  const auto token = bearer(request);
  if (!token || token->empty()) return sessions_.find(cookie(request, cookie_name).value_or(""), now);
  auto session = by_token(request, *token, now);
  return session ? std::optional{std::move(*session)} : std::nullopt;
}

bool Authentication::alive(const store::Session& session, TimePoint now) const {
  return session.id.empty() || sessions_.alive(session.id, now);
}

std::optional<Authentication::Opened> Authentication::open(const net::HttpRequest& request, store::NewSession wanted,
                                                           TimePoint now) {
  const auto length = wanted.length;
  auto opened = sessions_.open(std::move(wanted), now, std::chrono::system_clock::now());
  if (!opened) return std::nullopt;
  if (const auto before = cookie(request, cookie_name)) sessions_.close(*before);
  auto header = set_cookie(request, opened->token, length);
  return Opened{std::move(opened->token), std::move(opened->session), std::move(header)};
}

std::optional<store::OpenedSession> Authentication::open_for_call(const std::optional<store::Session>& owner,
                                                                  std::string call_id, TimePoint now) {
  if (owner && !owner->id.empty()) sessions_.set_call(owner->id, call_id, now);
  store::NewSession wanted;  // without the user: it is good for this call alone, and takes no log-in's place
  wanted.call_id = std::move(call_id);
  return sessions_.open(std::move(wanted), now, std::chrono::system_clock::now());
}

net::HttpResponse Authentication::log_out(const net::HttpRequest& request,
                                          const std::function<void(const std::string& id)>& ended) {
  const auto from_cookie = cookie(request, cookie_name);
  if (from_cookie && !origin_is_ours(request)) return foreign_origin();
  const auto close = [&](std::string_view token) {
    if (const auto session = sessions_.find(token, Clock::now()); session && ended) ended(session->id);
    sessions_.close(token);
  };
  if (from_cookie) close(*from_cookie);
  if (const auto token = bearer(request)) close(*token);
  net::HttpResponse response{204};
  response.with("Set-Cookie", set_cookie(request, "", std::chrono::seconds{0}));
  return response;
}

std::optional<net::HttpResponse> Authentication::log_in_refusal(const net::HttpRequest& request, std::string_view user,
                                                                TimePoint now) {
  if (request.header("Origin") && !origin_is_ours(request)) return foreign_origin();
  const std::lock_guard lock{mutex_};
  TimePoint until = log_ins_.locked_until(address_key(request), now);
  if (!user.empty()) until = std::max(until, log_ins_.locked_until(user_key(user), now));
  if (until <= now) return std::nullopt;
  return too_many("There were too many wrong log-ins.", until - now);
}

net::HttpResponse Authentication::wrong_log_in(const net::HttpRequest& request, std::string_view user, TimePoint now) {
  bool locked = false;
  {
    const std::lock_guard lock{mutex_};
    locked = log_ins_.wrong(address_key(request), now);
    if (!user.empty()) locked |= log_ins_.wrong(user_key(user), now);
  }
  if (locked) log::warn("log-in locked address={}", client_address(request).to_string());
  return unauthorized("The credentials are not valid.");
}

void Authentication::right_log_in(std::string_view user) {
  if (user.empty()) return;
  const std::lock_guard lock{mutex_};
  log_ins_.right(user_key(user));
}

}  // namespace parley::api
