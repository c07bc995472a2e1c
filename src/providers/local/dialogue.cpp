#include "providers/local/dialogue.hpp"

#include <algorithm>
#include <utility>

#include "providers/local/reply_template.hpp"

namespace parley::providers::local {

namespace {

using speech::Message;
using Role = speech::Message::Role;

constexpr std::size_t most_calls = 8;       // of one sentence
constexpr double interruption_score = 0.9;  // what ends a question that takes anything
constexpr double weak_handicap = 0.25;

struct Meaning {
  const Action* action = nullptr;
  double rank = 0;   // for comparing
  double score = 0;  // of the match itself
  std::map<std::string, std::string> slots;
};

/// Whole and by sentences: "Hello. What time is it?"
std::vector<std::string> candidates(std::string_view text) {
  std::vector<std::string> out{std::string{text}};
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size() && out.size() < 6; ++i) {
    const bool ends =
        (text[i] == '.' || text[i] == '?' || text[i] == '!') && (i + 1 == text.size() || text[i + 1] == ' ');
    if (!ends) continue;
    if (begin > 0 || i + 1 < text.size()) out.emplace_back(text.substr(begin, i + 1 - begin));
    begin = i + 1;
  }
  if (begin > 0 && begin < text.size()) out.emplace_back(text.substr(begin));
  return out;
}

class Dialogue {
 public:
  Dialogue(const Rules& rules, const speech::LlmRequest& request) : rules_{rules}, request_{request} {}

  Reply answer() {
    if (request_.messages.empty()) return {one_of(rules_.greeting), {}};
    const Message& last = request_.messages.back();
    if (last.role == Role::tool) return speak_results();
    if (last.role == Role::user) return answer_caller(last.text);
    const bool anyone_spoke = std::any_of(request_.messages.begin(), request_.messages.end(),
                                          [](const Message& message) { return message.role != Role::system; });
    return anyone_spoke ? not_understood() : Reply{one_of(rules_.greeting), {}};
  }

 private:
  Reply answer_caller(const std::string& text) {
    if (tokenise(text).empty()) return not_understood();
    const Question* question = pending_question();
    if (question != nullptr)
      if (const auto meaning = answer_to(*question, text)) return act(*meaning, text);
    if (const auto meaning = intent_of(text)) return act(*meaning, text);
    return not_understood();
  }

  // --- what was meant ---

  std::optional<Meaning> best_of(const std::vector<Phrase>& phrases, const std::vector<std::string>& texts) const {
    std::optional<Meaning> best;
    for (const auto& text : texts) {
      const auto tokens = canonical(text, rules_.vocabulary);
      for (const auto& phrase : phrases) {
        auto match = phrase.match(text, tokens, rules_.vocabulary);
        if (!match) continue;
        // Of two that fit, the one that explains more words; a blank explains anything and so
        // little.
        const double rank = match->score + 0.06 * static_cast<double>(std::min<std::size_t>(phrase.words(), 5)) -
                            (phrase.has_slot() ? 0.02 : 0);
        if (!best || rank > best->rank) best = Meaning{nullptr, rank, match->score, std::move(match->slots)};
      }
    }
    return best;
  }

  std::optional<Meaning> intent_of(const std::string& text) const {
    const auto texts = candidates(text);
    std::optional<Meaning> best;
    for (const auto& intent : rules_.intents) {
      auto meaning = best_of(intent.phrases, texts);
      if (!meaning) continue;
      meaning->action = &intent.action;
      if (intent.weak) meaning->rank -= weak_handicap;
      if (!best || meaning->rank > best->rank) best = std::move(meaning);
    }
    return best;
  }

  std::optional<Meaning> answer_to(const Question& question, const std::string& text) const {
    if (question.any) {
      for (const auto& name : question.except) {
        const Intent* intent = rules_.intent(name);
        if (intent == nullptr) continue;
        auto meaning = best_of(intent->phrases, {text});
        if (meaning && meaning->score >= interruption_score) {
          meaning->action = &intent->action;
          return meaning;
        }
      }
      return Meaning{&*question.any, 1, 1, {}};
    }

    const auto texts = candidates(text);
    std::optional<Meaning> best;
    const auto consider = [&](const std::vector<Phrase>& phrases, const std::optional<Action>& action) {
      if (!action) return;
      auto meaning = best_of(phrases, texts);
      if (!meaning || (best && best->rank >= meaning->rank)) return;
      meaning->action = &*action;
      best = std::move(meaning);
    };
    consider(rules_.yes, question.yes);
    consider(rules_.no, question.no);
    // "No, add milk to my list": the wish says more than the no.
    const auto intent = intent_of(text);
    if (best && intent && intent->rank > best->rank) return intent;
    return best;
  }

  /// The question that the assistant's last words ended with, as far as they were heard.
  const Question* pending_question() const {
    const Message* spoken = last_spoken();
    if (spoken == nullptr) return nullptr;
    const std::string said =
        folded(spoken->text.size() > 400 ? spoken->text.substr(spoken->text.size() - 400) : spoken->text);
    for (const auto& [name, question] : rules_.questions) {
      for (const auto& ask : question.ask) {
        const std::string words = folded(ask);
        if (said.ends_with(words)) return &question;
        if (!spoken->interrupted) continue;
        // Cut in while it was asked: half of it is enough to know what is asked.
        for (std::size_t size = words.size(); size > words.size() / 2; --size)
          if (said.ends_with(std::string_view{words}.substr(0, size))) return &question;
      }
    }
    return nullptr;
  }

