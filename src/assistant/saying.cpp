#include "assistant/saying.hpp"

#include <algorithm>

namespace parley::assistant {

namespace {

std::int64_t ms(MediaTime time) { return std::chrono::duration_cast<std::chrono::milliseconds>(time).count(); }

}  // namespace

void Saying::add(std::string_view sentence) {
  if (!text.empty()) text += ' ';
  text += sentence;
}

std::string text_of(std::span<const Heard> heard) {
  std::string text;
  for (const auto& sentence : heard) {
    if (!text.empty()) text += ' ';
    text += sentence.text;
  }
  return text;
}

call::Turn turn_of(const Saying& saying, std::span<const Heard> heard, const Voice::Times& times, bool interrupted,
                   MediaTime now) {
  call::Turn turn{.speaker = call::Speaker::assistant,
                  .leg_id = {},
                  .text = saying.text,
                  .started = times.first_audible.value_or(saying.begun),
                  .ended = now,
                  .interrupted = interrupted,
                  .heard_text = text_of(heard),
                  .provider = {},
                  .timings_ms = {}};
  auto& timings = turn.timings_ms;
  if (saying.first_token) timings["llm_first_token_ms"] = ms(*saying.first_token - saying.begun);
  if (times.asked && times.first_audio) timings["tts_first_audio_ms"] = ms(*times.first_audio - *times.asked);
  if (!saying.t_end) return turn;

  if (saying.stt_final) timings["stt_final_ms"] = ms(*saying.stt_final - *saying.t_end);
  if (times.first_audible) timings["response_ms"] = ms(*times.first_audible - *saying.t_end);
  // What is left of the response without the waits that were set, the model and the voice.
  if (saying.first_text && times.asked && times.first_audio && times.first_sent)
    timings["own_share_ms"] = ms(std::max(saying.begun - saying.due, MediaTime{}) +
                                 (*times.asked - *saying.first_text) + (*times.first_sent - *times.first_audio));
  return turn;
}

}  // namespace parley::assistant
