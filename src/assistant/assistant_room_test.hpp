// A call with scripted providers on virtual time, for the tests of the assistant.
#pragma once

#include <gmock/gmock.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "assistant/assistant.hpp"

namespace parley::assistant {

/// What happens when: the test's only source of events.
class Schedule {
 public:
  void at(MediaTime when, std::function<void()> what) { events_.emplace(when, std::move(what)); }
  void after(MediaTime delay, std::function<void()> what) { at(now + delay, std::move(what)); }
  void run() {
    while (!events_.empty() && events_.begin()->first <= now) {
      auto what = std::move(events_.begin()->second);
      events_.erase(events_.begin());
      what();
    }
  }
  MediaTime now{};

 private:
  std::multimap<MediaTime, std::function<void()>> events_;
};

/// Pieces of work that a provider or tool still owes; void when their owner is gone.
class Owed {
 public:
  explicit Owed(Schedule& schedule) : schedule_{schedule} {}
  void later(MediaTime delay, std::function<void()> what) {
    schedule_.after(delay, [alive = std::weak_ptr{alive_}, what = std::move(what)] {
      if (alive.lock()) what();
    });
  }
  void cancel() { alive_ = std::make_shared<int>(0); }

 private:
  Schedule& schedule_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

class FakeExecutor final : public speech::Executor {
 public:
  explicit FakeExecutor(Schedule& schedule) : schedule_{schedule} {}
  void post(std::move_only_function<void()> work) override {
    schedule_.after(0ms, [work = std::make_shared<std::move_only_function<void()>>(std::move(work))] { (*work)(); });
  }

 private:
  Schedule& schedule_;
};

/// Recognises, `delay` after the end of each utterance, the next of `texts`.
struct FakeStt final : speech::Stt {
  explicit FakeStt(Schedule& schedule) : schedule{schedule} {}
  std::string_view name() const override { return "fake-stt"; }
  std::unique_ptr<speech::SttSession> open(const speech::SttOptions&, speech::SttSink& sink,
                                           std::shared_ptr<speech::Executor>) override;

  Schedule& schedule;
  MediaTime delay = 200ms;
  std::vector<std::string> texts;
  std::size_t next = 0, frames = 0, opened = 0;
  speech::SttSink* sink = nullptr;
  bool available = true;
};

struct FakeSttSession final : speech::SttSession {
  FakeSttSession(FakeStt& owner, speech::SttSink& sink) : owner{owner}, sink{sink}, owed{owner.schedule} {}
  void begin_utterance(std::uint64_t number, MediaTime) override { utterance = number; }
  void write(const audio::Frame&) override { ++owner.frames; }
  void end_utterance(MediaTime t_end) override {
    const auto due = std::max(t_end + owner.delay - owner.schedule.now, MediaTime{});
    owed.later(due, [this, t_end, number = utterance] {
      const auto text = owner.next < owner.texts.size() ? owner.texts[owner.next++] : std::string{};
      sink.on_transcript({.utterance = number, .text = text, .final = true, .ended = t_end});
    });
  }
  void resume_utterance() override { owed.cancel(); }

  FakeStt& owner;
  speech::SttSink& sink;
  Owed owed;
  std::uint64_t utterance = 0;
};

inline std::unique_ptr<speech::SttSession> FakeStt::open(const speech::SttOptions&, speech::SttSink& to,
                                                         std::shared_ptr<speech::Executor>) {
  if (!available) return nullptr;
  ++opened;
  sink = &to;
  return std::make_unique<FakeSttSession>(*this, to);
}

/// Speaks a tone of 50 ms per character, `delay` after it was asked.
struct FakeTts final : speech::Tts {
  explicit FakeTts(Schedule& schedule) : schedule{schedule} {}
  std::string_view name() const override { return "fake-tts"; }
  std::unique_ptr<speech::TtsSession> open(const speech::TtsOptions&, speech::TtsSink&,
                                           std::shared_ptr<speech::Executor>) override;

