#include "assistant/ears.hpp"

#include <algorithm>
#include <utility>

namespace parley::assistant {

namespace {
constexpr std::size_t kept_frames = 64;
constexpr int max_reopened = 3;
}  // namespace

Ears::Ears(std::shared_ptr<speech::Stt> provider, speech::SttOptions options,
           std::shared_ptr<speech::Executor> executor, EarsListener& listener)
    : provider_{std::move(provider)},
      options_{std::move(options)},
      executor_{std::move(executor)},
      listener_{listener} {
  if (provider_) session_ = provider_->open(options_, *this, executor_);
  if (session_) ring_.assign(kept_frames, {audio::Frame{options_.rate}, {}});
}

std::string_view Ears::provider() const { return provider_ ? provider_->name() : std::string_view{}; }

void Ears::hear(const audio::Frame& frame, MediaTime at) {
  if (ring_.empty()) return;
  ring_[count_ % kept_frames] = {frame, at};
  ++count_;
  if (open_ && hears()) write_kept();
}

void Ears::begin(std::uint64_t utterance, MediaTime started) {
  utterance_ = utterance;
  started_ = started;
  open_ = true;
  if (!hears()) return;
  const auto oldest = count_ - std::min<std::uint64_t>(count_, kept_frames);
  written_ = count_;
  while (written_ > oldest && ring_[(written_ - 1) % kept_frames].at >= started) --written_;
  session_->begin_utterance(utterance, started);
  write_kept();
}

void Ears::resume() {
  open_ = true;
  if (!hears()) return;
  session_->resume_utterance();
  write_kept();
}

void Ears::end(MediaTime t_end) {
  if (!std::exchange(open_, false) || !hears()) return;
  session_->end_utterance(t_end);
}

void Ears::tick() {
  if (!std::exchange(broken_, false)) return;
  session_.reset();
  if (++reopened_ <= max_reopened) session_ = provider_->open(options_, *this, executor_);
  if (session_ && open_) begin(utterance_, started_);  // with what is still kept of it
}

void Ears::write_kept() {
  written_ = std::max(written_, count_ - std::min<std::uint64_t>(count_, kept_frames));
  for (; written_ < count_; ++written_) session_->write(ring_[written_ % kept_frames].frame);
}

void Ears::on_transcript(const speech::Transcript& transcript) { listener_.on_transcript(transcript); }

void Ears::on_stt_failed(std::string_view reason) {
  broken_ = true;
  listener_.on_ears_failed(reason, reopened_ < max_reopened);
}

}  // namespace parley::assistant
