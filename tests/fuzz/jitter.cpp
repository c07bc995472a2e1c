// The jitter buffer under any order of packets, jumps and ticks: it always yields a frame, counts
// every packet, and never holds more than it was given room for.
#include "audio/jitter_buffer.hpp"
#include "base/assert.hpp"
#include "base/bytes.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

using namespace parley;
using namespace parley::audio;

namespace {

constexpr std::array specs{
    CodecSpec{.name = CodecName::pcmu, .rate = Rate::narrow}, CodecSpec{.name = CodecName::opus, .rate = Rate::wide},
    CodecSpec{.name = CodecName::g722, .rate = Rate::wide}, CodecSpec{.name = CodecName::pcma, .rate = Rate::wide}};

/// Every step is a byte: what happens, and where it is a packet, how its numbers move on.
class Play {
 public:
  explicit Play(const CodecSpec& spec)
      : clock_{rtp_clock(spec.name)},
        buffer_{{.rate = spec.rate, .rtp_clock = clock_, .slots = 16}, make_decoder(spec)},
        frame_{spec.rate} {}

  void run(ByteReader in) {
    for (int steps = 0; !in.empty() && steps < 2'000; ++steps) {
      const std::uint8_t step = in.u8();
      if (step < 96) tick();
      else if (step < 200) packet(in, 1, clock_ / 50);
      else if (step < 220)
        packet(in, static_cast<std::int8_t>(in.u8()),
               static_cast<std::uint32_t>(static_cast<std::int8_t>(in.u8())) * 80);
      else if (step < 235) packet(in, in.u16(), in.u32());
      else if (step < 250) now_ += std::chrono::milliseconds{in.u8() * 4};
      else if (step < 254) now_ += std::chrono::milliseconds{in.u16()};
      else buffer_.reset();
    }
    for (int i = 0; i < 50; ++i) tick();
    check();
  }

 private:
  void tick() {
    now_ += frame_duration;
    buffer_.pop(frame_, now_);
  }

  void packet(ByteReader& in, int sequence_step, std::uint32_t timestamp_step) {
    sequence_ = static_cast<std::uint16_t>(sequence_ + sequence_step);
    timestamp_ += timestamp_step;
    const auto payload = in.take(std::min<std::size_t>(in.u8(), in.rest().size()));
    const auto arrival = buffer_.push({sequence_, timestamp_, false, payload, now_});
    ++sent_;
    refused_ += arrival == JitterBuffer::Arrival::late;
  }

  void check() const {
    const auto figures = buffer_.statistics();
    PARLEY_ASSERT(figures.received == sent_ && figures.late >= refused_);
    PARLEY_ASSERT(figures.target >= std::chrono::milliseconds{20} && figures.target <= std::chrono::milliseconds{200});
  }

  std::uint32_t clock_;
  JitterBuffer buffer_;
  Frame frame_;
  TimePoint now_{};
  std::uint16_t sequence_ = 65'530;
  std::uint32_t timestamp_ = 0xFFFF'FF00;
  std::uint64_t sent_ = 0, refused_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ByteReader in{std::as_bytes(std::span{data, size})};
  Play{specs[in.u8() % specs.size()]}.run(in);
  return 0;
}
