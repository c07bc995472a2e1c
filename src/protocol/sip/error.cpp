#include "protocol/sip/error.hpp"

namespace parley::sip {

std::string_view describe(ParseError error) {
  switch (error) {
    case ParseError::truncated: return "Message Ends Early";
    case ParseError::too_large: return "Message Too Large";
    case ParseError::bad_start_line: return "Bad Start Line";
    case ParseError::bad_version: return "Bad SIP Version";
    case ParseError::bad_header: return "Bad Header";
    case ParseError::bad_uri: return "Bad URI";
    case ParseError::bad_address: return "Bad Address";
    case ParseError::bad_via: return "Bad Via";
    case ParseError::bad_cseq: return "Bad CSeq";
    case ParseError::bad_number: return "Bad Number";
    case ParseError::bad_content_length: return "Bad Content-Length";
    case ParseError::missing_header: return "Missing Header";
    case ParseError::duplicate_header: return "Duplicate Header";
    case ParseError::method_mismatch: return "CSeq Method Mismatch";
    case ParseError::unterminated_quote: return "Unterminated Quote";
  }
  return "Bad Request";
}

}  // namespace parley::sip
