// The three forms of a log-in.
#pragma once

#include <string>
#include <variant>

#include "base/result.hpp"
#include "net/http_message.hpp"

namespace parley::api {

struct PinLogIn {
  std::string pin;
  std::string user;  // an id or a name; empty: whoever has the PIN
};
struct AgentLogIn {
  std::string extension, password;
};
struct AdminLogIn {
  std::string token;
};
using LogIn = std::variant<PinLogIn, AgentLogIn, AdminLogIn>;

/// The body of POST /api/v1/sessions; else the answer that refuses it: 400 with its errors, or 415.
Result<LogIn, net::HttpResponse> read_log_in(const net::HttpRequest& request);

}  // namespace parley::api
