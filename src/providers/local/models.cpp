#include "providers/local/models.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <system_error>

namespace parley::providers::local {

std::vector<std::filesystem::path> model_directories(const std::filesystem::path& configured) {
  if (!configured.empty()) return {configured};
  if (const char* environment = std::getenv("PARLEY_MODELS"); environment != nullptr && *environment != '\0')
    return {environment};

  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
  if (error) return {"models"};
  // Programs of the build stand one to three directories deep in it: build/release/parley and
  // build/release/src/providers/providers_test.
  std::vector<std::filesystem::path> directories{program / "models"};
  auto above = program;
  for (int depth = 0; depth < 4 && above.has_relative_path(); ++depth) {
    above = above.parent_path();
    directories.push_back(above / "models");
  }
  return directories;
}

std::filesystem::path find_models(const std::vector<std::filesystem::path>& directories,
                                  const std::vector<std::string>& files, std::string& missing) {
  std::string first_missing;
  for (const auto& directory : directories) {
    std::string absent;
    for (const auto& file : files) {
      std::error_code error;
      if (absent.empty() && !std::filesystem::is_regular_file(directory / file, error)) absent = directory / file;
    }
    if (absent.empty()) {
      missing.clear();
      return directory;
    }
    // The directory that has some of the files is the one to name.
    std::error_code error;
    const bool begun = std::filesystem::exists((directory / files.front()).parent_path(), error);
    if (first_missing.empty() || begun) first_missing = absent;
  }
  missing = fmt::format(
      "{} is missing: run scripts/fetch-models.sh (./dev does), or set PARLEY_MODELS to the "
      "directory that has it",
      first_missing);
  return {};
}

}  // namespace parley::providers::local
