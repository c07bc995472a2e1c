// Nothing here may allocate per frame: counted over a thousand frames of each path.
#include "audio/dtmf_detector.hpp"
#include "audio/dtmf_generator.hpp"
#include "audio/elastic_buffer.hpp"
#include "audio/input_chain.hpp"
#include "audio/jitter_buffer.hpp"
#include "audio/mix.hpp"
#include "audio/packetizer.hpp"
#include "audio/resampler.hpp"
#include "audio/testing/signals.hpp"
#include "audio/tone.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

#include <gtest/gtest.h>

namespace {

std::atomic<std::uint64_t> allocations{0};

void* counted(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* const memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc{};
}

}  // namespace

void* operator new(std::size_t size) { return counted(size); }
void* operator new[](std::size_t size) { return counted(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

namespace parley::audio {
namespace {

using namespace testing;

constexpr std::size_t frames = 1'000;

/// How often `step(i)` allocated, for i from 0 to 999.
std::uint64_t allocations_in(auto&& step) {
  const std::uint64_t before = allocations.load();
  for (std::size_t i = 0; i < frames; ++i) step(i);
  return allocations.load() - before;
}

class NoAllocation : public ::testing::TestWithParam<std::tuple<CodecName, Rate>> {
 protected:
  CodecSpec spec{.name = std::get<0>(GetParam()), .rate = std::get<1>(GetParam())};
  std::vector<Frame> sound = frames_of(speech_like(spec.rate, hertz(spec.rate) * 20), spec.rate);
};

INSTANTIATE_TEST_SUITE_P(Audio, NoAllocation,
                         ::testing::Combine(::testing::Values(CodecName::pcmu, CodecName::pcma, CodecName::g722,
                                                              CodecName::opus),
                                            ::testing::Values(Rate::narrow, Rate::wide)));

TEST_P(NoAllocation, FromPacketizerThroughJitterBuffer) {
  Packetizer packetizer{spec, std::chrono::milliseconds{20}};
  JitterBuffer buffer{{.rate = spec.rate, .rtp_clock = rtp_clock(spec.name)}, make_decoder(spec)};
  Frame out{spec.rate};

  const auto counted = allocations_in([&](std::size_t i) {
    const TimePoint now{20ms * i};
    packetizer.push(sound[i]);
    while (const auto packet = packetizer.poll())
      if (i % 20 != 7)  // some are lost
        buffer.push({static_cast<std::uint16_t>(i), packet->timestamp, false, packet->payload, now + 1ms * (i % 30)});
    buffer.pop(out, now);
  });

  EXPECT_EQ(counted, 0u);
  EXPECT_GT(buffer.statistics().received, 900u);
}

TEST_P(NoAllocation, InTheInputChain) {
  InputChain chain{{.rate = spec.rate, .gain_control = true}};
  DtmfDetector detector{spec.rate};
  int speech = 0;

  const auto counted = allocations_in([&](std::size_t i) {
    speech += chain.process(sound[i]).speech;
    detector.process(sound[i]);
  });

  EXPECT_EQ(counted, 0u);
  EXPECT_GT(speech, 0);
}

TEST_P(NoAllocation, InTheElasticBufferTonesResamplerAndMix) {
  ElasticBuffer buffer{{.rate = spec.rate}};
  Tone tone{ringback_us, spec.rate};
  DtmfGenerator keys{{.rate = spec.rate}};
  Resampler resampler{hertz(spec.rate), 24'000};
  std::vector<std::int16_t> converted(resampler.output_bound(frame_size(spec.rate)));
  Frame frame{spec.rate};
  Mix mix;

  const auto counted = allocations_in([&](std::size_t i) {
    const TimePoint now{20ms * i};
    buffer.push(sound[i].samples(), now);
    buffer.pop(frame, now);
    clear(mix);
    mix_into(mix, frame, Gain{0}, Gain{0.7});
    tone.read(frame);
    mix_into(mix, frame, Gain{});
    keys.press('5');
    keys.read(frame);
    finish(mix, frame);
    resampler.process(frame.samples(), converted);
  });

  EXPECT_EQ(counted, 0u);
}

}  // namespace
}  // namespace parley::audio
