#include "providers/local/utterance_session.hpp"

#include <algorithm>
#include <atomic>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "audio/resampler.hpp"
#include "base/log.hpp"
#include "providers/local/segment.hpp"

namespace parley::providers::local {

namespace {

constexpr std::size_t interim_every_s = 2;
constexpr std::size_t cut_from_s = 10;
constexpr std::size_t cut_at_s = 15;
constexpr std::size_t hold_s = 30;  // with the pool full so long, the oldest piece is given up

// Below this the "speech" is a click on a dead line: not worth a model's time.
constexpr int silent_dbov = -66;

using Wanted = std::shared_ptr<std::atomic<bool>>;

struct Job {
  std::shared_ptr<Recogniser> recogniser;
  std::vector<std::int16_t> samples;  // at the call's rate
  std::uint32_t rate_hz;
};

/// In the pool: recognises it all, in pieces that the model was made for.
std::string recognise(const Job& job) {
  if (loudest_dbov(job.samples, job.rate_hz) < silent_dbov) return {};
  const auto samples = audio::resample(job.samples, job.rate_hz, Recogniser::rate_hz);
  std::span<const std::int16_t> rest{samples};
  std::string text;
  while (!rest.empty()) {
    std::size_t size = rest.size();
    if (size > cut_at_s * Recogniser::rate_hz)
      size =
          quietest_point(rest, cut_from_s * Recogniser::rate_hz, cut_at_s * Recogniser::rate_hz, Recogniser::rate_hz);
    const auto piece = rest.first(size);
    rest = rest.subspan(size);
    const auto heard = job.recogniser->recognise(piece);
    if (!heard) {
      log::error("recognition failed reason=\"{}\"", heard.error());
      continue;
    }
    const std::string words =
        believable(*heard, piece.size(), Recogniser::rate_hz, loudest_dbov(piece, Recogniser::rate_hz));
    if (!text.empty() && !words.empty()) text += ' ';
    text += words;
  }
  return text;
}

void append(std::string& text, std::string_view more) {
  if (more.empty()) return;
  if (!text.empty()) text += ' ';
  text += more;
}

}  // namespace

/// Lives on the worker; the pool knows it by a weak pointer that it hands back.
struct UtteranceSession::Core : std::enable_shared_from_this<Core> {
  struct Utterance {
    std::uint64_t number = 0;
    speech::MediaTime started{}, ended{};
    std::vector<std::optional<std::string>> pieces;  // in the order of the speech; empty: still to come
    bool is_open = true;                             // not ended, or resumed
    Wanted wanted;                                   // of the recognition that the last end asked for
  };

  UtteranceSessionConfig config;
  std::shared_ptr<Recogniser> recogniser;
  speech::JobQueue& pool;
  speech::SttSink& sink;
  std::shared_ptr<speech::Executor> executor;
  std::deque<Utterance> utterances;  // the last one is the one that is written to
  std::vector<std::int16_t> buffer;  // of the last utterance, since its last cut
  std::size_t next_interim = 0;      // at this size of the buffer
  std::size_t next_cut = 0;
  Wanted interim_wanted;                                             // null: none under way
  Wanted pieces_wanted = std::make_shared<std::atomic<bool>>(true);  // until the session goes
  bool attached = true;                                              // the session, and so the sink, is there

  Core(UtteranceSessionConfig c, std::shared_ptr<Recogniser> r, speech::JobQueue& p, speech::SttSink& s,
       std::shared_ptr<speech::Executor> e)
      : config{std::move(c)}, recogniser{std::move(r)}, pool{p}, sink{s}, executor{std::move(e)} {}

  static void drop(Wanted& wanted) {
    if (wanted) wanted->store(false, std::memory_order_relaxed);
    wanted = nullptr;
  }
  std::size_t samples(std::size_t seconds) const { return seconds * audio::hertz(config.rate); }
  bool is_open() const { return !utterances.empty() && utterances.back().is_open; }

  Utterance* find(std::uint64_t number) {
    const auto it = std::find_if(utterances.begin(), utterances.end(),
                                 [&](const Utterance& utterance) { return utterance.number == number; });
    return it == utterances.end() ? nullptr : &*it;
  }

