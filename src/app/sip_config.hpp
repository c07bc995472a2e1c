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
legs::SipShellConfig sip_config(const Config& config, std::string secret);

/// How agents are reached.
legs::SipDialler::Config dialler_config(const Config& config);

/// The registrations to keep with trunks, where the configuration asks for them.
legs::SipDialler::Config dialler_config(const Config& config);

std::vector<sip::RegistrationOptions> trunk_registrations(const Config& config);

/// `off`, `optional` or `required`; nothing when it is left to another key.
std::optional<legs::SrtpPolicy> srtp_policy(const std::string& word);

}  // namespace parley::app
