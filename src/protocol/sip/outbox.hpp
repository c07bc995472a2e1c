// The queue of outputs, by the name that SIP's cores know.
#pragma once

#include "base/outbox.hpp"

namespace parley::sip {

using parley::Outbox;

}  // namespace parley::sip
