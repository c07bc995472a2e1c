// The logging front: a line goes to whatever sink the program set, or to the standard error.
//
// A line is `event key=value …`: a fixed phrase one can grep, then fields, `call=` and `leg=` first.
#pragma once

#include <fmt/format.h>

#include <string_view>

namespace parley::log {

enum class Level : unsigned char { debug, info, warn, error };

/// Called from any thread; must be thread-safe. Set once, before the threads start.
using Sink = void (*)(Level level, std::string_view line);
void set_sink(Sink sink);
void set_level(Level lowest);
bool enabled(Level level);
void write(Level level, std::string_view line);

template <class... Args>
void debug(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::debug)) write(Level::debug, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void info(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::info)) write(Level::info, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void warn(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::warn)) write(Level::warn, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void error(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::error)) write(Level::error, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace parley::log
