// PINs are never kept: an index finds one, a slow hash proves it, and both need a secret that is not
// in the database. So who steals the database alone cannot try ten thousand PINs on it.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/random.hpp"
#include "base/result.hpp"

namespace parley::store {

/// Reads the secret of this installation, or makes it (256 random bits, mode 0600) where there is
/// none; two programs that do it at once get the same one. The error names the file and the remedy.
Result<std::string, std::string> server_secret(const std::filesystem::path& file);

/// 4 to 12 digits: what a telephone's keys can enter.
bool is_pin(std::string_view text);

/// Thread-safe.
class Pins {
 public:
  explicit Pins(std::string secret) : secret_{std::move(secret)} {}

  /// The same for the same PIN: what it is found by. HMAC-SHA256, in hexadecimal.
  std::string index(std::string_view pin) const;

  // These take about 30 ms and 19 MiB (Argon2id with the parameters that OWASP gives as the least):
  // never on a worker.

  /// Encoded with its parameters and salt; empty when the memory for it is lacking.
  std::string hash(std::string_view pin, Random& random) const;
  bool matches(std::string_view pin, const std::string& hash) const;
  /// Of no PIN at all: for taking as long where there is nothing to compare with.
  static const std::string& hash_of_nobody();

 private:
  std::string keyed(std::string_view purpose, std::string_view pin) const;

  std::string secret_;
};

}  // namespace parley::store
