// A file's bytes, all at once and bounded: for prompts and music, never for recordings.
#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <vector>

namespace parley::audio {

enum class FileError : std::uint8_t { cannot_open, too_large };

Result<std::vector<std::byte>, FileError> read_file(const std::filesystem::path& path, std::size_t max_size);

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

inline File open_file(const std::filesystem::path& path, const char* mode) {
  return File{std::fopen(path.c_str(), mode)};
}

}  // namespace parley::audio
