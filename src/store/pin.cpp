#include "store/pin.hpp"

#include <argon2.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "base/assert.hpp"

namespace parley::store {
namespace {

constexpr std::uint32_t passes = 2, memory_kib = 19'456, lanes = 1;
constexpr std::size_t salt_size = 16, hash_size = 32, least_secret = 32;

std::unexpected<std::string> cannot(const std::filesystem::path& file, std::string_view what, int error) {
  return std::unexpected(
      fmt::format("{}: cannot be {}: {}; make its folder writable", file.string(), what, std::strerror(error)));
}

/// Empty when there is none of the length that one has.
std::string read_secret(const std::filesystem::path& file) {
  std::string secret;
  std::ifstream{file} >> secret;
  if (secret.size() < least_secret) secret.clear();
  return secret;
}

/// A file that is there is whole: it is written under another name and then linked.
Result<void, std::string> make_secret(const std::filesystem::path& file) {
  auto random = Random::secure();
  const auto line = random.token(52) + "\n";  // 5 bits each: 260
  const auto draft = file.string() + "." + random.token(8);
  const int descriptor = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) return cannot(file, "made", errno);
  const bool written =
      ::write(descriptor, line.data(), line.size()) == static_cast<ssize_t>(line.size()) && ::fsync(descriptor) == 0;
  const int write_error = errno;
  ::close(descriptor);
  const bool linked = written && (::link(draft.c_str(), file.c_str()) == 0 || errno == EEXIST);
  const int link_error = errno;
  ::unlink(draft.c_str());
  if (!linked) return cannot(file, "written", written ? link_error : write_error);
  return {};
}

}  // namespace

Result<std::string, std::string> server_secret(const std::filesystem::path& file) {
  std::error_code unreadable;  // reading says what is wrong
  if (!std::filesystem::exists(file, unreadable))
    if (auto made = make_secret(file); !made) return std::unexpected(made.error());
  auto secret = read_secret(file);
  if (!secret.empty()) return secret;
  return std::unexpected(fmt::format(
      "{}: holds no secret of at least {} characters, or cannot be read; put the backup's back (a new one makes every "
      "PIN invalid)",
      file.string(), least_secret));
}

bool is_pin(std::string_view text) {
  return text.size() >= 4 && text.size() <= 12 &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

std::string Pins::keyed(std::string_view purpose, std::string_view pin) const {
  const auto message = fmt::format("{}:{}", purpose, pin);
  std::array<unsigned char, 32> digest;
  unsigned size = digest.size();
  const auto* done = HMAC(EVP_sha256(), secret_.data(), static_cast<int>(secret_.size()),
                          reinterpret_cast<const unsigned char*>(message.data()), message.size(), digest.data(), &size);
  PARLEY_ASSERT(done != nullptr && size == digest.size());
  std::string hex;
  for (const auto byte : digest) hex += fmt::format("{:02x}", byte);
  return hex;
}

std::string Pins::index(std::string_view pin) const { return keyed("index", pin); }

std::string Pins::hash(std::string_view pin, Random& random) const {
  const auto password = keyed("hash", pin);
  std::array<std::byte, salt_size> salt;
  random.fill(salt);
  std::string encoded(argon2_encodedlen(passes, memory_kib, lanes, salt_size, hash_size, Argon2_id), '\0');
  const int code = argon2id_hash_encoded(passes, memory_kib, lanes, password.data(), password.size(), salt.data(),
                                         salt.size(), hash_size, encoded.data(), encoded.size());
  if (code != ARGON2_OK) return {};
  encoded.resize(std::strlen(encoded.c_str()));
  return encoded;
}

bool Pins::matches(std::string_view pin, const std::string& hash) const {
  const auto password = keyed("hash", pin);
  return argon2id_verify(hash.c_str(), password.data(), password.size()) == ARGON2_OK;
}

const std::string& Pins::hash_of_nobody() {
  static const std::string hash = fmt::format("$argon2id$v=19$m={},t={},p={}${}${}", memory_kib, passes, lanes,
                                              std::string(22, 'A'), std::string(43, 'A'));
  return hash;
}

}  // namespace parley::store