  const Message* last_spoken() const {
    const auto it = std::find_if(request_.messages.rbegin(), request_.messages.rend(), [](const Message& message) {
      return message.role == Role::assistant && !message.text.empty();
    });
    return it == request_.messages.rend() ? nullptr : &*it;
  }

  // --- what is done about it ---

  Reply act(const Meaning& meaning, const std::string& text) {
    const Action& action = *meaning.action;
    if (action.repeat) {
      const Message* spoken = last_spoken();
      return {spoken == nullptr ? one_of(rules_.greeting) : spoken->text, {}};
    }
    if (!action.tool.empty() && !has_tool(action.tool)) return {one_of(rules_.unavailable), {}};

    auto slots = meaning.slots;
    slots["utterance"] = text;
    Reply reply{with_question(fill(one_of(action.say), slots), action.asks), {}};
    if (action.tool.empty()) return reply;
    if (action.each.empty() || !slots.contains(action.each)) {
      reply.tool_calls.push_back(call(action, slots));
      return reply;
    }
    for (auto& part : take_apart(slots[action.each], most_calls)) {
      slots[action.each] = std::move(part);
      reply.tool_calls.push_back(call(action, slots));
    }
    return reply;
  }

  speech::ToolCall call(const Action& action, const std::map<std::string, std::string>& slots) {
    std::map<std::string, std::string> arguments;
    for (const auto& [name, text] : action.arguments) {
      std::string value = fill(text, slots);
      if (!value.empty()) arguments[name] = std::move(value);
    }
    // The action's name travels in the id, and comes back with the result.
    return {action.id + '.' + std::to_string(calls_so_far() + 1), action.tool, to_json(arguments)};
  }

  std::size_t calls_so_far() {
    std::size_t count = calls_made_++;
    for (const auto& message : request_.messages) count += message.tool_calls.size();
    return count;
  }

  bool has_tool(std::string_view name) const {
    return std::any_of(request_.tools.begin(), request_.tools.end(),
                       [&](const auto& tool) { return tool.name == name; });
  }

  // --- what came of it ---

  Reply speak_results() {
    // Results that end alike are spoken in one sentence.
    std::vector<std::pair<const Outcome*, std::vector<std::string>>> groups;
    bool failed = false;
    auto first = request_.messages.end();
    while (first != request_.messages.begin() && std::prev(first)->role == Role::tool) --first;
    for (auto message = first; message != request_.messages.end(); ++message) {
      const Outcome* outcome = outcome_of(*message);
      if (outcome == nullptr) {
        failed = true;
        continue;
      }
      const auto group = std::find_if(groups.begin(), groups.end(), [&](const auto& g) { return g.first == outcome; });
      if (group != groups.end()) {
        group->second.push_back(message->text);
      } else {
        groups.push_back({outcome, {message->text}});
      }
    }

    Reply reply;
    std::string asks;
    for (const auto& [outcome, results] : groups) {
      append(reply.text, fill(one_of(outcome->say), results));
      if (!outcome->asks.empty()) asks = outcome->asks;
    }
    if (failed) append(reply.text, one_of(rules_.failed));
    reply.text = with_question(std::move(reply.text), asks);
    return reply;
  }

  const Outcome* outcome_of(const Message& result) const {
    const std::size_t dot = result.tool_call_id.rfind('.');
    const Action* action = dot == std::string::npos ? nullptr : rules_.action(result.tool_call_id.substr(0, dot));
    std::string tool = action == nullptr ? std::string{} : action->tool;
    for (const auto& message : request_.messages)
      for (const auto& made : message.tool_calls)
        if (made.id == result.tool_call_id) tool = made.name;

    const auto fitting = [&](const std::vector<Outcome>& outcomes) -> const Outcome* {
      const auto it = std::find_if(outcomes.begin(), outcomes.end(),
                                   [&](const Outcome& outcome) { return fits(result.text, outcome.when); });
      return it == outcomes.end() ? nullptr : &*it;
    };
    if (action != nullptr && action->tool == tool)
      if (const Outcome* outcome = fitting(action->results)) return outcome;
    const auto it = rules_.results.find(tool);
    return it == rules_.results.end() ? nullptr : fitting(it->second);
  }

  // --- words ---

  static void append(std::string& text, std::string_view more) {
    if (!text.empty() && !more.empty()) text += ' ';
    text += more;
  }

  std::string with_question(std::string text, const std::string& asks) const {
    const auto it = rules_.questions.find(asks);
    if (it != rules_.questions.end()) append(text, one_of(it->second.ask));
    return text;
  }

  /// Another one each time, and the same one for the same conversation.
  std::string one_of(const std::vector<std::string>& variants) const {
    if (variants.empty()) return {};
    const auto turns = std::count_if(request_.messages.begin(), request_.messages.end(),
                                     [](const Message& message) { return message.role == Role::user; });
    return variants[static_cast<std::size_t>(turns) % variants.size()];
  }

  Reply not_understood() const {
    const Message* spoken = last_spoken();
    const auto& hints = rules_.not_understood;
    const bool again = spoken != nullptr && std::any_of(hints.begin(), hints.end(), [&](const std::string& hint) {
                         return folded(spoken->text).starts_with(folded(hint));
                       });
    return {one_of(again ? rules_.not_understood_again : hints), {}};
  }

  const Rules& rules_;
  const speech::LlmRequest& request_;
  std::size_t calls_made_ = 0;
};

}  // namespace

Reply answer(const Rules& rules, const speech::LlmRequest& request) { return Dialogue{rules, request}.answer(); }

}  // namespace parley::providers::local
