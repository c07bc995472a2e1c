#include "assistant/playout.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace parley::assistant {

namespace {

constexpr std::size_t max_seconds_of_sentence = 60;
constexpr std::size_t max_heard = 512;
constexpr MediaTime restart_after = std::chrono::seconds{3};
constexpr int audible_amplitude = 104;  // −50 dBov

bool audible(std::int16_t sample) { return std::abs(int{sample}) >= audible_amplitude; }

/// A straight ramp; 0 → 1 or 1 → 0.
void ramp(std::span<std::int16_t> samples, bool up) {
  const auto size = static_cast<int>(samples.size());
  for (int i = 0; i < size; ++i) {
    const int gain = up ? i : size - i;
    auto& sample = samples[static_cast<std::size_t>(i)];
    sample = static_cast<std::int16_t>(sample * gain / size);
  }
}

}  // namespace

void Playout::begin(std::uint64_t sentence, std::string text, std::uint64_t tag) {
  sentences_.push_back({.id = sentence, .tag = tag, .text = std::move(text), .samples = {}, .onset = {}});
}

void Playout::append(std::uint64_t id, std::span<const std::int16_t> samples) {
  Sentence* sentence = find(id);
  if (!sentence || sentence->complete) return;
  const auto limit = max_seconds_of_sentence * audio::hertz(rate_);
  samples = samples.first(std::min(samples.size(), limit - std::min(limit, sentence->samples.size())));
  if (!sentence->onset) {
    const auto onset = std::ranges::find_if(samples, audible);
    if (onset != samples.end())
      sentence->onset = sentence->samples.size() + static_cast<std::size_t>(onset - samples.begin());
  }
  sentence->samples.insert(sentence->samples.end(), samples.begin(), samples.end());
}

void Playout::finish(std::uint64_t id) {
  if (Sentence* sentence = find(id)) sentence->complete = true;
}

bool Playout::read(audio::Frame& frame, MediaTime now) {
  credit(now);
  const auto out = frame.samples();
  if (fade_size_ > 0) {
    std::copy_n(fade_.begin(), fade_size_, out.begin());
    std::fill(out.begin() + static_cast<std::ptrdiff_t>(fade_size_), out.end(), std::int16_t{0});
    fade_size_ = 0;
    sounding_ = false;
    return true;
  }
  const std::size_t filled = paused_ ? 0 : fill(out);
  sounding_ = filled > 0;
  if (!sounding_) return false;
  if (std::exchange(fade_in_, false)) ramp(out.first(std::min<std::size_t>(filled, audio::hertz(rate_) / 200)), true);
  note_sent(now, out.first(filled));
  return true;
}

std::size_t Playout::fill(std::span<std::int16_t> out) {
  std::size_t filled = 0;
  while (current_ < sentences_.size() && filled < out.size()) {
    auto& sentence = sentences_[current_];
    const auto count = std::min(out.size() - filled, sentence.samples.size() - sentence.position);
    std::copy_n(sentence.samples.begin() + static_cast<std::ptrdiff_t>(sentence.position), count,
                out.begin() + static_cast<std::ptrdiff_t>(filled));
    filled += count;
    sentence.position += count;
    if (sentence.position < sentence.samples.size() || !sentence.complete) break;
    ++current_;
  }
  std::fill(out.begin() + static_cast<std::ptrdiff_t>(filled), out.end(), std::int16_t{0});
  return filled;
}

void Playout::pause(MediaTime now) {
  if (paused_) return;
  paused_ = now;
  capture_fade();
}

void Playout::resume(MediaTime now) {
  if (!paused_) return;
  if (now - *paused_ > restart_after && current_ < sentences_.size()) sentences_[current_].position = 0;
  paused_.reset();
  fade_in_ = true;
}

std::vector<Heard> Playout::cancel(MediaTime now) {
  capture_fade();
  auto heard = take_heard(now);
  sentences_.clear();
  current_ = 0;
  sent_count_ = 0;
  paused_.reset();
  fade_in_ = false;
  return heard;
}

std::vector<Heard> Playout::take_heard(MediaTime now) {
  credit(now);
  auto heard = std::exchange(heard_, {});
  for (const auto& sentence : sentences_)
    if (const auto part = part_heard(sentence); sentence.tag != 0 && !part.empty())
      heard.push_back(
          {sentence.tag, std::string{part}, sentence.complete && sentence.credited >= sentence.samples.size()});
  return heard;
}

void Playout::drop_fillers() {
  for (std::size_t i = sentences_.size(); i-- > current_;) {
    auto& sentence = sentences_[i];
    if (sentence.tag != 0) continue;
    sentence.samples.resize(sentence.position);
    sentence.complete = true;
  }
}

