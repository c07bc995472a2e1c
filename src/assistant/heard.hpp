// How much of what was to be said was heard.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace parley::assistant {

/// One sentence of which at least a word was heard.
struct Heard {
  std::uint64_t tag = 0;  // of the message it belongs to
  std::string text;       // in the words it was given, not as rewritten for speech
  bool whole = false;
};

/// The part of a sentence that was heard when `played` of its `total` samples were: proportional
/// by characters, rounded down to a word's end, because crediting too much makes the model refer
/// to things that were never said.
std::string_view heard_part(std::string_view text, std::size_t played, std::size_t total);

/// How long a text takes to say, for sentences whose audio is not all there yet: 3.8 syllables a
/// second, a syllable being a run of vowels (or a character outside ASCII).
double estimated_seconds(std::string_view text);

}  // namespace parley::assistant
