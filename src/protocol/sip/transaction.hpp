// What the four transaction machines share (RFC 3261 §17).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/sip/message.hpp"

namespace parley::sip {

enum class TransactionEnd : std::uint8_t {
  finished,   // it had its final response and its retransmissions are over
  timeout,    // timer B, F or H
  transport,  // the message could not be sent
};

/// A response belongs to a client transaction by our branch and the method (RFC 3261 §17.1.3).
std::string client_key(const Message& message);

/// A request belongs to a server transaction by branch, sent-by and method; ACK and CANCEL look for
/// the INVITE's with `method` (RFC 3261 §17.2.3). Branches without the magic cookie are unique
/// enough together with Call-ID, From tag and CSeq.
std::string server_key(const Message& request, std::string_view method);

}  // namespace parley::sip
