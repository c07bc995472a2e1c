// What all DTLS connections of the program have in common: our certificate and OpenSSL's settings.
#pragma once

#include <memory>

#include "protocol/dtls/fingerprint.hpp"

struct evp_pkey_st;
struct ssl_ctx_st;
struct x509_st;

namespace parley::dtls {

/// A self-signed ECDSA P-256 certificate and its key. A copy shares both; they never change.
class Certificate {
 public:
  /// A new key, valid for a year. Throws std::runtime_error when OpenSSL cannot: for the start only.
  static Certificate make();

  /// By SHA-256; its text() is the value of `a=fingerprint`.
  const Fingerprint& fingerprint() const { return fingerprint_; }
  x509_st* x509() const { return x509_.get(); }
  evp_pkey_st* key() const { return key_.get(); }

 private:
  Certificate() = default;
  std::shared_ptr<x509_st> x509_;
  std::shared_ptr<evp_pkey_st> key_;
  Fingerprint fingerprint_;
};

/// DTLS 1.2 with the ciphers and SRTP profiles that we offer, for both roles. A copy shares it, and
/// connections on any thread may.
class Context {
 public:
  /// Also starts libsrtp, so it takes 0.1 s or more: for the start of the program. Throws
  /// std::runtime_error when OpenSSL cannot.
  explicit Context(const Certificate& certificate);

  const Fingerprint& fingerprint() const { return fingerprint_; }
  ssl_ctx_st* native() const { return native_.get(); }

 private:
  std::shared_ptr<ssl_ctx_st> native_;
  Fingerprint fingerprint_;
};

}  // namespace parley::dtls
