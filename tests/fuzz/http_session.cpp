// What strangers send to log in: bodies, cookies, tokens, origins and forwarding headers.
#include <cstdint>
#include <string>
#include <string_view>

#include "api/authentication.hpp"
#include "api/log_in.hpp"
#include "base/assert.hpp"

namespace {

using namespace parley;

constexpr std::string_view admin = "0123456789abcdef0123456789abcdef";

/// Cuts up to the next newline off.
std::string line_of(std::string_view& text) {
  const auto end = std::min(text.find('\n'), text.size());
  std::string line{text.substr(0, end)};
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

void check_log_in(const net::HttpRequest& request) {
  const auto log_in = api::read_log_in(request);
  if (!log_in) {
    PARLEY_ASSERT(log_in.error().status == 400 || log_in.error().status == 415);
    return;
  }
  if (const auto* pin = std::get_if<api::PinLogIn>(&*log_in))
    PARLEY_ASSERT(!pin->pin.empty() && pin->pin.size() <= 64 && pin->user.size() <= 64);
  if (const auto* agent = std::get_if<api::AgentLogIn>(&*log_in))
    PARLEY_ASSERT(!agent->extension.empty() && !agent->password.empty());
  if (const auto* known = std::get_if<api::AdminLogIn>(&*log_in)) PARLEY_ASSERT(!known->token.empty());
}

}  // namespace

/// Method, Authorization, Cookie, Origin, X-Forwarded-For, X-Forwarded-Proto: a line each; then the body.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text{reinterpret_cast<const char*>(data), size};
  net::HttpRequest request;
  request.method = line_of(text);
  for (const char* name : {"Authorization", "Cookie", "Origin", "X-Forwarded-For", "X-Forwarded-Proto"})
    if (auto value = line_of(text); !value.empty()) request.headers.emplace_back(name, std::move(value));
  request.headers.emplace_back("Host", "localhost:8080");
  request.headers.emplace_back("Content-Type", "application/json");
  request.remote = {IpAddress::loopback(), 4711};
  request.body = text;

  const TimePoint now{std::chrono::seconds{1'000}};
  store::Sessions sessions{{}, Random::seeded(1)};
  const auto opened = sessions.open({.user_id = "01ANNA"}, now, {});
  api::Authentication authentication{std::string{admin}, {}, sessions};

  check_log_in(request);
  const auto session = authentication.session_of(request, "", now);
  if (session && *session) {
    const auto token = api::bearer(request), cookie = api::cookie(request, api::Authentication::cookie_name);
    PARLEY_ASSERT(token == admin || token == opened->token || cookie == opened->token);
    PARLEY_ASSERT(token == admin || token == opened->token || !api::changes_something(request) ||
                  api::origin_is_ours(request));
  }
  (void)authentication.log_in_refusal(request, request.body.substr(0, 64), now);
  const auto wrong = authentication.wrong_log_in(request, request.body.substr(0, 64), now);
  PARLEY_ASSERT(wrong.status == 401);
  if (const auto again = authentication.open(request, {}, now))
    PARLEY_ASSERT(again->cookie.find_first_of("\r\n") == std::string::npos);
  (void)authentication.log_out(request);
  return 0;
}
