// The identifiers that we make. Each says which worker made it, so that the message which brings it
// back finds its worker by reading.
#pragma once

#include <string>

#include "base/random.hpp"

namespace parley::sip {

std::string make_branch(int worker, Random& random);   // z9hG4bKw<worker>.<80 random bits>
std::string make_tag(int worker, Random& random);      // w<worker>.<80 random bits>
std::string make_call_id(int worker, Random& random);  // w<worker>.<120 random bits>

}  // namespace parley::sip
