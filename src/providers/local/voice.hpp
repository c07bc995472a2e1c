// A synthesiser that renders a sentence at once.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace parley::providers::local {

class Voice {
 public:
  virtual ~Voice() = default;
  virtual std::uint32_t rate_hz() const = 0;
  /// One sentence as PCM at rate_hz(); or why not, for the log. Called on threads of the speech
  /// pool, several at once; blocks for as long as it takes.
  virtual Result<std::vector<std::int16_t>, std::string> render(std::string_view text) = 0;
};

}  // namespace parley::providers::local
