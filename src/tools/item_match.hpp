// Finding what the caller means among the items of a list.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parley::tools {

/// The index of the item that `said` means, the older one when two fit equally well. Case,
/// punctuation and articles do not count; "the milk" means "buy milk", and a recogniser's "bred"
/// means "bread". Nothing when none is close.
std::optional<std::size_t> find_item(const std::vector<std::string>& items, std::string_view said);

}  // namespace parley::tools
