#include "base/log.hpp"

#include <atomic>
#include <cstdio>

namespace parley::log {
namespace {

void write_to_stderr(Level level, std::string_view line) {
  static constexpr const char* names[] = {"debug", "info", "warn", "error"};
  std::fprintf(stderr, "%-5s %.*s\n", names[static_cast<int>(level)], static_cast<int>(line.size()), line.data());
}

std::atomic<Sink> current_sink{&write_to_stderr};
std::atomic<Level> lowest_level{Level::info};

}  // namespace

void set_sink(Sink sink) { current_sink = sink; }
void set_level(Level lowest) { lowest_level = lowest; }
bool enabled(Level level) { return level >= lowest_level.load(std::memory_order_relaxed); }
void write(Level level, std::string_view line) { current_sink.load(std::memory_order_relaxed)(level, line); }

}  // namespace parley::log
