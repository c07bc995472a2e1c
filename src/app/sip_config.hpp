// From the configuration file's words to what the SIP shell is made with.
#pragma once

#include <optional>
#include <string>

#include "app/config.hpp"
#include "legs/sip/shell.hpp"
#include "legs/sip/sip_dialler.hpp"

namespace parley::app {

/// `secret` signs the nonces of digest challenges. Resolves the trunks' hosts by the system's
/// resolver, which may take seconds: once, at the start.
/// `tls`: what sip_tls() found.
legs::SipShellConfig sip_config(const Config& config, std::string secret, std::optional<legs::TlsConfig> tls);

/// What names this installation to registrars (RFC 5626 §4.1): the same as long as its secret is.
std::string instance_urn(const std::string& secret);

/// The files to use: those that are configured, else self-signed ones below `data`. The error names the file and
/// the remedy.
Result<net::TlsFiles, std::string> certificate_of(const Config& config, const TlsConfig& tls);
/// Nothing where SIP is not served over TLS.
Result<std::optional<legs::TlsConfig>, std::string> sip_tls(const Config& config);

/// How agents are reached.
legs::SipDialler::Config dialler_config(const Config& config, const call::Directory& directory);

/// The registrations to keep with trunks, where the configuration asks for them.
std::vector<sip::RegistrationOptions> trunk_registrations(const Config& config);

/// `off`, `optional` or `required`; nothing when it is left to another key.
std::optional<legs::SrtpPolicy> srtp_policy(const std::string& word);

}  // namespace parley::app
