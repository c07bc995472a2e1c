// A caller and an assistant on virtual time, for the tests of turn-taking.
#pragma once

#include <gmock/gmock.h>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "assistant/turn_taking.hpp"

namespace parley::assistant {

class TurnRoom {
 public:
  explicit TurnRoom(TurnParameters parameters = {}) : turns{std::move(parameters)} {}

  void speak(MediaTime duration) { run(duration, true); }
  void silent(MediaTime duration) { run(duration, false); }
  /// Time passes without a packet from the caller.
  void nothing(MediaTime duration) {
    for (const auto end = now + duration; now < end;) {
      now += 20ms;
      step();
    }
  }
  void at(MediaTime when, std::function<void()> what) { script.emplace(when, std::move(what)); }

  void transcript(std::string text, bool final) {
    turns.transcript({.utterance = utterance, .text = std::move(text), .final = final, .ended = now}, now);
    drain();
  }
  void interim(std::string text) { transcript(std::move(text), false); }
  void final(std::string text) { transcript(std::move(text), true); }

  /// The assistant has been audible since `first_audible`.
  void assistant_speaks(MediaTime first_audible, std::optional<MediaTime> remaining = {}) {
    assistant = {.replying = true, .first_audible = first_audible, .remaining = remaining};
  }

  template <class T>
  std::vector<T> all() const {
    std::vector<T> found;
    for (const auto& [at, output] : log)
      if (auto* o = std::get_if<T>(&output)) found.push_back(*o);
    return found;
  }
  template <class T>
  std::optional<MediaTime> time_of() const {
    for (const auto& [at, output] : log)
      if (std::holds_alternative<T>(output)) return at;
    return {};
  }
  template <class T>
  std::size_t count() const {
    return all<T>().size();
  }
  std::vector<std::string> committed() const {
    std::vector<std::string> texts;
    for (const auto& turn : all<TurnTaking::CommitTurn>()) texts.push_back(turn.text);
    return texts;
  }

  TurnTaking turns;
  AssistantState assistant;
  MediaTime now{};
  std::uint64_t utterance = 0;
  std::vector<std::pair<MediaTime, TurnTaking::Output>> log;
  std::multimap<MediaTime, std::function<void()>> script;

 private:
  void run(MediaTime duration, bool speech) {
    for (const auto end = now + duration; now < end;) {
      turns.frame(speech, -20, now);
      now += 20ms;
      step();
    }
  }
  void step() {
    while (!script.empty() && script.begin()->first <= now) {
      auto what = std::move(script.begin()->second);
      script.erase(script.begin());
      what();
    }
    turns.assistant(assistant);
    turns.advance(now);
    drain();
  }
  void drain() {
    while (auto output = turns.poll()) {
      if (auto* begin = std::get_if<TurnTaking::BeginUtterance>(&*output)) utterance = begin->utterance;
      if (std::holds_alternative<TurnTaking::CommitBargeIn>(*output)) assistant = {};
      log.emplace_back(now, std::move(*output));
    }
  }
};

}  // namespace parley::assistant
