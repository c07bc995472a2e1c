// Answers of DNS servers, read into plain records. For sources of this folder.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "base/dns_records.hpp"

namespace parley::net {

/// Reads a response (RFC 1035 §4) to a query of `type`. Nothing when it is malformed. Records of other
/// types (the CNAMEs on the way) are passed over; at most 100 are kept.
std::optional<dns::Answer> parse_dns_response(std::span<const std::byte> message, dns::QueryType type);

}  // namespace parley::net
