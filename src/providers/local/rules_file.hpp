// The rules of the rule-based language model, as a YAML file that people edit.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "providers/local/phrase_match.hpp"

namespace parley::providers::local {

/// What to say about a tool's result that looks like `when`: every field has the value, or is
/// `empty` or `present`.
struct Outcome {
  std::vector<std::pair<std::string, std::string>> when;
  std::vector<std::string> say;  // variants
  std::string asks;
};

/// What to do: say one of `say`, ask a question behind it, call a tool and speak its result.
struct Action {
  std::string id;  // what its tool calls are known by when their results come
  std::vector<std::string> say;
  std::string asks;
  bool repeat = false;  // say the assistant's last words again
  std::string tool;
  std::map<std::string, std::string> arguments;  // templates of slots
  std::string each;                              // the slot that is taken apart at commas and "and": a call for each
  std::vector<Outcome> results;                  // before those of the tool
};

struct Intent {
  std::string name;
  std::vector<Phrase> phrases;
  bool weak = false;  // gives way to any other
  Action action;
};

/// Something the assistant asks. Its words tell it from everything else it says: that is how the
/// question is found again in the conversation, which is all the memory there is.
struct Question {
  std::vector<std::string> ask;
  std::optional<Action> yes, no;
  std::optional<Action> any;  // takes whatever is said, but for a clear `except`
  std::vector<std::string> except;
};

struct Rules {
  Vocabulary vocabulary;
  std::vector<Intent> intents;
  std::vector<Phrase> yes, no;
  std::map<std::string, Question> questions;
  std::map<std::string, std::vector<Outcome>> results;  // by tool
  std::vector<std::string> not_understood;
  std::vector<std::string> not_understood_again;
  std::vector<std::string> unavailable;  // a tool that this assistant does not have
  std::vector<std::string> failed;       // a result that no outcome fits
  std::vector<std::string> greeting;     // when it speaks first

  const Action* action(std::string_view id) const;
  const Intent* intent(std::string_view name) const;
};

/// `file` only names the text in the error, which reads `rules.yaml:12:5: …`.
Result<Rules, std::string> parse_rules(std::string_view yaml, std::string_view file);
/// The rules that are compiled in: config/rules.yaml.
std::string_view default_rules();

}  // namespace parley::providers::local
