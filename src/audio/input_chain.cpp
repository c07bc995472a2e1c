#include "audio/input_chain.hpp"

#include "audio/dsp/high_pass.hpp"
#include "audio/level.hpp"
#include "audio/to_sample.hpp"
#include "base/assert.hpp"

#include <algorithm>
#include <array>

#include <webrtc/modules/audio_processing/include/audio_processing.h>

namespace parley::audio {
namespace {

constexpr std::size_t overlap_ms = 6;  // of the noise suppressor's analysis window, at 8 and at 16 kHz

webrtc::NoiseSuppression::Level level_of(NoiseSuppression strength) {
  switch (strength) {
    case NoiseSuppression::off:
    case NoiseSuppression::low: return webrtc::NoiseSuppression::kLow;
    case NoiseSuppression::moderate: return webrtc::NoiseSuppression::kModerate;
    case NoiseSuppression::high: return webrtc::NoiseSuppression::kHigh;
  }
  PARLEY_ASSERT(false);
}

}  // namespace

struct InputChain::State {
  explicit State(const Config& its_config)
      : config{its_config},
        apm{webrtc::AudioProcessing::Create()},
        high_pass{its_config.rate},
        original{config.rate},
        denoised{config.rate} {
    PARLEY_ASSERT(apm != nullptr);
    apm->noise_suppression()->set_level(level_of(config.noise_suppression));
    apm->noise_suppression()->Enable(suppresses());
    // The second strictest of four: background speech and clatter should not open a turn.
    apm->voice_detection()->set_likelihood(webrtc::VoiceDetection::kLowLikelihood);
    apm->voice_detection()->Enable(config.voice_detection);
    apm->gain_control()->set_mode(webrtc::GainControl::kAdaptiveDigital);
    apm->gain_control()->Enable(config.gain_control);
    warm_up();
  }

  bool suppresses() const { return config.noise_suppression != NoiseSuppression::off; }
  bool uses_library() const { return suppresses() || config.voice_detection || config.gain_control; }
  std::size_t delay() const { return suppresses() ? overlap_ms * (hertz(config.rate) / 1000) : 0; }

  /// What the library allocates at its first calls is then allocated here and not in a tick.
  void warm_up() {
    constexpr int blocks = 4;
    for (int i = 0; uses_library() && i < blocks; ++i)
      process_half(denoised.samples().first(denoised.samples().size() / 2));
  }

  /// 10 ms through the library, in place. It counts in floats from -1 to 1.
  void process_half(std::span<std::int16_t> half) {
    constexpr float full_scale = 32768;
    std::ranges::transform(half, block.begin(),
                           [](std::int16_t sample) { return static_cast<float>(sample) / full_scale; });
    float* const channel = block.data();
    const webrtc::StreamConfig mono{static_cast<int>(hertz(config.rate)), 1};
    const int error = apm->ProcessStream(&channel, mono, mono, &channel);
    PARLEY_ASSERT(error == webrtc::AudioProcessing::kNoError);
    std::ranges::transform(std::span{block}.first(half.size()), half.begin(),
                           [](float sample) { return to_sample(sample * full_scale); });
  }

  Config config;
  std::unique_ptr<webrtc::AudioProcessing> apm;
  HighPass high_pass;
  std::array<float, frame_size(Rate::wide) / 2> block{};
  Frame original;
  Frame denoised;
  std::array<std::int16_t, overlap_ms * 16> held{};  // the end of the last frame, still to be given out
};

InputChain::InputChain(const Config& config) : state_{std::make_unique<State>(config)} {}
InputChain::~InputChain() = default;
InputChain::InputChain(InputChain&&) noexcept = default;
InputChain& InputChain::operator=(InputChain&&) noexcept = default;

std::size_t InputChain::delay_samples() const { return state_->delay(); }

InputChain::Output InputChain::process(const Frame& frame) {
  State& state = *state_;
  PARLEY_ASSERT(frame.rate() == state.config.rate);
  const auto in = frame.samples();
  const auto delay = static_cast<std::ptrdiff_t>(state.delay());
  const auto original = state.original.samples();
  std::copy_n(state.held.begin(), delay, original.begin());
  std::copy(in.begin(), in.end() - delay, original.begin() + delay);
  std::copy(in.end() - delay, in.end(), state.held.begin());

  if (!state.uses_library() && !state.config.high_pass)
    return {state.original, state.original, false, 0.0f, level_dbov(original)};
  bool speech = false;
  float probability = 0;
  const auto denoised = state.denoised.samples();
  std::ranges::copy(in, denoised.begin());
  if (state.config.high_pass) state.high_pass.process(denoised);
  const std::size_t half = in.size() / 2;
  for (std::size_t begin = 0; state.uses_library() && begin < in.size(); begin += half) {
    state.process_half(denoised.subspan(begin, half));
    if (state.config.voice_detection) speech = speech || state.apm->voice_detection()->stream_has_voice();
    if (state.suppresses()) probability = std::max(probability, state.apm->noise_suppression()->speech_probability());
  }
  if (!state.suppresses()) probability = speech ? 1.0f : 0.0f;
  return {state.original, state.denoised, speech, probability, level_dbov(denoised)};
}

}  // namespace parley::audio
