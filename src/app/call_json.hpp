// Stored calls in the words of the HTTP contract.
#pragma once

#include <string>

#include "store/records.hpp"

namespace parley::app {

/// A Call object (API.md) as JSON text.
std::string to_json(const store::CallRow& call);
/// The same with `transcript`, `legs`, `events`.
std::string to_json(const store::CallDetail& detail);
/// `{"calls":[…],"next_cursor":…}`
std::string to_json(const store::CallPage& page);

}  // namespace parley::app