  /// False when the pool is full. `then` runs on the worker while the session lives.
  bool submit(std::vector<std::int16_t> audio, Wanted wanted, std::move_only_function<void(Core&, std::string)> then) {
    Job job{recogniser, std::move(audio), audio::hertz(config.rate)};
    return pool.try_submit([job = std::move(job), wanted = std::move(wanted), then = std::move(then),
                            core = weak_from_this(), post = executor]() mutable {
      if (!wanted->load(std::memory_order_relaxed)) return;
      std::string text = recognise(job);
      post->post([core = std::move(core), wanted = std::move(wanted), then = std::move(then),
                  text = std::move(text)]() mutable {
        const auto alive = core.lock();
        if (alive && alive->attached && wanted->load(std::memory_order_relaxed)) then(*alive, std::move(text));
      });
    });
  }

  void write(std::span<const std::int16_t> frame);
  void cut();
  void interim();
  void end(speech::MediaTime ended);
  void piece_done(std::uint64_t number, std::size_t piece, std::string text);
  void report_interim(std::uint64_t number, std::size_t pieces, const std::string& text);
  void report_finals();
};

void UtteranceSession::Core::write(std::span<const std::int16_t> frame) {
  if (!is_open()) return;
  if (buffer.size() + frame.size() > buffer.capacity()) {  // only ever with a full pool
    buffer.clear();
    next_cut = samples(cut_at_s);
    utterances.back().pieces.emplace_back("");
    log::warn("speech given up reason=\"speech pool full\" seconds={}", hold_s);
  }
  buffer.insert(buffer.end(), frame.begin(), frame.end());
  if (buffer.size() >= next_cut) return cut();
  if (buffer.size() >= next_interim) interim();
}

void UtteranceSession::Core::cut() {
  auto& utterance = utterances.back();
  const std::size_t at = quietest_point(buffer, samples(cut_from_s), samples(cut_at_s), audio::hertz(config.rate));
  const bool accepted = submit({buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(at)}, pieces_wanted,
                               [number = utterance.number, piece = utterance.pieces.size()](
                                   Core& core, std::string text) { core.piece_done(number, piece, std::move(text)); });
  if (!accepted) {  // tried again in a second
    next_cut = buffer.size() + samples(1);
    return;
  }
  utterance.pieces.emplace_back();
  buffer.erase(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(at));
  next_cut = samples(cut_at_s);
  next_interim = buffer.size() + samples(interim_every_s);
}

void UtteranceSession::Core::interim() {
  next_interim = buffer.size() + samples(interim_every_s);
  if (interim_wanted || pool.depth() > 0) return;
  const auto& utterance = utterances.back();
  interim_wanted = std::make_shared<std::atomic<bool>>(true);
  const bool accepted =
      submit(buffer, interim_wanted,
             [number = utterance.number, pieces = utterance.pieces.size()](Core& core, std::string text) {
               core.interim_wanted = nullptr;
               core.report_interim(number, pieces, text);
             });
  if (!accepted) interim_wanted = nullptr;
}

void UtteranceSession::Core::report_interim(std::uint64_t number, std::size_t pieces, const std::string& text) {
  const Utterance* utterance = find(number);
  // Stale when the utterance has ended or been cut since.
  if (utterance == nullptr || !utterance->is_open || utterance->pieces.size() != pieces) return;
  speech::Transcript transcript{.utterance = number,
                                .text = {},
                                .final = false,
                                .started = utterance->started,
                                .ended = {},
                                .provider = config.provider};
  for (const auto& piece : utterance->pieces) append(transcript.text, piece.value_or(""));
  append(transcript.text, text);
  if (!transcript.text.empty()) sink.on_transcript(transcript);
}

void UtteranceSession::Core::end(speech::MediaTime ended) {
  if (!is_open()) return;
  auto& utterance = utterances.back();
  drop(interim_wanted);
  utterance.is_open = false;
  utterance.ended = ended;
  utterance.wanted = std::make_shared<std::atomic<bool>>(true);
  const bool accepted = submit(buffer, utterance.wanted,
                               [number = utterance.number, piece = utterance.pieces.size()](
                                   Core& core, std::string text) { core.piece_done(number, piece, std::move(text)); });
  utterance.pieces.emplace_back();
  if (accepted) return;

  log::warn("utterance not recognised reason=\"speech pool full\"");
  executor->post([weak = weak_from_this(), number = utterance.number, piece = utterance.pieces.size() - 1,
                  wanted = utterance.wanted] {
    const auto alive = weak.lock();
    if (alive && alive->attached && wanted->load(std::memory_order_relaxed)) alive->piece_done(number, piece, {});
  });
}

void UtteranceSession::Core::piece_done(std::uint64_t number, std::size_t piece, std::string text) {
  Utterance* utterance = find(number);
  if (utterance == nullptr || piece >= utterance->pieces.size()) return;
  utterance->pieces[piece] = std::move(text);
  report_finals();
}

// In order: a later utterance's final waits for an earlier one's.
void UtteranceSession::Core::report_finals() {
  std::size_t next = 0;
  while (next < utterances.size()) {
    auto& utterance = utterances[next];
    const bool whole = std::all_of(utterance.pieces.begin(), utterance.pieces.end(),
                                   [](const auto& piece) { return piece.has_value(); });
    if (utterance.is_open || !whole) return;
    if (utterance.wanted == nullptr) {  // reported before; kept because it is the last and may be resumed
      ++next;
      continue;
    }
    utterance.wanted = nullptr;
    speech::Transcript transcript{.utterance = utterance.number,
                                  .text = {},
                                  .final = true,
                                  .started = utterance.started,
                                  .ended = utterance.ended,
                                  .provider = config.provider};
    for (const auto& piece : utterance.pieces) append(transcript.text, *piece);
    if (next + 1 < utterances.size()) {
      utterances.erase(utterances.begin() + static_cast<std::ptrdiff_t>(next));
    } else {
      ++next;
    }
    sink.on_transcript(transcript);
    if (!attached) return;  // the sink has let the session go
  }
}

UtteranceSession::UtteranceSession(UtteranceSessionConfig config, std::shared_ptr<Recogniser> recogniser,
                                   speech::JobQueue& pool, speech::SttSink& sink,
                                   std::shared_ptr<speech::Executor> executor)
    : core_{std::make_shared<Core>(std::move(config), std::move(recogniser), pool, sink, std::move(executor))} {
  // The most that is ever held, once: pages that no utterance reaches cost nothing.
  core_->buffer.reserve(core_->samples(hold_s));
}

UtteranceSession::~UtteranceSession() {
  core_->attached = false;
  for (auto& utterance : core_->utterances) Core::drop(utterance.wanted);
  Core::drop(core_->interim_wanted);
  Core::drop(core_->pieces_wanted);
}

void UtteranceSession::begin_utterance(std::uint64_t utterance, speech::MediaTime started) {
  auto& core = *core_;
  if (core.is_open()) core.end(started);
  // What was reported and cannot be resumed any more goes. What waits for its final is as bounded
  // as the pool.
  std::erase_if(core.utterances, [](const auto& u) { return u.wanted == nullptr; });
  core.utterances.push_back({.number = utterance, .started = started, .ended = {}, .pieces = {}, .wanted = nullptr});
  core.buffer.clear();
  core.next_interim = core.samples(interim_every_s);
  core.next_cut = core.samples(cut_at_s);
}

void UtteranceSession::write(const audio::Frame& frame) { core_->write(frame.samples()); }

void UtteranceSession::end_utterance(speech::MediaTime ended) { core_->end(ended); }

void UtteranceSession::resume_utterance() {
  if (core_->utterances.empty() || core_->utterances.back().is_open) return;
  auto& utterance = core_->utterances.back();
  Core::drop(utterance.wanted);
  utterance.is_open = true;
  utterance.pieces.pop_back();  // the part that the end had cut off is still in the buffer
}

}  // namespace parley::providers::local
