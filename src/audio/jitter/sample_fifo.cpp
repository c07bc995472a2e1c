#include "audio/jitter/sample_fifo.hpp"

#include "base/assert.hpp"

#include <algorithm>

namespace parley::audio {

std::span<std::int16_t> SampleFifo::space(std::size_t count) {
  PARLEY_ASSERT(count <= room());
  if (end_ + count > memory_.size()) {
    std::copy(memory_.begin() + static_cast<std::ptrdiff_t>(begin_),
              memory_.begin() + static_cast<std::ptrdiff_t>(end_), memory_.begin());
    end_ -= begin_;
    begin_ = 0;
  }
  return {memory_.data() + end_, count};
}

void SampleFifo::append(std::span<const std::int16_t> samples) {
  std::ranges::copy(samples, space(samples.size()).begin());
  grow(samples.size());
}

}  // namespace parley::audio
