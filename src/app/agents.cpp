#include "app/agents.hpp"

#include <stdexcept>

#include "app/sip_config.hpp"
#include "base/kept_secret.hpp"
#include "legs/sip/shell.hpp"

namespace parley::app {
namespace {

observe::Gauge registers(observe::Metrics& metrics, const char* outcome) {
  return metrics.gauge("parley_sip_registers", "REGISTERs, by what became of them, since the start.",
                       {{"outcome", outcome}});
}

}  // namespace

Result<Passwords, std::string> keep_agent_passwords(const Config& config) {
  constexpr std::size_t length = 16, shortest = 8;  // 5 bits a character: 80, behind a lock-out
  Passwords made;
  for (const auto& agent : config.agents) {
    if (!agent.password.empty()) continue;
    try {
      made[agent.extension] = kept_secret(config.data / ("agent-" + agent.extension + "-password"), length, shortest);
    } catch (const std::runtime_error& error) {
      return std::unexpected(std::string{error.what()});
    }
  }
  return made;
}

std::unique_ptr<legs::Accounts> make_accounts(const Config& config, const Passwords& made) {
  const std::string& realm = config.sip.realm;
  legs::Accounts::Permanent accounts;
  for (const auto& user : config.users)
    accounts.emplace(user.name, legs::Account::make(user.name, realm, user.password));
  for (const auto& agent : config.agents) {
    const auto kept = made.find(agent.extension);
    const auto& password = kept == made.end() ? agent.password : kept->second;
    auto account = legs::Account::make(agent.extension, realm, password);
    account.agent = true;
    account.srtp = srtp_policy(agent.srtp);
    accounts.emplace(agent.extension, std::move(account));
  }
  return std::make_unique<legs::Accounts>(realm, std::move(accounts));
}

std::vector<call::Directory::Entry> directory_entries(const Config& config) {
  std::vector<call::Directory::Entry> entries;
  for (const auto& agent : config.agents)
    entries.push_back(
        {agent.extension, agent.name.empty() ? agent.extension : agent.name, agent.queues, agent.supervisor});
  return entries;
}

legs::AgentRegistrar::Config registrar_config(const Config& config, const sip::digest::Server::Config& digest,
                                              const legs::SipShell& sip) {
  legs::AgentRegistrar::Config registrar;
  registrar.digest = digest;
  registrar.md5_only = config.sip.digest == "md5";
  for (const auto& user : config.users) registrar.bindings.users.insert(user.name);
  for (const auto& agent : config.agents) registrar.bindings.users.insert(agent.extension);
  for (const auto& [host, port] : sip.sent_by())
    if (const auto address = IpAddress::parse(host)) registrar.bindings.own.push_back({*address, port});
  return registrar;
}

void AgentExtensions::look_up(std::string query, std::size_t limit, Found found) {
  const auto lower = [](std::string text) {
    for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    return text;
  };
  const std::string wanted = lower(std::move(query));
  std::vector<tools::ExtensionEntry> entries;
  for (const auto& [extension, agent] : directory_.roster()->agents()) {
    if (entries.size() >= limit) break;
    if (wanted == lower(extension) || lower(agent->name).find(wanted) != std::string::npos)
      entries.push_back({extension, agent->name, std::string{to_string(agent->presence)}});
  }
  found(std::move(entries));
}

AgentGauges::AgentGauges(observe::Metrics& metrics, const call::Directory& directory,
                         const legs::AgentRegistrar& registrar)
    : directory_{directory},
      registrar_{registrar},
      telephones_{metrics.gauge("parley_agent_telephones", "Registered telephones of agents and users.")},
      registered_{registers(metrics, "registered")},
      challenged_{registers(metrics, "challenged")},
      refused_{registers(metrics, "refused")},
      too_fast_{registers(metrics, "too_fast")} {
  using call::Presence;
  for (const auto presence :
       {Presence::offline, Presence::available, Presence::ringing, Presence::busy, Presence::wrap_up, Presence::away})
    presences_.emplace(presence, metrics.gauge("parley_agents", "Agents, by presence.",
                                               {{"presence", std::string{to_string(presence)}}}));
}

void AgentGauges::sample() const {
  std::map<call::Presence, int> counts;
  for (const auto& [extension, agent] : directory_.roster()->agents()) ++counts[agent->presence];
  for (const auto& [presence, gauge] : presences_) gauge.set(counts[presence]);
  telephones_.set(static_cast<double>(registrar_.size()));
  const auto& counters = registrar_.counters();
  registered_.set(static_cast<double>(counters.registered));
  challenged_.set(static_cast<double>(counters.challenged));
  refused_.set(static_cast<double>(counters.refused));
  too_fast_.set(static_cast<double>(counters.too_fast));
}

}  // namespace parley::app
