// WAV files: whatever is read lies inside the file, and what is decoded has the length that the
// header implies.
#include "audio/wav.hpp"
#include "base/assert.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

using namespace parley;
using namespace parley::audio;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto file = std::as_bytes(std::span{data, size});
  const auto layout = wav::parse(file);
  const auto sound = wav::decode(file, 8'000);
  PARLEY_ASSERT(layout.has_value() == sound.has_value());
  if (!layout) {
    PARLEY_ASSERT(layout.error() == sound.error() && wav::to_string(layout.error()) != "unknown error");
    return 0;
  }
  PARLEY_ASSERT(!layout->data.empty() && layout->data.data() >= file.data() &&
                layout->data.data() + layout->data.size() <= file.data() + file.size());
  PARLEY_ASSERT(layout->channels >= 1 && layout->channels <= wav::max_channels);
  // At least a byte a channel a sample: memory is bounded by the file's size and the rates' ratio.
  PARLEY_ASSERT(sound->size() <= layout->data.size() / layout->channels * 8'000 / layout->rate_hz + 1);
  return 0;
}
