// Where the files of on-device models are.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace parley::providers::local {

/// Directories to look for models in, best first: `configured` alone when it is set (the
/// configuration, or the environment's PARLEY_MODELS), else `models` beside the program and beside
/// its directory, which is where
/// `./dev` puts them: build/release/parley finds build/models.
std::vector<std::filesystem::path> model_directories(const std::filesystem::path& configured = {});

/// The first of the directories that holds all of `files`, or an empty path with `missing` saying
/// in one line which file was not found and how to get it.
std::filesystem::path find_models(const std::vector<std::filesystem::path>& directories,
                                  const std::vector<std::string>& files, std::string& missing);

}  // namespace parley::providers::local
