#include "app/sip_config.hpp"

#include <netdb.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "app/browser_admission.hpp"
#include "base/log.hpp"
#include "store/pin.hpp"

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
  for (const auto& [name, trunk] : config.trunks) {
    legs::TrunkPeer peer{name, trunk.from, trunk.trusted, srtp_policy(trunk.srtp)};
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

sip::Transport transport_of(SipListen::Transport transport) {
  switch (transport) {
    case SipListen::Transport::udp: return sip::Transport::udp;
    case SipListen::Transport::tcp: return sip::Transport::tcp;
    case SipListen::Transport::tls: return sip::Transport::tls;
  }
  return sip::Transport::udp;
}

net::TlsTrust trust_of(const TlsTrustConfig& trust) { return {trust.verify, trust.authorities}; }

bool is_host_name(std::string_view text) {
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.";
  return !text.empty() && text.find_first_not_of(allowed) == std::string_view::npos;
}

}  // namespace

std::optional<legs::SrtpPolicy> srtp_policy(const std::string& word) {
  if (word == "off") return legs::SrtpPolicy::off;
  if (word == "optional") return legs::SrtpPolicy::optional;
  if (word == "required") return legs::SrtpPolicy::required;
  return std::nullopt;
}

Result<net::TlsFiles, std::string> certificate_of(const Config& config, const TlsConfig& tls) {
  if (!tls.certificate.empty()) return net::TlsFiles{tls.certificate, tls.key};
  std::vector<std::string> names{"localhost", "127.0.0.1", "::1"};
  if (char host[256]; gethostname(host, sizeof host) == 0 && is_host_name(host)) names.emplace_back(host);
  if (config.external_address) names.push_back(config.external_address->to_string());
  const auto add = [&names](const IpAddress& address) {
    if (!address.is_unspecified() && !address.is_loopback()) names.push_back(address.to_string());
  };
  add(config.http.listen.address);
  for (const auto& listen : config.sip.listen) add(listen.endpoint.address);
  std::ranges::sort(names);
  const auto repeated = std::ranges::unique(names);
  names.erase(repeated.begin(), repeated.end());
  auto files = net::self_signed(config.data / "tls", names);
  if (files) log::info("tls certificate is self-signed file={}", files->certificate.string());
  return files;
}

Result<std::optional<legs::TlsConfig>, std::string> sip_tls(const Config& config) {
  if (!config.sip.listens(SipListen::Transport::tls)) return std::optional<legs::TlsConfig>{};
  const bool of_http = !config.sip.tls.on() && !config.http.tls.certificate.empty();
  const TlsConfig& own = of_http ? config.http.tls : config.sip.tls;
  auto files = certificate_of(config, own);
  if (!files) return std::unexpected(std::move(files.error()));
  legs::TlsConfig tls{.own = std::move(*files),
                      .show_to_servers = !own.certificate.empty(),
                      .trust = trust_of(config.sip.trust),
                      .peers = {}};
  for (const auto& [name, trunk] : config.trunks) {
    const auto uri = sip::Uri::parse(trunk.registrar);
    const bool own_rule = !trunk.trust.verify || !trunk.trust.authorities.empty();
    if (uri && own_rule) tls.peers.insert_or_assign(uri->host, trust_of(trunk.trust));
  }
  return tls;
}

std::string instance_urn(const std::string& secret) {
  // A UUID of our own kind (RFC 9562 §5.8) that tells nothing of the secret.
  std::string hex = store::Pins{secret}.index("sip instance").substr(0, 32);
  hex[12] = '8';
  hex[16] = '8';
  for (const std::size_t dash : {8U, 13U, 18U, 23U}) hex.insert(dash, "-");
  return "urn:uuid:" + hex;
}

legs::SipShellConfig sip_config(const Config& config, std::string secret, std::optional<legs::TlsConfig> tls) {
  legs::SipShellConfig shell;
  for (const auto& listen : config.sip.listen)
    shell.listen.push_back({transport_of(listen.transport), listen.endpoint});
  shell.https = config.http.tls.on();
  shell.tls = std::move(tls);
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

legs::SipDialler::Config dialler_config(const Config& config, const call::Directory& directory) {
  legs::SipDialler::Config dialler;
  dialler.directory = &directory;
  for (const auto& [name, trunk] : config.trunks) {
    const auto uri = sip::Uri::parse(trunk.targets().front());
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
