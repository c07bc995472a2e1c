#include "providers/local/rules_file.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <initializer_list>
#include <stdexcept>

namespace parley::providers::local {

namespace {

/// Thrown and caught in this file only: a parser of nested things is clearest so, and reads a file
/// at the start.
struct Mistake {
  YAML::Mark mark;
  std::string what;
};

[[noreturn]] void fail(const YAML::Node& node, std::string what) { throw Mistake{node.Mark(), std::move(what)}; }

std::string text_of(const YAML::Node& node) {
  if (!node.IsScalar()) fail(node, "expected text");
  return node.Scalar();
}

bool truth_of(const YAML::Node& node) {
  const std::string text = text_of(node);
  if (text != "true" && text != "false") fail(node, "expected true or false");
  return text == "true";
}

/// A text, or a list of them.
std::vector<std::string> texts_of(const YAML::Node& node) {
  std::vector<std::string> out;
  if (node.IsScalar()) return {node.Scalar()};
  if (!node.IsSequence()) fail(node, "expected a text or a list of texts");
  for (const auto& entry : node) out.push_back(text_of(entry));
  return out;
}

using Keys = std::initializer_list<std::string_view>;

/// Calls `take(key, value)` for each entry of a map; an unknown or repeated key is a mistake.
template <class Take>
void each_entry(const YAML::Node& map, Keys known, Take take) {
  if (!map.IsMap()) fail(map, "expected a map");
  std::vector<std::string> seen;
  for (const auto& entry : map) {
    const std::string key = text_of(entry.first);
    if (known.size() > 0 && std::find(known.begin(), known.end(), key) == known.end())
      fail(entry.first, fmt::format("unknown key '{}'; known are: {}", key, fmt::join(known, ", ")));
    if (std::find(seen.begin(), seen.end(), key) != seen.end())
      fail(entry.first, fmt::format("'{}' stands here twice", key));
    seen.push_back(key);
    take(key, entry.second);
  }
}

class Reader {
 public:
  Rules read(const YAML::Node& root) {
    // Words first, wherever they stand: phrases are compiled with them.
    const Keys keys{"stop_words",  "filler_words", "synonyms",       "misheard",
                    "yes",         "no",           "intents",        "questions",
                    "results",     "greeting",     "not_understood", "not_understood_again",
                    "unavailable", "failed"};
    each_entry(root, keys, [&](const std::string& key, const YAML::Node& node) { read_words(key, node); });
    each_entry(root, keys, [&](const std::string& key, const YAML::Node& node) { read_rest(key, node); });
    for (const auto& [name, node] : asked_) {
      if (!rules_.questions.contains(name)) fail(node, fmt::format("there is no question '{}'", name));
    }
    const std::pair<const std::vector<std::string>*, std::string_view> needed[] = {
        {&rules_.greeting, "greeting"},
        {&rules_.not_understood, "not_understood"},
        {&rules_.failed, "failed"},
        {&rules_.unavailable, "unavailable"},
        {&rules_.not_understood_again, "not_understood_again"}};
    for (const auto& [texts, key] : needed)
      if (texts->empty()) fail(root, fmt::format("'{}' is missing", key));
    return std::move(rules_);
  }

 private:
  void read_words(const std::string& key, const YAML::Node& node) {
    auto& vocabulary = rules_.vocabulary;
    if (key == "stop_words" || key == "filler_words") {
      auto& words = key == "stop_words" ? vocabulary.stop_words : vocabulary.filler_words;
      for (const auto& word : texts_of(node)) words.insert(folded(word));
    } else if (key == "synonyms") {
      each_entry(node, {}, [&](const std::string& word, const YAML::Node& others) {
        for (const auto& other : texts_of(others)) vocabulary.add_synonym(other, word);
      });
    } else if (key == "misheard") {
      each_entry(node, {}, [&](const std::string& word, const YAML::Node& others) {
        for (const auto& other : texts_of(others)) vocabulary.misheard[folded(word)].insert(folded(other));
      });
    }
  }

  void read_rest(const std::string& key, const YAML::Node& node) {
    if (key == "yes") rules_.yes = phrases(node);
    if (key == "no") rules_.no = phrases(node);
    if (key == "greeting") rules_.greeting = texts_of(node);
    if (key == "not_understood") rules_.not_understood = texts_of(node);
    if (key == "not_understood_again") rules_.not_understood_again = texts_of(node);
    if (key == "unavailable") rules_.unavailable = texts_of(node);
    if (key == "failed") rules_.failed = texts_of(node);
    if (key == "intents")
      each_entry(node, {}, [&](const std::string& name, const YAML::Node& intent) { read_intent(name, intent); });
    if (key == "questions")
      each_entry(node, {}, [&](const std::string& name, const YAML::Node& question) { read_question(name, question); });
    if (key == "results")
      each_entry(node, {},
                 [&](const std::string& tool, const YAML::Node& list) { rules_.results[tool] = outcomes(list); });
  }

