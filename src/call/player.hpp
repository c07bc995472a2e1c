// Plays samples once.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "call/participant.hpp"

namespace parley::call {

class Player final : public Participant {
 public:
  /// Samples at the call's rate.
  explicit Player(std::vector<std::int16_t> samples) : samples_{std::move(samples)} {}

  bool read(audio::Frame& frame) override {
    if (finished()) return false;
    const auto out = frame.samples();
    const auto count = std::min(out.size(), samples_.size() - position_);
    std::copy_n(samples_.begin() + static_cast<std::ptrdiff_t>(position_), count, out.begin());
    std::fill(out.begin() + static_cast<std::ptrdiff_t>(count), out.end(), std::int16_t{0});
    position_ += count;
    return true;
  }
  void write(const audio::Frame*) override {}
  bool is_pullable() const override { return true; }
  bool finished() const { return position_ >= samples_.size(); }

 private:
  std::vector<std::int16_t> samples_;
  std::size_t position_ = 0;
};

}  // namespace parley::call
