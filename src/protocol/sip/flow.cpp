#include "protocol/sip/flow.hpp"

#include "protocol/sip/headers.hpp"

namespace parley::sip {

std::optional<Transport> parse_transport(std::string_view name) {
  for (std::size_t i = 0; i < transport_count; ++i)
    if (iequals(name, via_name(static_cast<Transport>(i)))) return static_cast<Transport>(i);
  return std::nullopt;
}

}  // namespace parley::sip
