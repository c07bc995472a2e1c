#include "audio/dtmf_generator.hpp"

#include "audio/mix.hpp"
#include "base/assert.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

namespace parley::audio {
namespace {

constexpr std::string_view keypad = "123A456B789C*0#D";  // rows of four (ITU-T Q.23)
constexpr std::array<double, 4> rows_hz{697, 770, 852, 941};
constexpr std::array<double, 4> columns_hz{1209, 1336, 1477, 1633};

char upper(char key) { return key >= 'a' && key <= 'd' ? static_cast<char>(key - 'a' + 'A') : key; }

std::size_t samples_in(std::chrono::milliseconds duration, Rate rate) {
  return static_cast<std::size_t>(duration.count()) * (hertz(rate) / 1000);
}

}  // namespace

bool is_dtmf_key(char key) { return keypad.contains(upper(key)); }

DtmfGenerator::DtmfGenerator(const Config& config) : config_{config} {}

bool DtmfGenerator::press(char key) {
  if (!is_dtmf_key(key) || waiting_ == max_keys) return false;
  keys_[(first_ + waiting_++) % max_keys] = upper(key);
  return true;
}

bool DtmfGenerator::read(Frame& frame) {
  PARLEY_ASSERT(frame.rate() == config_.rate);
  frame.silence();
  if (idle()) return false;
  const std::size_t on = samples_in(config_.on, config_.rate);
  const auto ramp = static_cast<double>(fade_size(config_.rate));
  for (std::int16_t& sample : frame.samples()) {
    if (remaining_ == 0) {
      if (waiting_ == 0) break;
      next_key();
    }
    if (elapsed_ < on) {
      const double gain =
          std::min({1.0, static_cast<double>(elapsed_) / ramp, static_cast<double>(on - elapsed_) / ramp});
      sample = static_cast<std::int16_t>(std::lround(gain * (low_.next() + high_.next())));
    }
    ++elapsed_;
    --remaining_;
  }
  return true;
}

void DtmfGenerator::clear() { waiting_ = remaining_ = 0; }

void DtmfGenerator::next_key() {
  const std::size_t place = keypad.find(keys_[first_]);
  first_ = (first_ + 1) % max_keys;
  --waiting_;
  low_ = Oscillator{rows_hz[place / 4], config_.level_dbov, config_.rate};
  high_ = Oscillator{columns_hz[place % 4], config_.level_dbov, config_.rate};
  elapsed_ = 0;
  remaining_ = samples_in(config_.on + config_.off, config_.rate);
}

}  // namespace parley::audio