  std::vector<Phrase> phrases(const YAML::Node& node) {
    if (!node.IsSequence()) fail(node, "expected a list of phrases");
    std::vector<Phrase> out;
    for (const auto& entry : node) {
      auto phrase = Phrase::compile(text_of(entry), rules_.vocabulary);
      if (!phrase) fail(entry, fmt::format("'{}': {}", entry.Scalar(), phrase.error()));
      out.push_back(std::move(*phrase));
    }
    return out;
  }

  void read_intent(const std::string& name, const YAML::Node& node) {
    Intent intent;
    intent.name = name;
    intent.action.id = name;
    each_entry(node, {"phrases", "weak", "say", "asks", "repeat", "tool", "arguments", "each", "results"},
               [&](const std::string& key, const YAML::Node& value) {
                 if (key == "phrases") {
                   intent.phrases = phrases(value);
                 } else if (key == "weak") {
                   intent.weak = truth_of(value);
                 } else {
                   read_action(key, value, intent.action);
                 }
               });
    check(node, intent.action);
    if (intent.phrases.empty()) fail(node, "an intent needs phrases");
    rules_.intents.push_back(std::move(intent));
  }

  void read_question(const std::string& name, const YAML::Node& node) {
    Question question;
    each_entry(node, {"ask", "yes", "no", "any", "except"}, [&](const std::string& key, const YAML::Node& value) {
      if (key == "ask") question.ask = texts_of(value);
      if (key == "except") question.except = texts_of(value);
      if (key != "yes" && key != "no" && key != "any") return;
      Action action;
      action.id = name + "-" + key;
      each_entry(value, {"say", "asks", "repeat", "tool", "arguments", "each", "results"},
                 [&](const std::string& part, const YAML::Node& inner) { read_action(part, inner, action); });
      check(value, action);
      (key == "yes" ? question.yes : key == "no" ? question.no : question.any) = std::move(action);
    });
    if (question.ask.empty()) fail(node, "a question needs 'ask'");
    rules_.questions[name] = std::move(question);
  }

  void read_action(const std::string& key, const YAML::Node& value, Action& action) {
    if (key == "say") action.say = texts_of(value);
    if (key == "repeat") action.repeat = truth_of(value);
    if (key == "tool") action.tool = text_of(value);
    if (key == "each") action.each = text_of(value);
    if (key == "results") action.results = outcomes(value);
    if (key == "asks") action.asks = asks(value);
    if (key == "arguments")
      each_entry(value, {},
                 [&](const std::string& name, const YAML::Node& text) { action.arguments[name] = text_of(text); });
  }

  void check(const YAML::Node& node, const Action& action) {
    if (action.say.empty() && action.asks.empty() && action.tool.empty() && !action.repeat)
      fail(node, "nothing to do: one of 'say', 'asks', 'tool', 'repeat' is needed");
  }

  std::vector<Outcome> outcomes(const YAML::Node& list) {
    if (!list.IsSequence()) fail(list, "expected a list of outcomes");
    std::vector<Outcome> out;
    for (const auto& entry : list) {
      Outcome outcome;
      each_entry(entry, {"when", "say", "asks"}, [&](const std::string& key, const YAML::Node& value) {
        if (key == "say") outcome.say = texts_of(value);
        if (key == "asks") outcome.asks = asks(value);
        if (key == "when")
          each_entry(value, {}, [&](const std::string& field, const YAML::Node& wanted) {
            outcome.when.emplace_back(field, text_of(wanted));
          });
      });
      out.push_back(std::move(outcome));
    }
    return out;
  }

  std::string asks(const YAML::Node& node) {
    asked_.emplace_back(text_of(node), node);
    return node.Scalar();
  }

  Rules rules_;
  std::vector<std::pair<std::string, YAML::Node>> asked_;
};

}  // namespace

Result<Rules, std::string> parse_rules(std::string_view yaml, std::string_view file) {
  const auto at = [&](const YAML::Mark& mark, std::string_view what) {
    return std::unexpected(mark.is_null() ? fmt::format("{}: {}", file, what)
                                          : fmt::format("{}:{}:{}: {}", file, mark.line + 1, mark.column + 1, what));
  };
  try {
    return Reader{}.read(YAML::Load(std::string{yaml}));
  } catch (const Mistake& mistake) {
    return at(mistake.mark, mistake.what);
  } catch (const YAML::Exception& exception) {
    return at(exception.mark, exception.msg);
  }
}

const Intent* Rules::intent(std::string_view name) const {
  const auto it =
      std::find_if(intents.begin(), intents.end(), [&](const Intent& intent) { return intent.name == name; });
  return it == intents.end() ? nullptr : &*it;
}

const Action* Rules::action(std::string_view id) const {
  if (const Intent* found = intent(id)) return &found->action;
  for (const auto& [name, question] : questions)
    for (const auto* action : {&question.yes, &question.no, &question.any})
      if (*action && (*action)->id == id) return &**action;
  return nullptr;
}

}  // namespace parley::providers::local
