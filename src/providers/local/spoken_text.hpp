// Written English as flite should be given it.
#pragma once

#include <string>
#include <string_view>

namespace parley::providers::local {

/// Plain ASCII words and punctuation that are spoken as they should be.
///
/// Clock times ("15:04" → "15 oh 4"), ISO dates ("2026-11-21" → "November 21st, 2026"), long
/// numbers digit by digit
/// ("555-1234"), "%", "&", "@", abbreviations; typographic marks and accented letters become their
/// plain relatives, what has none is left out. flite itself speaks numbers, ordinals and money.
std::string spoken_text(std::string_view text);

}  // namespace parley::providers::local
