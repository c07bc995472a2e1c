#include "assistant/greeting.hpp"

namespace parley::assistant {

std::string greeting_for(std::string_view text, const call::Identity& identity) {
  constexpr std::string_view place = "{name}";
  std::string greeting;
  while (true) {
    const auto at = text.find(place);
    greeting += text.substr(0, at);
    if (at == std::string_view::npos) return greeting;
    if (identity.known() && !identity.user_name.empty()) greeting += identity.user_name;
    else if (greeting.ends_with(' ')) greeting.pop_back();
    text.remove_prefix(at + place.size());
  }
}

std::string prompt_for(std::string prompt, const call::Identity& identity) {
  if (!identity.known() || identity.user_name.empty()) return prompt;
  if (!prompt.empty()) prompt += '\n';
  return prompt + "The caller is " + identity.user_name + ", which is certain: there is no need to ask who it is.";
}

}  // namespace parley::assistant
