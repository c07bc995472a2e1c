#include "app/sip_config.hpp"

#include <netdb.h>

#include <memory>

#include "app/browser_admission.hpp"
#include "base/log.hpp"

namespace parley::app {
namespace {

std::vector<IpAddress> addresses_of(const std::string& host) {
  if (const auto literal = IpAddress::parse(host)) return {*literal};
  addrinfo* raw = nullptr;
  if (getaddrinfo(host.c_str(), nullptr, nullptr, &raw) != 0) return {};
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> list{raw, &freeaddrinfo};
  std::vector<IpAddress> addresses;
  for (const addrinfo* entry = list.get(); entry; entry = entry->ai_next) {
    char text[NI_MAXHOST];
    if (getnameinfo(entry->ai_addr, entry->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST) != 0) continue;
    if (const auto address = IpAddress::parse(text)) addresses.push_back(*address);
  }
  return addresses;
}

legs::MediaPolicies media_policies(const SipConfig& sip) {
  legs::MediaPolicies policies;
  policies.srtp = srtp_policy(sip.srtp).value_or(legs::SrtpPolicy::optional);
  policies.keys_in_clear = sip.srtp_keys_in_clear;
  const auto set = [&](sip::Transport transport, const std::string& word) {
    policies.by_transport[static_cast<std::size_t>(transport)] = srtp_policy(word);
  };
  set(sip::Transport::udp, sip.srtp_over.udp);
  set(sip::Transport::tcp, sip.srtp_over.tcp);
  set(sip::Transport::tls, sip.srtp_over.tls);
  set(sip::Transport::ws, sip.srtp_over.ws);
  set(sip::Transport::wss, sip.srtp_over.wss);
  return policies;
}

legs::Admission::Config admission_config(const Config& config, std::string secret) {
  legs::Admission::Config admission;
  admission.routes = call_routes(config);
  const auto add = [&](const std::string& user, const std::string& password, const std::string& srtp) {
    if (password.empty()) return;
    auto account = legs::Account::make(user, config.sip.realm, password);
    account.srtp = srtp_policy(srtp);
    admission.accounts.emplace(user, std::move(account));
  };
  for (const auto& user : config.users) add(user.name, user.password, {});
  for (const auto& agent : config.agents) add(agent.extension, agent.password, agent.srtp);
  for (const auto& [name, trunk] : config.trunks) {
    const auto uri = sip::Uri::parse(trunk.registrar);
    if (!uri) continue;  // the configuration was checked
    auto addresses = addresses_of(uri->host);
    if (addresses.empty())
      log::warn("trunk has no address trunk={} host={}: its calls are strangers'", name, uri->host);
    admission.trunks.push_back({name, std::move(addresses), srtp_policy(trunk.srtp)});
  }
  admission.digest.realm = config.sip.realm;
  admission.digest.secret = std::move(secret);
  return admission;
}

}  // namespace

std::optional<legs::SrtpPolicy> srtp_policy(const std::string& word) {
  if (word == "off") return legs::SrtpPolicy::off;
  if (word == "optional") return legs::SrtpPolicy::optional;
  if (word == "required") return legs::SrtpPolicy::required;
  return std::nullopt;
}

legs::SipShellConfig sip_config(const Config& config, std::string secret) {
  legs::SipShellConfig shell;
  for (const auto& listen : config.sip.listen)
    shell.listen.push_back(
        {listen.transport == SipListen::Transport::udp ? sip::Transport::udp : sip::Transport::tcp, listen.endpoint});
  shell.first_rtp_port = config.sip.rtp_ports.first;
  shell.last_rtp_port = config.sip.rtp_ports.last;
  shell.external_address = config.external_address;
  shell.agent.codecs = config.sip.codecs;
  shell.agent.media = media_policies(config.sip);
  shell.agent.stack.user_agent = "Parley/" PARLEY_VERSION;
  shell.agent.stack.session_timer.expires = std::chrono::duration_cast<std::chrono::seconds>(config.sip.session_timer);
  shell.admission = admission_config(config, std::move(secret));
  return shell;
}

legs::SipDialler::Config dialler_config(const Config& config) {
  legs::SipDialler::Config dialler;
  for (const auto& [name, trunk] : config.trunks) {
    const auto uri = sip::Uri::parse(trunk.registrar);
    if (uri) dialler.trunks.push_back({name, *uri, trunk.user, {trunk.user, trunk.password}, srtp_policy(trunk.srtp)});
  }
  for (const auto& agent : config.agents)
    if (const auto policy = srtp_policy(agent.srtp)) dialler.agents_srtp.emplace(agent.extension, *policy);
  return dialler;
}

std::vector<sip::RegistrationOptions> trunk_registrations(const Config& config) {
  std::vector<sip::RegistrationOptions> registrations;
  for (const auto& [name, trunk] : config.trunks) {
    auto registrar = sip::Uri::parse(trunk.registrar);
    if (!registrar || !trunk.register_) continue;
    sip::RegistrationOptions options;
    options.registrar = *registrar;
    options.aor.uri = *registrar;
    options.aor.uri.user = trunk.user;
    options.aor.uri.params = {};
    options.aor.uri.port = 0;
    options.credentials = sip::Credentials{trunk.user, trunk.password};
    options.expires = std::chrono::duration_cast<std::chrono::seconds>(trunk.expires);
    registrations.push_back(std::move(options));
  }
  return registrations;
}

}  // namespace parley::app
