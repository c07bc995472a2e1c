#include "legs/sip/agent_registrar.hpp"

#include "base/log.hpp"

namespace parley::legs {

call::AgentContact to_contact(const sip::Registrar::Binding& binding) {
  call::AgentContact contact;
  contact.uri = binding.contact.to_string();
  for (const auto& hop : binding.path) contact.path.push_back(hop.to_string());
  contact.transport = sip::uri_name(binding.flow.transport);
  contact.remote = binding.flow.remote;
  contact.connection = binding.flow.connection;
  return contact;
}

std::optional<sip::Flow> flow_of(const call::AgentContact& contact) {
  const auto transport = sip::parse_transport(contact.transport);
  if (!transport) return std::nullopt;
  return sip::Flow{*transport, contact.remote, contact.connection};
}

AgentRegistrar::AgentRegistrar(Config config, const Accounts& accounts, SharedLockout& lockout,
                               call::Directory& directory)
    : bindings_{std::move(config.bindings)},
      authenticator_{std::move(config.digest), config.md5_only, accounts, lockout},
      rate_{config.rate},
      directory_{directory} {}

sip::Reply AgentRegistrar::receive(const sip::Message& request, const sip::Flow& from, TimePoint now) {
  if (!rate_.take(from.remote.address.to_string(), now)) {
    ++counters_.too_fast;
    return {.status = 503, .reason = "Too Many Registrations", .headers = {{"Retry-After", "10"}}};
  }
  auto proven = authenticator_.authenticate(request, from, now);
  if (auto* refusal = std::get_if<sip::Reply>(&proven)) {
    ++(refusal->status == 401 ? counters_.challenged : counters_.refused);
    return std::move(*refusal);
  }
  const auto& user = std::get<std::string>(proven);
  auto reply = bindings_.receive(request, from, user, now);
  if (reply.status == 200) ++counters_.registered;
  else {
    ++counters_.refused;
    log::warn("registration refused extension={} from={} status={} reason=\"{}\"", user, from.remote.to_string(),
              reply.status, reply.reason);
  }
  if (from.connection != 0 && flow_kept_)
    for (const auto& header : reply.headers)
      if (header.name == "Flow-Timer") flow_kept_(from.connection);
  publish();
  return reply;
}

void AgentRegistrar::connection_lost(std::uint64_t connection) {
  bindings_.connection_lost(connection);
  publish();
}

void AgentRegistrar::advance(TimePoint now) {
  bindings_.advance(now);
  publish();
}

void AgentRegistrar::publish() {
  while (auto changed = bindings_.poll()) {
    std::vector<call::AgentContact> contacts;
    for (const auto& binding : changed->bindings) contacts.push_back(to_contact(binding));
    const auto before = directory_.find(changed->user);
    if (before && before->contacts.size() != contacts.size())
      log::info("agent telephones changed extension={} telephones={}", changed->user, contacts.size());
    directory_.set_contacts(std::move(changed->user), std::move(contacts));
  }
}

}  // namespace parley::legs
