// What one 20 ms frame costs in each stage of a call's audio path. Time per iteration is time per
// frame.
#include "audio/dtmf_detector.hpp"
#include "audio/input_chain.hpp"
#include "audio/jitter_buffer.hpp"
#include "audio/mix.hpp"
#include "audio/packetizer.hpp"
#include "audio/resampler.hpp"

#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include <benchmark/benchmark.h>

namespace {

using namespace parley;
using namespace parley::audio;

/// Four seconds with pitch, syllables and noise: denoising and Opus cost less on silence.
std::vector<Frame> voice(Rate rate, double noise_level = 60) {
  std::mt19937 random{1};
  std::normal_distribution<double> noise{0, noise_level};
  std::vector<Frame> frames(200, Frame{rate});
  double phase = 0;
  std::size_t at = 0;
  for (Frame& frame : frames)
    for (std::int16_t& sample : frame.samples()) {
      const double t = static_cast<double>(at++) / hertz(rate);
      phase += (140 + 30 * std::sin(3.8 * t)) / hertz(rate);
      const double pulse = std::exp(-8 * (phase - std::floor(phase))) * std::sin(30 * (phase - std::floor(phase)));
      sample = static_cast<std::int16_t>(7'000 * std::max(0.0, std::sin(10 * t)) * pulse + noise(random));
    }
  return frames;
}

Rate rate_of(const benchmark::State& state) { return state.range(0) == 8 ? Rate::narrow : Rate::wide; }

void encode(benchmark::State& state, CodecName codec) {
  const Rate rate = rate_of(state);
  const auto frames = voice(rate);
  const auto encoder = make_encoder({.name = codec, .rate = rate});
  std::array<std::byte, max_payload_size> payload;
  std::size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(encoder->encode(frames[i++ % frames.size()].samples(), payload));
}

void decode(benchmark::State& state, CodecName codec) {
  const Rate rate = rate_of(state);
  const CodecSpec spec{.name = codec, .rate = rate};
  const auto encoder = make_encoder(spec);
  const auto decoder = make_decoder(spec);
  std::vector<std::vector<std::byte>> payloads;
  std::array<std::byte, max_payload_size> payload;
  for (const Frame& frame : voice(rate)) {
    const std::size_t size = encoder->encode(frame.samples(), payload);
    payloads.emplace_back(payload.begin(), payload.begin() + static_cast<std::ptrdiff_t>(size));
  }
  std::array<std::int16_t, max_packet_samples(Rate::wide)> pcm;
  std::size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(decoder->decode(payloads[i++ % payloads.size()], pcm));
}

void input_chain(benchmark::State& state, InputChain::Config config) {
  config.rate = rate_of(state);
  const auto frames = voice(config.rate);
  InputChain chain{config};
  std::size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(chain.process(frames[i++ % frames.size()]).level_dbov);
}

void input_chain_on_silence(benchmark::State& state) {
  InputChain chain{{.rate = rate_of(state)}};
  const Frame silence{rate_of(state)};
  for (auto _ : state) benchmark::DoNotOptimize(chain.process(silence).level_dbov);
}

/// PCMU with some jitter, and one in `loss` packets missing (0: none).
void jitter_buffer(benchmark::State& state) {
  const Rate rate = rate_of(state);
  const auto lost_every = static_cast<std::uint64_t>(state.range(1));
  JitterBuffer buffer{{.rate = rate}, make_decoder({.rate = rate})};
  const std::vector<std::byte> payload(160, std::byte{0x93});
  Frame frame{rate};
  std::uint64_t i = 0;
  for (auto _ : state) {
    const TimePoint now{20ms * i};
    if (lost_every == 0 || i % lost_every != 0)
      buffer.push(
          {static_cast<std::uint16_t>(i), static_cast<std::uint32_t>(i * 160), false, payload, now - 1ms * (i % 8)});
    benchmark::DoNotOptimize(buffer.pop(frame, now));
    ++i;
  }
}

void mixing(benchmark::State& state) {
  const auto frames = voice(rate_of(state));
  Frame out{rate_of(state)};
  Mix mix;
  for (auto _ : state) {
    clear(mix);
    for (std::size_t source = 0; source < static_cast<std::size_t>(state.range(1)); ++source)
      mix_into(mix, frames[source], Gain{0.9});
    finish(mix, out);
    benchmark::DoNotOptimize(out);
  }
}

void dtmf_detector(benchmark::State& state) {
  const auto frames = voice(rate_of(state));
  DtmfDetector detector{rate_of(state)};
  std::size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(detector.process(frames[i++ % frames.size()]));
}

void resampler(benchmark::State& state) {
  Resampler converter{static_cast<std::uint32_t>(state.range(0)), static_cast<std::uint32_t>(state.range(1))};
  const std::vector<std::int16_t> in(static_cast<std::size_t>(state.range(0)) / 50, 1'000);
  std::vector<std::int16_t> out(converter.output_bound(in.size()));
  for (auto _ : state) benchmark::DoNotOptimize(converter.process(in, out));
}

#define PARLEY_BOTH_RATES Arg(8)->Arg(16)->ArgName("khz")->Unit(benchmark::kMicrosecond)
BENCHMARK_CAPTURE(encode, pcmu, CodecName::pcmu)->PARLEY_BOTH_RATES;
BENCHMARK_CAPTURE(encode, pcma, CodecName::pcma)->PARLEY_BOTH_RATES;
BENCHMARK_CAPTURE(encode, g722, CodecName::g722)->PARLEY_BOTH_RATES;
BENCHMARK_CAPTURE(encode, opus, CodecName::opus)->PARLEY_BOTH_RATES;
BENCHMARK_CAPTURE(decode, pcmu, CodecName::pcmu)->PARLEY_BOTH_RATES;
BENCHMARK_CAPTURE(decode, pcma, CodecName::pcma)->PARLEY_BOTH_RATES;
BENCHMARK_CAPTURE(decode, g722, CodecName::g722)->PARLEY_BOTH_RATES;
BENCHMARK_CAPTURE(decode, opus, CodecName::opus)->PARLEY_BOTH_RATES;
BENCHMARK_CAPTURE(input_chain, all, InputChain::Config{})->PARLEY_BOTH_RATES;
BENCHMARK_CAPTURE(input_chain, without_denoise, InputChain::Config{.noise_suppression = NoiseSuppression::off})
    ->PARLEY_BOTH_RATES;
BENCHMARK_CAPTURE(input_chain, with_gain_control, InputChain::Config{.gain_control = true})->PARLEY_BOTH_RATES;
BENCHMARK(input_chain_on_silence)->PARLEY_BOTH_RATES;
BENCHMARK(jitter_buffer)
    ->ArgsProduct({{8, 16}, {0, 20}})
    ->ArgNames({"khz", "lost_every"})
    ->Unit(benchmark::kMicrosecond);
BENCHMARK(mixing)->ArgsProduct({{8, 16}, {1, 3}})->ArgNames({"khz", "sources"})->Unit(benchmark::kMicrosecond);
BENCHMARK(dtmf_detector)->PARLEY_BOTH_RATES;
BENCHMARK(resampler)
    ->Args({8'000, 16'000})
    ->Args({16'000, 8'000})
    ->Args({24'000, 8'000})
    ->Args({16'000, 24'000})
    ->Unit(benchmark::kMicrosecond);

}  // namespace
