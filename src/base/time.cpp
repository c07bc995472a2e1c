#include "base/time.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <ctime>

namespace parley {

std::string format_rfc3339(WallTime time) {
  const auto since_epoch = std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
  const auto seconds = static_cast<std::time_t>(since_epoch / 1000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                     utc.tm_hour, utc.tm_min, utc.tm_sec, since_epoch % 1000);
}

std::optional<WallTime> parse_rfc3339(const std::string& text) {
  std::tm utc{};
  int seconds_end = 0;
  if (std::sscanf(text.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d%n", &utc.tm_year, &utc.tm_mon, &utc.tm_mday, &utc.tm_hour,
                  &utc.tm_min, &utc.tm_sec, &seconds_end) != 6)
    return std::nullopt;
  if (utc.tm_mon < 1 || utc.tm_mon > 12 || utc.tm_mday < 1 || utc.tm_mday > 31 || utc.tm_hour < 0 || utc.tm_hour > 23 ||
      utc.tm_min < 0 || utc.tm_min > 59 || utc.tm_sec < 0 || utc.tm_sec > 60)
    return std::nullopt;
  auto at = static_cast<std::size_t>(seconds_end);
  std::chrono::nanoseconds fraction{};
  if (at < text.size() && text[at] == '.') {
    std::int64_t unit = 100'000'000;
    const auto first = ++at;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, unit /= 10)
      fraction += std::chrono::nanoseconds{(text[at] - '0') * unit};
    if (at == first) return std::nullopt;
  }
  std::chrono::minutes offset{};
  if (text.substr(at) != "Z" && text.substr(at) != "z") {
    char sign = 0, end = 0;
    int hours = 0, minutes = 0;
    if (std::sscanf(text.c_str() + at, "%c%2d:%2d%c", &sign, &hours, &minutes, &end) != 3 ||
        (sign != '+' && sign != '-') || hours < 0 || hours > 23 || minutes < 0 || minutes > 59)
      return std::nullopt;
    offset = std::chrono::hours{hours} + std::chrono::minutes{minutes};
    if (sign == '-') offset = -offset;
  }
  utc.tm_year -= 1900;
  utc.tm_mon -= 1;
  return std::chrono::system_clock::from_time_t(timegm(&utc)) + fraction - offset;
}

}  // namespace parley
