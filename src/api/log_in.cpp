#include "api/log_in.hpp"

#include "api/body.hpp"

namespace parley::api {
namespace {

LogIn fields_of(Body& body) {
  if (body.has("admin_token")) return AdminLogIn{body.required_string("admin_token", 200)};
  if (body.has("extension"))
    return AgentLogIn{body.required_string("extension", 64), body.required_string("password", 256)};
  if (!body.has("pin")) {
    body.fail("pin", "is required, or extension and password, or admin_token");
    return {};
  }
  // Longer than a PIN can be: those are wrong PINs, and not a reason to tell the rules.
  return PinLogIn{body.required_string("pin", 64), body.string("user", 64).value_or("")};
}

}  // namespace

Result<LogIn, net::HttpResponse> read_log_in(const net::HttpRequest& request) {
  Body body{request};
  auto log_in = fields_of(body);
  if (auto refusal = body.refusal()) return std::unexpected(std::move(*refusal));
  return log_in;
}

}  // namespace parley::api
