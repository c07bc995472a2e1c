// From one sample rate to another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace parley::audio {

/// Streams int16 mono from one rate to another (8, 16, 24, 48 kHz, or any).
///
/// Shape   blocks of any size; `to / from` samples come out for one that goes in, exactly so for
/// every
///         block whose share is a whole number.
/// Delay   that of a linear-phase filter, delay(): 4 ms between 8 and 16 kHz at the default
/// quality. Cost    no allocation after construction. Equal rates copy.
class Resampler {
 public:
  static constexpr int default_quality = 4;  // of speexdsp's 0 to 10

  Resampler(std::uint32_t from_hz, std::uint32_t to_hz, int quality = default_quality);
  ~Resampler();
  Resampler(Resampler&&) noexcept;
  Resampler& operator=(Resampler&&) noexcept;

  /// Space that the output of `input_size` samples always fits into.
  std::size_t output_bound(std::size_t input_size) const;
  /// Converts all of `in` and yields how many samples it wrote to the front of `out`, which has
  /// room for output_bound(in.size()).
  std::size_t process(std::span<const std::int16_t> in, std::span<std::int16_t> out);
  /// Forgets the past, as for a new stream.
  void reset();
  /// Takes the delay off, before the first block: the output then begins with the first sample, and
  /// the first blocks give less.
  void skip_delay();
  /// In samples of the output.
  std::size_t delay() const;

  std::uint32_t from_hz() const { return from_hz_; }
  std::uint32_t to_hz() const { return to_hz_; }

 private:
  struct Destroy {
    void operator()(void* state) const;
  };
  std::unique_ptr<void, Destroy> state_;  // null for equal rates
  std::uint32_t from_hz_;
  std::uint32_t to_hz_;
};

/// A whole recording at once. Allocates; not for the tick. As long as it should be to the sample.
std::vector<std::int16_t> resample(std::span<const std::int16_t> samples, std::uint32_t from_hz, std::uint32_t to_hz,
                                   int quality = Resampler::default_quality);

}  // namespace parley::audio