  Schedule& schedule;
  MediaTime delay = 100ms;
  std::vector<std::string> asked;
  std::string stalls_on;  // this sentence never gets audio
  bool available = true;
};

struct FakeTtsSession final : speech::TtsSession {
  FakeTtsSession(FakeTts& owner, speech::TtsSink& sink) : owner{owner}, sink{sink}, owed{owner.schedule} {}
  void say(std::uint64_t sentence, std::string text) override {
    owner.asked.push_back(text);
    if (text == owner.stalls_on) return;
    owed.later(owner.delay, [this, sentence, size = text.size()] {
      const std::vector<std::int16_t> tone(size * 400, std::int16_t{1000});
      sink.on_audio(sentence, tone);
      sink.on_sentence_done(sentence);
    });
  }
  void cancel() override { owed.cancel(); }

  FakeTts& owner;
  speech::TtsSink& sink;
  Owed owed;
};

inline std::unique_ptr<speech::TtsSession> FakeTts::open(const speech::TtsOptions&, speech::TtsSink& sink,
                                                         std::shared_ptr<speech::Executor>) {
  return available ? std::make_unique<FakeTtsSession>(*this, sink) : nullptr;
}

struct Answer {
  std::string text;
  std::vector<speech::ToolCall> calls{};
  bool fails = false;
};

/// Gives the next of `answers`, `delay` after it was asked.
struct FakeLlm final : speech::Llm {
  explicit FakeLlm(Schedule& schedule) : schedule{schedule} {}
  std::string_view name() const override { return "fake-llm"; }
  std::unique_ptr<speech::LlmGeneration> generate(speech::LlmRequest request, speech::LlmSink& sink,
                                                  std::shared_ptr<speech::Executor>) override;

  Schedule& schedule;
  MediaTime delay = 200ms;
  std::vector<Answer> answers;
  std::vector<speech::LlmRequest> requests;
};

struct FakeGeneration final : speech::LlmGeneration {
  explicit FakeGeneration(Schedule& schedule) : owed{schedule} {}
  Owed owed;
};

inline std::unique_ptr<speech::LlmGeneration> FakeLlm::generate(speech::LlmRequest request, speech::LlmSink& sink,
                                                                std::shared_ptr<speech::Executor>) {
  const auto answer = requests.size() < answers.size() ? answers[requests.size()] : Answer{"Fine."};
  requests.push_back(std::move(request));
  auto generation = std::make_unique<FakeGeneration>(schedule);
  generation->owed.later(delay, [&sink, answer] {
    if (answer.fails) return sink.on_llm_failed("broken");
    if (!answer.text.empty()) sink.on_text(answer.text);
    for (const auto& call : answer.calls) sink.on_tool_call(call);
    sink.on_done();
  });
  return generation;
}

struct FakeTool final : tools::Tool {
  FakeTool(Schedule& schedule, std::string name, MediaTime delay, bool side_effects = false)
      : schedule{schedule}, delay{delay}, side_effects{side_effects} {
    described.name = std::move(name);
    described.parameters = R"({"type":"object"})";
  }
  const speech::ToolDescription& description() const override { return described; }
  bool has_side_effects() const override { return side_effects; }
  void run(std::string arguments, const tools::ToolContext&, std::move_only_function<void(std::string)> done) override {
    runs.push_back(std::move(arguments));
    schedule.after(delay, [done = std::make_shared<std::move_only_function<void(std::string)>>(std::move(done)), this] {
      (*done)(result);
    });
  }

