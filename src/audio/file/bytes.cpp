#include "audio/file/bytes.hpp"

#include <array>
#include <span>

namespace parley::audio {

Result<std::vector<std::byte>, FileError> read_file(const std::filesystem::path& path, std::size_t max_size) {
  std::error_code error;
  // A directory opens, and a device or pipe never ends.
  if (!std::filesystem::is_regular_file(path, error)) return std::unexpected(FileError::cannot_open);
  const File file = open_file(path, "rb");
  if (file == nullptr) return std::unexpected(FileError::cannot_open);
  std::vector<std::byte> bytes;
  std::array<std::byte, 64 * 1024> piece;
  while (const std::size_t size = std::fread(piece.data(), 1, piece.size(), file.get())) {
    if (bytes.size() + size > max_size) return std::unexpected(FileError::too_large);
    bytes.insert(bytes.end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(size));
  }
  if (std::ferror(file.get()) != 0) return std::unexpected(FileError::cannot_open);
  return bytes;
}

}  // namespace parley::audio
