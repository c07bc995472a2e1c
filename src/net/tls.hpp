// TLS 1.2 and 1.3: whose certificate we show, and whose we accept.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace boost::asio::ssl {
class context;
}

namespace parley::net {

/// PEM files: a certificate with those that lead from it to its authority behind it, and its key.
struct TlsFiles {
  std::filesystem::path certificate, key;
  bool operator==(const TlsFiles&) const = default;
};

/// Which certificates of peers are accepted.
struct TlsTrust {
  bool verify = true;                 // false: any, also for another name
  std::filesystem::path authorities;  // PEM; empty: the system's
};

/// Shared by all streams of one kind, on all workers.
class TlsContext {
 public:
  using Made = Result<std::shared_ptr<TlsContext>, std::string>;  // the error names the file and the remedy
  static Made server(const TlsFiles& own);
  /// `own`: for servers that ask for a certificate, too.
  static Made client(const TlsTrust& trust, const std::optional<TlsFiles>& own = {});
  ~TlsContext();

  boost::asio::ssl::context& native() { return *native_; }
  bool verifies() const { return verifies_; }

 private:
  TlsContext();
  std::unique_ptr<boost::asio::ssl::context> native_;
  bool verifies_ = false;
};

/// `certificate.pem` and `key.pem` (0600) in `folder`: those that are there, while they belong together and
/// are good for another month; else new ones, for these names and addresses and signed by themselves.
/// The error names the file and the remedy.
Result<TlsFiles, std::string> self_signed(const std::filesystem::path& folder, const std::vector<std::string>& names);

}  // namespace parley::net
