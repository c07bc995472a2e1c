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

/// Best first; empty when nothing was found within the resolver's deadlines. Targets over TLS
/// carry the URI's host, and are left out without `with_tls`.
boost::asio::awaitable<std::vector<sip::Flow>> locate(net::Resolver& resolver, sip::Uri target,
                                                      std::optional<sip::Transport> transport, bool with_tls);

}  // namespace parley::legs
