// `/sip`: SIP over WebSocket on the HTTP port (RFC 7118).
#pragma once

namespace parley::net {
class HttpRouter;
}
namespace parley::legs {
class SipShell;
}

namespace parley::app {

/// Takes upgrades that offer the subprotocol `sip` (else 400), from pages of this site and from programs (a
/// foreign Origin gets 403), while there is room (else 503). Who it is, SIP asks itself.
void add_sip_websocket(net::HttpRouter& router, legs::SipShell& sip);

}  // namespace parley::app
