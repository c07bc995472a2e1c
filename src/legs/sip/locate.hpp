// From a SIP URI to the flows that may be tried for it, over the resolver (RFC 3263).
#pragma once

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <vector>

#include "protocol/sip/flow.hpp"
#include "protocol/sip/uri.hpp"

namespace parley::net {
class Resolver;
}

namespace parley::legs {

/// Best first; empty when nothing was found within the resolver's deadlines. UDP and TCP only, so
/// far: targets of other transports are left out.
boost::asio::awaitable<std::vector<sip::Flow>> locate(net::Resolver& resolver, sip::Uri target,
                                                      std::optional<sip::Transport> transport);

}  // namespace parley::legs
