// Header names: compact forms and the spelling the RFCs use.
#pragma once

#include <string_view>

namespace parley::sip {

/// "v", "VIA" and "via" are "Via"; an unknown name comes back as it is.
std::string_view canonical_header_name(std::string_view name);

}  // namespace parley::sip
