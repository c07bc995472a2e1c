#include "protocol/sip/header_names.hpp"

#include <algorithm>
#include <array>

#include "protocol/sip/headers.hpp"
#include "protocol/sip/text.hpp"

namespace parley::sip {
namespace {

// Compact forms: RFC 3261 §7.3.3 and the IANA registry, by letter.
constexpr std::array<std::string_view, 26> compact_forms{
    "Accept-Contact",       // a
    "Referred-By",          // b
    "Content-Type",         // c
    "Request-Disposition",  // d
    "Content-Encoding",     // e
    "From",                 // f
    "",                     // g
    "",                     // h
    "Call-ID",              // i
    "Reject-Contact",       // j
    "Supported",            // k
    "Content-Length",       // l
    "Contact",              // m
    "Identity-Info",        // n
    "Event",                // o
    "",                     // p
    "",                     // q
    "Refer-To",             // r
    "Subject",              // s
    "To",                   // t
    "Allow-Events",         // u
    "Via",                  // v
    "",                     // w
    "Session-Expires",      // x
    "Identity",             // y
    "",                     // z
};

constexpr bool before(std::string_view a, std::string_view b) {
  return std::ranges::lexicographical_compare(a, b, {}, text::lower, text::lower);
}

constexpr auto known_names = [] {
  auto names = std::to_array<std::string_view>({
      "Accept",
      "Accept-Contact",
      "Accept-Encoding",
      "Accept-Language",
      "Alert-Info",
      "Allow",
      "Allow-Events",
      "Authentication-Info",
      "Authorization",
      "Call-ID",
      "Call-Info",
      "Contact",
      "Content-Disposition",
      "Content-Encoding",
      "Content-Language",
      "Content-Length",
      "Content-Type",
      "CSeq",
      "Date",
      "Diversion",
      "Error-Info",
      "Event",
      "Expires",
      "Flow-Timer",
      "From",
      "History-Info",
      "Identity",
      "Identity-Info",
      "In-Reply-To",
      "Max-Forwards",
      "MIME-Version",
      "Min-Expires",
      "Min-SE",
      "Organization",
      "P-Asserted-Identity",
      "P-Preferred-Identity",
      "Path",
      "Priority",
      "Privacy",
      "Proxy-Authenticate",
      "Proxy-Authorization",
      "Proxy-Require",
      "RAck",
      "Reason",
      "Record-Route",
      "Recv-Info",
      "Refer-Sub",
      "Refer-To",
      "Referred-By",
      "Reject-Contact",
      "Remote-Party-ID",
      "Replaces",
      "Reply-To",
      "Request-Disposition",
      "Require",
      "Retry-After",
      "Route",
      "RSeq",
      "Server",
      "Service-Route",
      "Session-Expires",
      "SIP-ETag",
      "SIP-If-Match",
      "Subject",
      "Subscription-State",
      "Supported",
      "Target-Dialog",
      "Timestamp",
      "To",
      "Unsupported",
      "User-Agent",
      "Via",
      "Warning",
      "WWW-Authenticate",
  });
  std::ranges::sort(names, before);
  return names;
}();

}  // namespace

std::string_view canonical_header_name(std::string_view name) {
  if (name.size() == 1 && text::is_alpha(name[0])) {
    const auto known = compact_forms[static_cast<std::size_t>(text::lower(name[0]) - 'a')];
    return known.empty() ? name : known;
  }
  const auto found = std::ranges::lower_bound(known_names, name, before);
  return found != known_names.end() && iequals(*found, name) ? *found : name;
}

}  // namespace parley::sip
