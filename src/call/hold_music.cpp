#include "call/hold_music.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>

#include "audio/wav.hpp"

namespace parley::call {
namespace {

constexpr double note_seconds = 0.4;
constexpr double full_scale = 32'767, level = 0.055;  // of one note; a few sound together: about -22 dBov

/// Four chords of twelve notes each, as MIDI numbers: up and down, over a bass that stays.
constexpr std::array<std::array<int, 6>, 4> chords{
    {{48, 60, 64, 67, 71, 76}, {45, 57, 60, 64, 67, 72}, {41, 57, 60, 65, 69, 72}, {43, 55, 59, 62, 69, 74}}};
constexpr std::array<std::size_t, 12> order{1, 2, 3, 4, 5, 4, 3, 4, 5, 4, 3, 2};

double frequency(int midi) { return 440.0 * std::pow(2.0, (midi - 69) / 12.0); }

/// Adds a struck note: three partials that die away, wrapped round the loop's end so that it has no seam.
void strike(std::vector<double>& loop, std::size_t at, int midi, double strength, double rate_hz) {
  constexpr double length_seconds = 2.4, attack_seconds = 0.012, release_seconds = 0.2;
  const auto length = static_cast<std::size_t>(length_seconds * rate_hz);
  for (int partial = 1; partial <= 3; ++partial) {
    // A phasor that turns and shrinks with every sample: no sine has to be computed.
    const double decay = std::exp(-(1.1 + 0.9 * partial) / rate_hz);
    const auto turn = std::polar(decay, 2 * std::numbers::pi * frequency(midi) * partial / rate_hz);
    std::complex<double> phasor{strength / (partial * partial), 0};
    for (std::size_t i = 0; i < length; ++i, phasor *= turn) {
      const double t = static_cast<double>(i) / rate_hz;
      const double attack = std::min(1.0, t / attack_seconds);
      const double release = std::min(1.0, (length_seconds - t) / release_seconds);
      loop[(at + i) % loop.size()] += attack * release * phasor.imag();
    }
  }
}

std::vector<std::int16_t> compose(audio::Rate rate) {
  const double hertz = static_cast<double>(audio::hertz(rate));
  const auto step = static_cast<std::size_t>(note_seconds * hertz);
  std::vector<double> loop(step * order.size() * chords.size());
  for (std::size_t bar = 0; bar < chords.size(); ++bar) {
    const std::size_t begin = bar * order.size() * step;
    strike(loop, begin, chords[bar][0], 0.9, hertz);
    strike(loop, begin + order.size() / 2 * step, chords[bar][0], 0.6, hertz);
    for (std::size_t note = 0; note < order.size(); ++note)
      strike(loop, begin + note * step, chords[bar][order[note]], note % 4 == 0 ? 1.0 : 0.75, hertz);
  }
  std::vector<std::int16_t> samples(loop.size());
  std::ranges::transform(loop, samples.begin(), [](double sample) {
    return static_cast<std::int16_t>(std::clamp(sample * level, -1.0, 1.0) * full_scale);
  });
  return samples;
}

}  // namespace

std::shared_ptr<const HoldMusic> HoldMusic::composed() {
  auto music = std::make_shared<HoldMusic>();
  music->samples_ = {compose(audio::Rate::narrow), compose(audio::Rate::wide)};
  return music;
}

Result<std::shared_ptr<const HoldMusic>, std::string> HoldMusic::from_file(const std::filesystem::path& path) {
  auto music = std::make_shared<HoldMusic>();
  for (const auto rate : {audio::Rate::narrow, audio::Rate::wide}) {
    auto samples = audio::wav::read(path, audio::hertz(rate));
    if (!samples) return std::unexpected(path.string() + ": " + std::string{audio::wav::to_string(samples.error())});
    if (samples->empty()) return std::unexpected(path.string() + ": has no sound in it");
    music->samples_[rate == audio::Rate::wide] = std::move(*samples);
  }
  return std::shared_ptr<const HoldMusic>{std::move(music)};
}

MusicPlayer::MusicPlayer(std::shared_ptr<const HoldMusic> music, audio::Rate rate)
    : music_{std::move(music)}, samples_{music_ ? music_->samples(rate) : std::span<const std::int16_t>{}} {}

void MusicPlayer::start() {
  if (!playing_) position_ = 0;
  playing_ = !samples_.empty();
  fading_ = false;
}

void MusicPlayer::stop() { fading_ = playing_; }

bool MusicPlayer::read(audio::Frame& frame) {
  if (!playing_) return false;
  for (auto& sample : frame.samples()) {
    sample = samples_[position_];
    if (++position_ == samples_.size()) position_ = 0;
  }
  if (std::exchange(fading_, false)) playing_ = false;
  return true;
}

}  // namespace parley::call
