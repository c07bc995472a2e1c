#include "observe/logging.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <memory>
#include <mutex>

#include "observe/metrics.hpp"
#include "observe/warn_sampler.hpp"

namespace parley::observe {

namespace {

std::string_view name(log::Level level) {
  switch (level) {
    case log::Level::debug: return "debug";
    case log::Level::info: return "info";
    case log::Level::warn: return "warn";
    case log::Level::error: return "error";
  }
  return "?";
}

/// A line stays one line, and a terminal is not steered by what strangers sent.
void append_printable(std::string& out, std::string_view line) {
  for (const char c : line) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c;
}

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  out += '"';
}

struct Installed {
  explicit Installed(const LoggingConfig& settings)
      : config{settings},
        sampler{settings.repeats_per_second},
        logger{"parley", std::make_shared<spdlog::sinks::stderr_sink_mt>()},
        warnings{Metrics::global().counter("parley_log_lines_total", "Log lines by level.", {{"level", "warn"}})},
        errors{Metrics::global().counter("parley_log_lines_total", "Log lines by level.", {{"level", "error"}})} {
    logger.set_pattern("%v");
    logger.set_level(spdlog::level::trace);
  }

  void write(log::Level level, std::string_view line) {
    const auto at = std::chrono::system_clock::now();
    logger.log(spdlog::level::info, config.json ? format_json(at, level, line) : format_text(at, level, line));
  }

  const LoggingConfig config;
  std::mutex mutex;  // of the sampler
  WarnSampler sampler;
  spdlog::logger logger;
  Counter warnings, errors;
};

std::unique_ptr<Installed> installed;

void sink(log::Level level, std::string_view line) {
  if (level == log::Level::error) installed->errors.increment();
  if (level != log::Level::warn) return installed->write(level, line);

  installed->warnings.increment();
  std::optional<std::uint64_t> held_back;
  std::vector<WarnSampler::HeldBack> silent;
  {
    const std::lock_guard lock{installed->mutex};
    const auto now = Clock::now();
    held_back = installed->sampler.admit(line, now);
    silent = installed->sampler.take_silent(now);
  }
  for (const auto& [phrase, count] : silent) installed->write(level, fmt::format("{} repeated={}", phrase, count));
  if (!held_back) return;
  if (*held_back == 0) return installed->write(level, line);
  installed->write(level, fmt::format("{} repeated={}", line, *held_back));
}

}  // namespace

void install_logging(const LoggingConfig& config) {
  installed = std::make_unique<Installed>(config);
  log::set_level(config.level);
  log::set_sink(&sink);
}

void flush_logging() {
  if (!installed) return;
  std::vector<WarnSampler::HeldBack> rest;
  {
    const std::lock_guard lock{installed->mutex};
    rest = installed->sampler.take_silent(TimePoint::max());
  }
  for (const auto& [phrase, count] : rest)
    installed->write(log::Level::warn, fmt::format("{} repeated={}", phrase, count));
  installed->logger.flush();
}

std::string format_text(WallTime at, log::Level level, std::string_view line) {
  std::string out = fmt::format("{} {:<5} ", format_rfc3339(at), name(level));
  append_printable(out, line);
  return out;
}

std::string format_json(WallTime at, log::Level level, std::string_view line) {
  std::string out = fmt::format(R"({{"time":"{}","level":"{}","event":)", format_rfc3339(at), name(level));
  const auto phrase = event_phrase(line);
  append_quoted(out, phrase.empty() ? line : phrase);
  std::string_view rest = phrase.empty() ? std::string_view{} : line.substr(phrase.size());
  for (;;) {
    while (rest.starts_with(' ')) rest.remove_prefix(1);
    const auto equals = rest.find('=');
    if (equals == std::string_view::npos) break;
    const auto key = rest.substr(0, equals);
    rest.remove_prefix(equals + 1);
    const bool quoted = rest.starts_with('"');
    if (quoted) rest.remove_prefix(1);
    const auto end = std::min(rest.find(quoted ? '"' : ' '), rest.size());
    out += ',';
    append_quoted(out, key);
    out += ':';
    append_quoted(out, rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  out += '}';
  return out;
}

}  // namespace parley::observe