  Schedule& schedule;
  MediaTime delay;
  bool side_effects;
  speech::ToolDescription described;
  std::string result = R"({"answer":42})";
  std::vector<std::string> runs;
};

struct FakeCall final : call::CallControl {
  explicit FakeCall(Schedule& schedule) : schedule{schedule}, work{std::make_shared<FakeExecutor>(schedule)} {}
  const std::string& id() const override { return name; }
  const std::string& from() const override { return name; }
  const std::string& to() const override { return name; }
  const call::Identity& identity() const override { return who; }
  const std::string& caller_leg_id() const override { return name; }
  audio::Rate rate() const override { return audio::Rate::narrow; }
  MediaTime now() const override { return schedule.now; }
  MediaTime heard_delay() const override { return 60ms; }
  std::shared_ptr<speech::Executor> executor() override { return work; }
  void emit(std::string_view type, std::string data) override {
    events.push_back({schedule.now, std::string{type}, std::move(data)});
  }
  void record_turn(call::Turn turn) override { turns.push_back(std::move(turn)); }
  void hang_up(call::EndCause cause) override {
    if (!ended) ended = schedule.now, end_cause = cause;
  }
  void send_dtmf(std::string_view) override {}
  Result<call::TransferBegun, call::TransferRefusal> transfer(call::TransferRequest request) override {
    transfers.push_back(std::move(request));
    return transfer_outcome;
  }
  void transfer_announced() override { announced.push_back(schedule.now); }
  bool cancel_transfer() override {
    ++cancelled;
    return true;
  }

  struct Event {
    MediaTime at;
    std::string type, data;
  };
  Schedule& schedule;
  std::shared_ptr<FakeExecutor> work;
  std::string name = "call-1";
  call::Identity who;
  std::vector<Event> events;
  std::vector<call::Turn> turns;
  std::optional<MediaTime> ended;
  call::EndCause end_cause{};
  std::vector<call::TransferRequest> transfers;
  Result<call::TransferBegun, call::TransferRefusal> transfer_outcome = call::TransferBegun{.id = "transfer-1"};
  std::vector<MediaTime> announced;
  int cancelled = 0;
};

/// One call, ticked in the order of the media clock: taps, application, read.
struct Room {
  Schedule schedule;
  FakeCall call{schedule};
  std::shared_ptr<FakeStt> stt = std::make_shared<FakeStt>(schedule);
  std::shared_ptr<FakeLlm> llm = std::make_shared<FakeLlm>(schedule);
  std::shared_ptr<FakeTts> tts = std::make_shared<FakeTts>(schedule);
  AssistantConfig config;
  std::unique_ptr<Assistant> assistant;
  std::vector<MediaTime> sounded;  // ticks in which the assistant was heard

  Room() {
    config.greeting.clear();
    config.turns.idle.prompt_after = 0s;  // off
  }
  void answer() {
    config.stt = stt, config.llm = llm, config.tts = tts;
    assistant = std::make_unique<Assistant>(call, config);
    assistant->start();
  }
  void tick(bool speech) {
    const audio::Frame frame{audio::Rate::narrow};
    schedule.run();
    assistant->caller_tap()->hear({frame, frame, speech, speech ? -20 : -90, schedule.now});
    assistant->tick(schedule.now);
    audio::Frame out{audio::Rate::narrow};
    if (assistant->participant()->read(out)) sounded.push_back(schedule.now);
    schedule.now += 20ms;
  }
  void speak(MediaTime duration) { run(duration, true); }
  void silent(MediaTime duration) { run(duration, false); }
  void run(MediaTime duration, bool speech) {
    for (const auto end = schedule.now + duration; schedule.now < end;) tick(speech);
  }
  bool sounds_within(MediaTime from, MediaTime to) const {
    return std::ranges::any_of(sounded, [&](MediaTime at) { return at >= from && at < to; });
  }
  std::vector<std::string> events(std::string_view type) const {
    std::vector<std::string> data;
    for (const auto& event : call.events)
      if (event.type == type) data.push_back(event.data);
    return data;
  }
  std::vector<std::string> said(call::Speaker speaker) const {
    std::vector<std::string> texts;
    for (const auto& turn : call.turns)
      if (turn.speaker == speaker) texts.push_back(turn.text);
    return texts;
  }
  const std::vector<speech::Message>& messages() const { return assistant->conversation().messages(); }
};

}  // namespace parley::assistant
