// Secrets that the program makes for itself and finds again.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace parley {

/// The first word of the file, which is made (mode 0600, `length` random characters of 5 bits each)
/// where there is none. Throws std::runtime_error, naming the file and the remedy, when it can be
/// neither read nor made, and when what it holds is shorter than `least`.
std::string kept_secret(const std::filesystem::path& file, std::size_t length, std::size_t least);

}  // namespace parley
