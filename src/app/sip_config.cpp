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

legs::Admission::Config admission_config(const Config& config, std::string secret) {
  legs::Admission::Config admission;
  admission.routes = call_routes(config);
  for (const auto& [name, trunk] : config.trunks) {
    legs::TrunkPeer peer{name, trunk.from, trunk.trusted};
    auto hosts = trunk.targets();
    if (!trunk.registrar.empty()) hosts.push_back(trunk.registrar);
    for (const auto& text : hosts) {
      const auto uri = sip::Uri::parse(text);
      if (!uri) continue;  // the configuration was checked
      const auto addresses = addresses_of(uri->host);
      if (addresses.empty())
        log::warn("trunk has no address trunk={} host={}: its calls are strangers'", name, uri->host);
      peer.addresses.insert(peer.addresses.end(), addresses.begin(), addresses.end());
    }
    admission.trunks.push_back(std::move(peer));
  }
  admission.md5_only = config.sip.digest == "md5";
  admission.digest.realm = config.sip.realm;
  admission.digest.secret = std::move(secret);
  return admission;
}

}  // namespace

legs::SipShellConfig sip_config(const Config& config, std::string secret) {
  legs::SipShellConfig shell;
  for (const auto& listen : config.sip.listen)
    shell.listen.push_back(
        {listen.transport == SipListen::Transport::udp ? sip::Transport::udp : sip::Transport::tcp, listen.endpoint});
  shell.first_rtp_port = config.sip.rtp_ports.first;
  shell.last_rtp_port = config.sip.rtp_ports.last;
  shell.external_address = config.external_address;
  shell.agent.codecs = config.sip.codecs;
  shell.agent.stack.user_agent = "Parley/" PARLEY_VERSION;
  shell.agent.stack.session_timer.expires = std::chrono::duration_cast<std::chrono::seconds>(config.sip.session_timer);
  shell.admission = admission_config(config, std::move(secret));
  return shell;
}

legs::SipDialler::Config dialler_config(const Config& config, const call::Directory& directory) {
  legs::SipDialler::Config dialler;
  dialler.directory = &directory;
  for (const auto& [name, trunk] : config.trunks) {
    const auto uri = sip::Uri::parse(trunk.targets().front());
    if (uri) dialler.trunks.push_back({name, *uri, trunk.user, {trunk.user, trunk.password}});
  }
  return dialler;
}

std::vector<sip::RegistrationOptions> trunk_registrations(const Config& config) {
  std::vector<sip::RegistrationOptions> registrations;
  for (const auto& [name, trunk] : config.trunks) {
    auto registrar = sip::Uri::parse(trunk.registrar);
    if (trunk.registrar.empty() || !registrar || !trunk.register_) continue;
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
