// One clock for everything that waits, and wall time for what people and other machines read.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace parley {

using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;
using Duration = Clock::duration;
using WallTime = std::chrono::system_clock::time_point;
using namespace std::chrono_literals;

constexpr std::int64_t to_ms(Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

/// RFC 3339 UTC with milliseconds: `2026-01-31T09:30:00.125Z`.
std::string format_rfc3339(WallTime time);
/// `2026-01-31T09:30:00Z`, with a fraction or an offset too; nothing when it is no such time.
std::optional<WallTime> parse_rfc3339(const std::string& text);

}  // namespace parley
