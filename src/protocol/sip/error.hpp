// What can be wrong with SIP text, named after the defect.
#pragma once

#include <cstdint>
#include <string_view>

namespace parley::sip {

enum class ParseError : std::uint8_t {
  truncated,  // the datagram ends inside the message
  too_large,
  bad_start_line,
  bad_version,
  bad_header,
  bad_uri,
  bad_address,
  bad_via,
  bad_cseq,
  bad_number,
  bad_content_length,
  missing_header,
  duplicate_header,
  method_mismatch,  // CSeq's method is not the request line's
  unterminated_quote,
};

/// For the reason phrase of a 400, e.g. "Bad CSeq".
std::string_view describe(ParseError error);

}  // namespace parley::sip
