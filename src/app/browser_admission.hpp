// Who may call what from a browser: the same routes as SIP's, with a session in the place of a digest.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/backend.hpp"
#include "app/config.hpp"
#include "call/identity.hpp"
#include "call/routing.hpp"
#include "store/session/sessions.hpp"

namespace parley::app {

/// The route table as calls are judged by.
std::vector<call::Route> call_routes(const Config& config);

/// A call that may be made, with what its CallOptions need.
struct BrowserCall {
  call::RouteTarget target;
  std::string from;  // the user's name, the role of somebody else, or `browser`
  call::Identity identity;
};

/// Whoever is logged in is verified when they are a user, and else nobody in particular.
call::Identity identity_of(const std::optional<store::Session>& session);

/// Reads only what it was made with: any thread.
class BrowserAdmission {
 public:
  explicit BrowserAdmission(std::vector<call::Route> routes) : routes_{std::move(routes)} {}

  /// 404 where no route leads, 401 without a log-in that the route asks for, 403 for who may not call
  /// and for a stranger behind a proxy: an open extension is for neighbours.
  Result<BrowserCall, api::Refusal> judge(std::string_view to, const std::optional<store::Session>& session,
                                          bool proxied) const;

 private:
  std::vector<call::Route> routes_;
};

}  // namespace parley::app
