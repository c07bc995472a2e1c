// Agents of the configuration, as the parts of the program know them.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "app/config.hpp"
#include "base/result.hpp"
#include "call/directory.hpp"
#include "legs/sip/agent_registrar.hpp"
#include "observe/metrics.hpp"
#include "tools/directory.hpp"

namespace parley::legs {
class SipShell;
}

namespace parley::app {

using Passwords = std::map<std::string, std::string, std::less<>>;  // by extension

/// Of the agents that the configuration gives none: made at the first start, kept in
/// `<data>/agent-<extension>-password`. The error names the file and the remedy.
Result<Passwords, std::string> keep_agent_passwords(const Config& config);
/// Telephones and agents who may authenticate.
std::unique_ptr<legs::Accounts> make_accounts(const Config& config, const Passwords& made);
std::vector<call::Directory::Entry> directory_entries(const Config& config);
/// After the shell is bound.
legs::AgentRegistrar::Config registrar_config(const Config& config, const sip::digest::Server::Config& digest,
                                              const legs::SipShell& sip);

/// Our own agents, for the assistant's tool.
class AgentExtensions final : public tools::ExtensionDirectory {
 public:
  explicit AgentExtensions(const call::Directory& directory) : directory_{directory} {}
  void look_up(std::string query, std::size_t limit, Found found) override;

 private:
  const call::Directory& directory_;
};

/// Figures about agents. sample() runs on worker 0.
class AgentGauges {
 public:
  AgentGauges(observe::Metrics& metrics, const call::Directory& directory, const legs::AgentRegistrar& registrar);
  void sample() const;

 private:
  const call::Directory& directory_;
  const legs::AgentRegistrar& registrar_;
  std::map<call::Presence, observe::Gauge> presences_;
  observe::Gauge telephones_, registered_, challenged_, refused_, too_fast_;
};

}  // namespace parley::app
