// What a fuzz target asserts. A broken property aborts, which the fuzzer reports with its input.
#pragma once

#include <cstdlib>
#include <string_view>

namespace parley::fuzz {

inline void require(bool property) {
  if (!property) std::abort();
}

inline std::string_view text_of(const unsigned char* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace parley::fuzz
