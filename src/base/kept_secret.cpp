#include "base/kept_secret.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>

#include "base/random.hpp"

namespace parley {

std::string kept_secret(const std::filesystem::path& file, std::size_t length, std::size_t least) {
  std::string secret;
  std::error_code ignored;  // opening and reading tell
  if (std::filesystem::exists(file, ignored)) {
    std::ifstream{file} >> secret;
    if (secret.size() < least)
      throw std::runtime_error{file.string() + ": holds no secret of at least " + std::to_string(least) +
                               " characters; delete it to get a new one"};
    return secret;
  }
  secret = Random::secure().token(length);
  std::filesystem::create_directories(file.parent_path(), ignored);
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  const std::string line = secret + "\n";
  const bool written =
      fd >= 0 && ::write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size()) && ::fsync(fd) == 0;
  const int error = errno;
  if (fd >= 0) ::close(fd);
  if (!written)
    throw std::runtime_error{file.string() + ": cannot be written: " + std::strerror(error) +
                             "; make the data folder writable"};
  return secret;
}

}  // namespace parley
