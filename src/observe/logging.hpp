// Where log lines go: the standard error, with time and level, as text or as JSON.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/log.hpp"
#include "base/time.hpp"

namespace parley::observe {

struct LoggingConfig {
  log::Level level = log::Level::info;
  bool json = false;
  std::uint32_t repeats_per_second = 5;  // of one warning; the others are counted: `repeated=…`
};

/// Makes spdlog the sink of base/log.hpp, and counts warnings and errors in Metrics::global() as
/// `parley_log_lines_total{level}`. Once, before the threads start.
void install_logging(const LoggingConfig& config);
/// Writes out what is held; at the end of the program.
void flush_logging();

/// `2026-01-31T09:30:00.125Z info  call answered call=…`
std::string format_text(WallTime at, log::Level level, std::string_view line);
/// `{"time":"…","level":"info","event":"call answered","call":"…",…}`: the fields of the line as
/// strings; a line that is not `event key=value …` is the event as a whole.
std::string format_json(WallTime at, log::Level level, std::string_view line);

}  // namespace parley::observe
