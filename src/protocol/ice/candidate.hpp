// Candidates as values and as text (RFC 8839 §5.1, RFC 6544 for TCP).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/endpoint.hpp"
#include "base/result.hpp"

namespace parley::ice {

enum class Transport : std::uint8_t { udp, tcp };
enum class TcpType : std::uint8_t { active, passive, simultaneous_open };
enum class CandidateType : std::uint8_t { host, server_reflexive, peer_reflexive, relayed };

enum class CandidateError : std::uint8_t {
  malformed,
  host_name,       // legal, and not resolved here: mDNS names (`….local`) among them
  not_understood,  // another transport or type: RFC 8839 §5.1 has it ignored
};

struct Candidate {
  std::string foundation = "1";
  std::uint16_t component = 1;
  Transport transport = Transport::udp;
  std::uint32_t priority = 0;
  Endpoint address;
  CandidateType type = CandidateType::host;
  std::optional<Endpoint> related{};  // raddr and rport
  std::optional<TcpType> tcp_type{};
  std::optional<std::string> ufrag{};  // an extension that says which generation it is of

  /// The attribute's value, with or without `candidate:` before it. Unknown extensions are skipped.
  static Result<Candidate, CandidateError> parse(std::string_view value);
  /// `1 1 udp 2130706431 192.0.2.1 8189 typ host`, without the attribute's name.
  std::string to_string() const;
  bool operator==(const Candidate&) const = default;
};

/// RFC 8445 §5.1.2.1 with its recommended type preferences; a TCP candidate stands below every UDP one of its type.
std::uint32_t candidate_priority(CandidateType type, Transport transport, std::uint16_t local_preference,
                                 std::uint16_t component = 1);
/// RFC 8445 §6.1.2.3: `controlling` and `controlled` are the candidates' priorities.
std::uint64_t pair_priority(std::uint32_t controlling, std::uint32_t controlled);

/// Host candidates for these addresses, the first preferred; with `tcp`, a passive TCP one beside each.
std::vector<Candidate> host_candidates(std::span<const IpAddress> addresses, std::uint16_t port, bool tcp = false);

}  // namespace parley::ice
