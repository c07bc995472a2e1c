#include "protocol/ice/candidate.hpp"

#include <algorithm>
#include <charconv>

namespace parley::ice {
namespace {

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
bool iequals(std::string_view a, std::string_view b) { return std::ranges::equal(a, b, {}, lower, lower); }

std::string_view take_word(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  const auto word = rest.substr(0, rest.find(' '));
  rest.remove_prefix(word.size());
  return word;
}

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<CandidateType> parse_type(std::string_view text) {
  if (text == "host") return CandidateType::host;
  if (text == "srflx") return CandidateType::server_reflexive;
  if (text == "prflx") return CandidateType::peer_reflexive;
  if (text == "relay") return CandidateType::relayed;
  return std::nullopt;
}

std::string_view name(CandidateType type) {
  switch (type) {
    case CandidateType::host: return "host";
    case CandidateType::server_reflexive: return "srflx";
    case CandidateType::peer_reflexive: return "prflx";
    case CandidateType::relayed: break;
  }
  return "relay";
}

std::optional<TcpType> parse_tcp_type(std::string_view text) {
  if (text == "active") return TcpType::active;
  if (text == "passive") return TcpType::passive;
  if (text == "so") return TcpType::simultaneous_open;
  return std::nullopt;
}

std::string_view name(TcpType type) {
  switch (type) {
    case TcpType::active: return "active";
    case TcpType::passive: return "passive";
    case TcpType::simultaneous_open: break;
  }
  return "so";
}

/// The pairs of words behind the type: raddr, rport, tcptype and ufrag; others (generation, network-id …) are skipped.
bool read_extensions(Candidate& candidate, std::string_view rest) {
  std::optional<IpAddress> related_address;
  std::optional<std::uint16_t> related_port;
  for (auto key = take_word(rest); !key.empty(); key = take_word(rest)) {
    const auto value = take_word(rest);
    // Chromium hides the base as 0.0.0.0 or as a name; it is of no use to anybody but a person.
    if (key == "raddr") related_address = IpAddress::parse(value);
    else if (key == "rport") related_port = parse_number<std::uint16_t>(value);
    else if (key == "ufrag" && !value.empty() && value.size() <= 256) candidate.ufrag = value;
    else if (key == "tcptype") {
      candidate.tcp_type = parse_tcp_type(value);
      if (!candidate.tcp_type) return false;
    }
  }
  if (related_address) candidate.related = Endpoint{*related_address, related_port.value_or(0)};
  return true;
}

/// RFC 8445 §5.1.2.2; host candidates of TCP come below the server reflexive ones of UDP.
constexpr std::uint32_t type_preference(CandidateType type, Transport transport) {
  const std::uint32_t tcp = transport == Transport::tcp ? 1 : 0;
  switch (type) {
    case CandidateType::host: return 126 - 36 * tcp;
    case CandidateType::peer_reflexive: return 110 - 30 * tcp;
    case CandidateType::server_reflexive: return 100 - 30 * tcp;
    case CandidateType::relayed: break;
  }
  return 1 - tcp;
}

}  // namespace

Result<Candidate, CandidateError> Candidate::parse(std::string_view value) {
  if (value.starts_with("a=")) value.remove_prefix(2);
  if (value.starts_with("candidate:")) value.remove_prefix(10);
  Candidate candidate;
  candidate.foundation = take_word(value);
  const auto component = parse_number<std::uint16_t>(take_word(value));
  const auto transport = take_word(value);
  const auto priority = parse_number<std::uint32_t>(take_word(value));
  const auto address = take_word(value);
  const auto port = parse_number<std::uint16_t>(take_word(value));
  const auto typ = take_word(value);
  const auto type_name = take_word(value);
  const auto type = parse_type(type_name);
  if (candidate.foundation.empty() || candidate.foundation.size() > 32 || !component || *component == 0 ||
      *component > 256 || !priority || *priority == 0 || !port || typ != "typ" || type_name.empty())
    return std::unexpected(CandidateError::malformed);
  if (!type || !(iequals(transport, "udp") || iequals(transport, "tcp")))
    return std::unexpected(CandidateError::not_understood);
  const auto ip = IpAddress::parse(address);
  if (!ip || address.starts_with('[')) return std::unexpected(CandidateError::host_name);
  candidate.component = *component;
  candidate.transport = iequals(transport, "udp") ? Transport::udp : Transport::tcp;
  candidate.priority = *priority;
  candidate.address = {*ip, *port};
  candidate.type = *type;
  if (!read_extensions(candidate, value)) return std::unexpected(CandidateError::not_understood);
  // RFC 6544 §4.5: a TCP candidate says how it connects, any other does not.
  if (candidate.tcp_type.has_value() != (candidate.transport == Transport::tcp))
    return std::unexpected(CandidateError::malformed);
  return candidate;
}

std::string Candidate::to_string() const {
  std::string out = foundation + ' ' + std::to_string(component) + (transport == Transport::udp ? " udp " : " tcp ") +
                    std::to_string(priority) + ' ' + address.address.to_string() + ' ' + std::to_string(address.port) +
                    " typ " + std::string{name(type)};
  if (related) out += " raddr " + related->address.to_string() + " rport " + std::to_string(related->port);
  if (tcp_type) out += " tcptype " + std::string{name(*tcp_type)};
  if (ufrag) out += " ufrag " + *ufrag;
  return out;
}

std::uint32_t candidate_priority(CandidateType type, Transport transport, std::uint16_t local_preference,
                                 std::uint16_t component) {
  return type_preference(type, transport) << 24 | std::uint32_t{local_preference} << 8 | (256U - component);
}

std::uint64_t pair_priority(std::uint32_t controlling, std::uint32_t controlled) {
  const std::uint64_t least = std::min(controlling, controlled), most = std::max(controlling, controlled);
  return (least << 32) + 2 * most + (controlling > controlled ? 1 : 0);
}

std::vector<Candidate> host_candidates(std::span<const IpAddress> addresses, std::uint16_t port, bool tcp) {
  // RFC 6544 §4.2: for a passive TCP candidate, 4 in the top three bits and the address's own preference below.
  constexpr std::uint16_t passive = 4 << 13;
  std::vector<Candidate> candidates;
  std::uint16_t preference = 0xFFFF, foundation = 0;
  for (const auto& address : addresses) {
    candidates.push_back({.foundation = std::to_string(++foundation),
                          .priority = candidate_priority(CandidateType::host, Transport::udp, preference),
                          .address = {address, port}});
    if (tcp) {
      const auto tcp_preference = static_cast<std::uint16_t>(passive | (preference & 0x1FFF));
      candidates.push_back({.foundation = std::to_string(++foundation),
                            .transport = Transport::tcp,
                            .priority = candidate_priority(CandidateType::host, Transport::tcp, tcp_preference),
                            .address = {address, port},
                            .tcp_type = TcpType::passive});
    }
    --preference;
  }
  return candidates;
}

}  // namespace parley::ice
