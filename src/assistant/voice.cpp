#include "assistant/voice.hpp"

#include <algorithm>

namespace parley::assistant {

namespace {

constexpr MediaTime ahead = std::chrono::seconds{5};
constexpr MediaTime stall = std::chrono::seconds{3};
constexpr std::size_t max_characters = 300;  // per request: less waste on barge-in, better prosody
constexpr std::size_t max_waiting = 256;
constexpr std::size_t max_in_flight = 4;  // sentences whose length nobody knows yet
constexpr int failures_to_reopen = 2;
constexpr int failures_to_give_up = 4;

/// The first part of `text`, cut between words.
std::string_view head_of(std::string_view text) {
  if (text.size() <= max_characters) return text;
  const auto space = text.rfind(' ', max_characters);
  if (space != text.npos && space > 0) return text.substr(0, space);
  auto cut = max_characters;  // no space: then at least between characters
  while (cut > 1 && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80) --cut;
  return text.substr(0, cut);
}

}  // namespace

Voice::Voice(std::shared_ptr<speech::Tts> provider, speech::TtsOptions options,
             std::shared_ptr<speech::Executor> executor, MediaTime heard_delay, VoiceListener& listener)
    : provider_{std::move(provider)},
      options_{std::move(options)},
      executor_{std::move(executor)},
      listener_{listener},
      playout_{options_.rate, heard_delay} {
  if (provider_) session_ = provider_->open(options_, *this, executor_);
}

std::string_view Voice::provider() const { return provider_ ? provider_->name() : std::string_view{}; }

void Voice::say(std::string_view text, std::uint64_t tag) {
  while (session_ && !text.empty() && waiting_.size() < max_waiting) {
    const auto part = head_of(text);
    text.remove_prefix(part.size());
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    waiting_.push_back({next_id_++, tag, std::string{part}});
  }
  feed();
}

void Voice::tick(MediaTime now) {
  now_ = now;
  if (lost_) {  // told here, not inside a report of the session that is to be replaced
    lost_ = false;
    reopen();
  }
  watch();
  feed();
}

void Voice::feed() {
  while (session_ && !waiting_.empty() && in_flight_.size() < max_in_flight && playout_.queued() < ahead) {
    auto sentence = std::move(waiting_.front());
    waiting_.pop_front();
    if (!asked_ && sentence.tag != 0) asked_ = now_;
    playout_.begin(sentence.id, sentence.text, sentence.tag);
    session_->say(sentence.id, sentence.text);
    in_flight_.push_back(std::move(sentence));
  }
}

void Voice::watch() {
  const auto starved = playout_.starved();
  if (!starved) {
    progress_.reset();
    return;
  }
  if (!progress_) progress_ = now_;
  if (now_ - *progress_ < stall) return;
  progress_.reset();
  if (!session_) return playout_.finish(*starved);

  session_->cancel();
  fail(*starved, "no audio for 3 s");
  for (const auto& sentence : in_flight_) session_->say(sentence.id, sentence.text);
}

void Voice::drop_fillers() {
  std::erase_if(waiting_, [](const Sentence& s) { return s.tag == 0; });
  playout_.drop_fillers();
}

std::vector<Heard> Voice::cancel() {
  if (session_ && !in_flight_.empty()) session_->cancel();
  waiting_.clear();
  in_flight_.clear();
  progress_.reset();
  return playout_.cancel(now_);
}

std::optional<MediaTime> Voice::remaining() const {
  if (!waiting_.empty() || !in_flight_.empty()) return {};
  return playout_.queued();
}

void Voice::begin_measuring() {
  asked_.reset();
  first_audio_.reset();
  playout_.reset_times();
}

Voice::Times Voice::times() const { return {asked_, first_audio_, playout_.first_sent(), playout_.first_audible()}; }

void Voice::on_audio(std::uint64_t id, std::span<const std::int16_t> samples) {
  if (samples.empty()) return;
  failures_ = 0;
  progress_.reset();
  const auto sentence = std::ranges::find(in_flight_, id, &Sentence::id);
  if (sentence != in_flight_.end() && sentence->tag != 0 && !first_audio_) first_audio_ = now_;
  playout_.append(id, samples);
}

void Voice::on_sentence_done(std::uint64_t id) {
  playout_.finish(id);
  std::erase_if(in_flight_, [id](const Sentence& s) { return s.id == id; });
  feed();
}

void Voice::on_tts_failed(std::uint64_t id, std::string_view reason) {
  fail(id, reason);
  feed();
}

void Voice::fail(std::uint64_t id, std::string_view reason) {
  playout_.finish(id);
  std::erase_if(in_flight_, [id](const Sentence& s) { return s.id == id; });
  if (++failures_ >= failures_to_reopen) lost_ = true;
  listener_.on_sentence_failed(reason);
}

void Voice::reopen() {
  session_.reset();
  if (failures_ < failures_to_give_up) session_ = provider_->open(options_, *this, executor_);
  if (session_) {
    for (const auto& sentence : in_flight_) session_->say(sentence.id, sentence.text);
    return;
  }
  for (const auto& sentence : in_flight_) playout_.finish(sentence.id);
  in_flight_.clear();
  waiting_.clear();
  listener_.on_voice_lost("the voice failed repeatedly");
}

}  // namespace parley::assistant