MediaTime Playout::queued() const {
  std::size_t samples = 0;
  for (std::size_t i = current_; i < sentences_.size(); ++i)
    samples += sentences_[i].samples.size() - sentences_[i].position;
  return duration(samples);
}

bool Playout::finished() const {
  for (std::size_t i = current_; i < sentences_.size(); ++i)
    if (!sentences_[i].complete || sentences_[i].position < sentences_[i].samples.size()) return false;
  return true;
}

bool Playout::drained(MediaTime now) {
  credit(now);
  return finished() && sent_count_ == 0 && fade_size_ == 0;
}

std::optional<std::uint64_t> Playout::starved() const {
  if (paused_ || current_ >= sentences_.size()) return {};
  for (std::size_t i = current_; i < sentences_.size(); ++i) {
    if (sentences_[i].position < sentences_[i].samples.size()) return {};
    if (!sentences_[i].complete) return sentences_[i].id;
  }
  return {};
}

Playout::Sentence* Playout::find(std::uint64_t id) {
  const auto found = std::ranges::find(sentences_, id, &Sentence::id);
  return found == sentences_.end() ? nullptr : &*found;
}

/// The next 8 ms, falling to silence. They are not counted as sent: speech resumes before them.
void Playout::capture_fade() {
  if (!sounding_ || fade_size_ > 0 || current_ >= sentences_.size()) return;
  const auto& sentence = sentences_[current_];
  const std::size_t length = audio::hertz(rate_) * 8 / 1000;
  fade_size_ = std::min(length, sentence.samples.size() - sentence.position);
  std::copy_n(sentence.samples.begin() + static_cast<std::ptrdiff_t>(sentence.position), fade_size_, fade_.begin());
  ramp(std::span{fade_}.first(fade_size_), false);
}

void Playout::note_sent(MediaTime now, std::span<const std::int16_t> samples) {
  // Several reads in one tick are ahead of real time: each is sent 20 ms after the one before.
  const MediaTime at = std::max(now, next_send_);
  next_send_ = at + audio::frame_duration;
  const auto& last = current_ < sentences_.size() && sentences_[current_].position > 0 ? sentences_[current_]
                                                                                       : sentences_[current_ - 1];
  if (last.tag != 0) {  // a filler is not the answer
    if (!first_sent_) first_sent_ = at;
    if (!first_audible_ && std::ranges::any_of(samples, audible)) first_audible_ = at;
  }
  if (sent_count_ == sent_.size()) {  // more than 2.5 s unheard: far beyond any heard_delay
    apply(sent_[sent_head_]);
    sent_head_ = (sent_head_ + 1) % sent_.size();
    --sent_count_;
  }
  sent_[(sent_head_ + sent_count_++) % sent_.size()] = {at, last.id, last.position};
}

void Playout::credit(MediaTime now) {
  while (sent_count_ > 0 && sent_[sent_head_].at + heard_delay_ <= now) {
    apply(sent_[sent_head_]);
    sent_head_ = (sent_head_ + 1) % sent_.size();
    --sent_count_;
  }
  retire();
}

void Playout::apply(const Sent& sent) {
  if (!find(sent.sentence)) return;
  for (auto& sentence : sentences_) {
    if (sentence.id == sent.sentence) {
      sentence.credited = std::max(sentence.credited, sent.position);
      return;
    }
    sentence.credited = sentence.samples.size();
  }
}

void Playout::retire() {
  while (current_ > 0 && sentences_.front().credited >= sentences_.front().samples.size()) {
    auto& sentence = sentences_.front();
    if (sentence.tag != 0 && !sentence.samples.empty() && heard_.size() < max_heard)
      heard_.push_back({sentence.tag, std::move(sentence.text), true});
    sentences_.pop_front();
    --current_;
  }
}

std::string_view Playout::part_heard(const Sentence& sentence) const {
  const std::size_t lead = sentence.onset.value_or(sentence.samples.size());
  if (sentence.credited <= lead) return {};
  std::size_t total = sentence.samples.size();
  if (!sentence.complete) {
    const auto estimate = estimated_seconds(sentence.text) * audio::hertz(rate_);
    total = std::max(total, lead + static_cast<std::size_t>(estimate));
  }
  return heard_part(sentence.text, sentence.credited - lead, total - lead);
}

MediaTime Playout::duration(std::size_t samples) const {
  return MediaTime{static_cast<std::int64_t>(samples) * 1'000'000 / audio::hertz(rate_)};
}

}  // namespace parley::assistant
