#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/await.hpp"
#include "app/backend.hpp"
#include "call/directory.hpp"
#include "legs/sip/authenticator.hpp"

namespace parley::app {
namespace {

using Json = nlohmann::ordered_json;

api::Refusal locked(TimePoint until, TimePoint now) {
  api::Refusal refusal{429, "There were too many wrong passwords, of telephones included."};
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(until - now).count();
  refusal.retry_after_seconds = static_cast<int>(std::max<std::int64_t>(1, seconds));
  return refusal;
}

Json to_json(const call::Agent& agent) {
  Json json{{"extension", agent.extension},          {"name", agent.name},
            {"presence", to_string(agent.presence)}, {"contact", nullptr},
            {"since", format_rfc3339(agent.since)},  {"queues", agent.queues}};
  if (agent.reachable()) json["contact"] = agent.contacts.front().transport;
  return json;
}

}  // namespace

Result<std::optional<api::AgentUser>, api::Refusal> Backend::agent_of_password(const std::string& extension,
                                                                               const std::string& password,
                                                                               const IpAddress& from) {
  const auto now = Clock::now();
  const auto by_address = legs::lockout_key_of_address(from), by_user = legs::lockout_key_of_user(extension);
  for (const auto& key : {by_address, by_user})
    if (parts_.lockout.locked(key, now)) return std::unexpected(locked(parts_.lockout.locked_until(key, now), now));
  const bool right = parts_.accounts.matches(extension, password);
  const auto agent = parts_.directory.find(extension);
  if (!right || !agent) {
    parts_.lockout.wrong(by_address, now);
    if (agent) parts_.lockout.wrong(by_user, now);
    return std::optional<api::AgentUser>{};
  }
  parts_.lockout.right(by_user);
  return api::AgentUser{agent->extension, agent->name, agent->supervisor};
}

std::string Backend::lend_sip_password(const std::string& extension, const std::string& session_id,
                                       std::chrono::seconds length) {
  auto password = Random::secure().token(32);
  parts_.accounts.lend(extension, password, session_id, Clock::now() + length);
  return password;
}

void Backend::revoke_sip_password(const std::string& session_id) { parts_.accounts.revoke(session_id); }

std::string Backend::list_agents() const {
  auto agents = Json::array();
  for (const auto& [extension, agent] : parts_.directory.roster()->agents()) agents.push_back(to_json(*agent));
  return Json{{"agents", std::move(agents)}}.dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool Backend::agent_has_call(std::string_view extension, std::string_view call_id) const {
  const auto agent = parts_.directory.find(extension);
  return agent && agent->has_call(call_id);
}

api::Reply<void> Backend::set_presence(std::string extension, std::string presence) {
  if (!parts_.directory.find(extension)) co_return std::unexpected(api::Refusal{404, "There is no such agent."});
  const auto chosen = call::parse_presence(presence);
  bool done = false;
  if (chosen) {
    std::move_only_function<bool()> choose = [this, extension, chosen] {
      return parts_.directory.choose_here(extension, *chosen);
    };
    done = co_await run_on<bool>(parts_.workers.front()->worker(), std::move(choose));
  }
  if (done) co_return Result<void, api::Refusal>{};
  api::Refusal refusal{422, "presence: available, away or wrap_up"};
  refusal.errors.push_back({"presence", "available, away or wrap_up"});
  co_return std::unexpected(std::move(refusal));
}

}  // namespace parley::app
