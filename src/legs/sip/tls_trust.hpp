// Our certificate, and whose certificates we take from those whom we call.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "net/tls.hpp"

namespace parley::legs {

struct TlsConfig {
  net::TlsFiles own;
  bool show_to_servers = false;                // a certificate that somebody vouches for
  net::TlsTrust trust;                         // of peers that have no entry
  std::map<std::string, net::TlsTrust> peers;  // by host: trunks
};

/// Made before the workers run, read by all of them.
class TlsTrustStore {
 public:
  /// The error names the file and the remedy.
  static Result<std::unique_ptr<TlsTrustStore>, std::string> make(const TlsConfig& config);

  std::shared_ptr<net::TlsContext> own() const { return own_; }
  std::shared_ptr<net::TlsContext> towards(const std::string& host) const;

 private:
  std::shared_ptr<net::TlsContext> own_, others_;
  std::map<std::string, std::shared_ptr<net::TlsContext>> peers_;
};

}  // namespace parley::legs
