#include "legs/sip/sip_dialler.hpp"

#include <algorithm>

namespace parley::legs {
namespace {

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("+0123456789*#") == std::string_view::npos;
}

sip::Transport transport_of(std::string_view name) {
  using sip::Transport;
  if (name == "tcp") return Transport::tcp;
  if (name == "tls") return Transport::tls;
  if (name == "ws") return Transport::ws;
  if (name == "wss") return Transport::wss;
  return Transport::udp;
}

/// A user part may hold what has a meaning in a URI; what does not stand bare there is left out.
std::string user_part(std::string text) {
  std::erase_if(text, [](unsigned char c) {
    return !std::isalnum(c) && std::string_view{"+-._*#~"}.find(static_cast<char>(c)) == std::string_view::npos;
  });
  return text.empty() ? "anonymous" : text;
}

/// A header's value is one line.
std::string one_line(std::string text) {
  std::erase_if(text, [](unsigned char c) { return c < 0x20 || c == 0x7F; });
  return text;
}

}  // namespace

std::vector<call::DialTarget> SipDialler::locate(std::string_view to) {
  std::vector<call::DialTarget> places;
  if (to.starts_with("sip:") || to.starts_with("sips:")) {
    const auto uri = sip::Uri::parse(to);
    if (uri && !uri->host.empty()) places.push_back({.uri = std::string{to}, .address = std::string{to}});
    return places;
  }
  if (config_.directory) {
    const auto agent = config_.directory->find(to);
    const bool on_duty = agent && agent->presence != call::Presence::away && agent->presence != call::Presence::wrap_up;
    if (on_duty)
      for (const auto& contact : agent->contacts)
        places.push_back(
            {.uri = contact.uri, .address = agent->extension, .agent = agent->extension, .contact = contact});
    if (agent && agent->reachable()) return places;
  }
  if (is_number(to) && !config_.trunks.empty()) {
    auto uri = config_.trunks.front().registrar;
    uri.user = to;
    places.push_back({.uri = uri.to_string(), .address = std::string{to}, .trunk = config_.trunks.front().name});
  }
  return places;
}

Result<std::unique_ptr<call::Leg>, call::DialFailure> SipDialler::dial(const call::DialTarget& target,
                                                                       call::LegOptions options,
                                                                       call::LegListener& listener) {
  auto uri = sip::Uri::parse(target.uri);
  if (!uri || uri->host.empty()) return std::unexpected(call::DialFailure::bad_target);
  LegDialling dialling;
  dialling.target = std::move(*uri);
  options.from = user_part(std::move(options.from));
  options.name = one_line(std::move(options.name));
  for (auto& [name, value] : options.headers) value = one_line(std::move(value));
  if (const auto trunk = std::ranges::find(config_.trunks, target.trunk, &DialTrunk::name);
      trunk != config_.trunks.end()) {
    dialling.credentials = trunk->credentials;
    dialling.srtp = trunk->srtp;
    options.from = trunk->user;  // what a PBX lets its extension say of itself
  }
  if (const auto agent = config_.agents_srtp.find(target.agent); agent != config_.agents_srtp.end())
    dialling.srtp = agent->second;
  if (target.contact) {
    for (const auto& hop : target.contact->path)
      if (auto route = sip::NameAddr::parse(hop)) dialling.route.push_back(std::move(*route));
    // Through a proxy, the first hop says where to.
    if (dialling.route.empty())
      dialling.flows.push_back(
          {transport_of(target.contact->transport), target.contact->remote, target.contact->connection});
  }
  dialling.leg = std::move(options);
  return agent_.dial_leg(std::move(dialling), listener);
}

}  // namespace parley::legs
