#include "assistant/end_of_turn.hpp"

#include <algorithm>

namespace parley::assistant {

namespace {

constexpr std::size_t max_utterances = 64;
constexpr std::size_t max_text = 8'192;

void append(std::string& text, std::string_view more) {
  if (more.empty() || text.size() + more.size() > max_text) return;
  if (!text.empty()) text += ' ';
  text += more;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

}  // namespace

std::string_view to_string(EndReason reason) {
  switch (reason) {
    case EndReason::silence: return "silence";
    case EndReason::stt: return "stt";
    case EndReason::stt_missed: return "stt_missed";
    case EndReason::hard_stop: return "hard_stop";
    case EndReason::dtmf: return "dtmf";
    case EndReason::input: return "input";
  }
  return "silence";
}

bool EndOfTurn::resumable() const {
  return open_ && !utterances_.empty() && utterances_.back().number != 0 && !utterances_.back().final &&
         !utterances_.back().lost;
}

std::string EndOfTurn::text() const {
  std::string text;
  for (const auto& utterance : utterances_) append(text, trimmed(utterance.text));
  return text;
}

bool EndOfTurn::has_words() const {
  return std::ranges::any_of(utterances_, [](const Utterance& u) { return !trimmed(u.text).empty(); });
}

bool EndOfTurn::complete() const {
  return std::ranges::all_of(utterances_, [](const Utterance& u) { return u.final || u.lost; });
}

void EndOfTurn::began(std::uint64_t utterance, MediaTime started, MediaTime now) {
  if (!open_) {
    utterances_.clear();
    stt_final_.reset();
    spoken_ = {};
    started_ = started;
    open_ = true;
  }
  // What is too much for one turn is joined, so that the list stays bounded.
  if (utterances_.size() == max_utterances) {
    append(utterances_[0].text, utterances_[1].text);
    utterances_.erase(utterances_.begin() + 1);
  }
  utterances_.push_back({.number = utterance, .text = {}});
  speaking_ = true;
  last_activity_ = now;
}

void EndOfTurn::resumed(MediaTime now) {
  speaking_ = true;
  last_activity_ = now;
}

void EndOfTurn::ended(MediaTime t_end, MediaTime spoken, MediaTime now) {
  speaking_ = false;
  t_end_ = t_end;
  spoken_ += spoken;
  last_activity_ = now;
  // A final that belongs to an earlier end of the same utterance is void.
  if (!utterances_.empty()) utterances_.back().final = false;
  stt_final_.reset();
}

void EndOfTurn::cut(MediaTime now) {
  t_end_ = now;
  last_activity_ = now;
}

void EndOfTurn::transcript(const speech::Transcript& transcript, MediaTime now) {
  Utterance* utterance = find(transcript.utterance);
  if (!utterance) {  // words though the detector saw nothing: a quiet speaker
    if (trimmed(transcript.text).empty()) return;
    const bool speaking = speaking_;
    began(transcript.utterance, transcript.started, now);
    speaking_ = speaking;
    if (!speaking && spoken_ == MediaTime{}) t_end_ = transcript.final ? transcript.ended : now;
    utterance = &utterances_.back();
  } else if (!speaking_ && spoken_ == MediaTime{}) {
    t_end_ = now;
  }
  utterance->text = transcript.text.substr(0, max_text);
  utterance->final = transcript.final;
  last_activity_ = now;
  if (transcript.final) stt_final_ = now;
  else stt_final_.reset();
}

void EndOfTurn::transcription_lost() {
  for (auto& utterance : utterances_) utterance.lost = true;
}

std::optional<EndOfTurn::Outcome> EndOfTurn::advance(MediaTime now) {
  if (!open_ || speaking_) return {};
  const bool wordless = !has_words();
  if (now >= t_end_ + parameters_.delay) {
    if (complete()) return close(reason_of_commit());
    if (!wordless && now >= t_end_ + parameters_.stt_final_wait) return close(EndReason::stt_missed);
  }
  const auto limit = wordless ? parameters_.understood_within : parameters_.hard_stop;
  if (now >= (wordless ? t_end_ : last_activity_) + limit) return close(EndReason::hard_stop);
  return {};
}

std::optional<EndOfTurn::Committed> EndOfTurn::take(EndReason reason, MediaTime now) {
  if (!open_) return {};
  if (speaking_) t_end_ = now;
  auto outcome = close(reason);
  if (auto* committed = std::get_if<Committed>(&outcome)) return std::move(*committed);
  return {};
}

EndOfTurn::Utterance* EndOfTurn::find(std::uint64_t number) {
  if (!open_ || utterances_.empty()) return nullptr;
  if (number == 0) {  // the engine's own segment: an interim is replaced until its final
    auto& last = utterances_.back();
    return last.number == 0 && !last.final ? &last : nullptr;
  }
  const auto found = std::ranges::find(utterances_, number, &Utterance::number);
  return found == utterances_.end() ? nullptr : &*found;
}

EndOfTurn::Outcome EndOfTurn::close(EndReason reason) {
  open_ = speaking_ = false;
  auto text = this->text();
  if (text.empty()) {
    if (spoken_ >= parameters_.ought_to_have_words) return NotUnderstood{};
    return Nothing{};
  }
  return Committed{.text = std::move(text),
                   .started = started_,
                   .t_end = t_end_,
                   .reason = reason,
                   .stt_final = stt_final_,
                   .first_utterance = utterances_.front().number,
                   .last_utterance = utterances_.back().number};
}

EndReason EndOfTurn::reason_of_commit() const {
  return stt_final_ && *stt_final_ > t_end_ + parameters_.delay ? EndReason::stt : EndReason::silence;
}

}  // namespace parley::assistant
