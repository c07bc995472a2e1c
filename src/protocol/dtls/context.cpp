#include "protocol/dtls/context.hpp"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/srtp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <array>
#include <stdexcept>
#include <string>

#include "protocol/dtls/connection.hpp"
#include "protocol/srtp/session.hpp"

namespace parley::dtls {
namespace {

/// Certificates of browsers have 300 bytes. What a stranger's handshake may make us hold is bounded by this.
constexpr long max_certificates = 16 * 1024;

// The first is the one that RFC 8827 §6.5 wants of everyone; RSA is for peers whose certificate it
// is, CBC for those of before 2015.
constexpr const char* ciphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:"
    "ECDHE-RSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA";
// AES-GCM costs less than AES-CM with SHA-1 and forges less easily; 128 bits before 256 for speed.
constexpr const char* srtp_profiles = "SRTP_AEAD_AES_128_GCM:SRTP_AEAD_AES_256_GCM:SRTP_AES128_CM_SHA1_80";

void require(bool succeeded, const char* what) {
  if (succeeded) return;
  std::array<char, 256> reason{};
  ERR_error_string_n(ERR_get_error(), reason.data(), reason.size());
  throw std::runtime_error(std::string{"DTLS: cannot "} + what + ": " + reason.data());
}

}  // namespace

Certificate Certificate::make() {
  Certificate certificate;
  certificate.key_.reset(EVP_EC_gen("P-256"), EVP_PKEY_free);
  require(certificate.key_ != nullptr, "make a key");
  certificate.x509_.reset(X509_new(), X509_free);
  auto* x509 = certificate.x509_.get();
  require(x509 != nullptr, "make a certificate");

  // Nobody reads more of it than its hash. The day before is for peers whose clocks are behind.
  constexpr long day = 24 * 60 * 60;
  std::int64_t serial = 0;
  require(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1, "draw a serial number");
  serial &= 0x7FFF'FFFF'FFFF'FFFF;
  auto* name = X509_get_subject_name(x509);
  require(X509_set_version(x509, X509_VERSION_3) == 1 &&
              ASN1_INTEGER_set_int64(X509_get_serialNumber(x509), serial) == 1 &&
              X509_gmtime_adj(X509_getm_notBefore(x509), -day) != nullptr &&
              X509_gmtime_adj(X509_getm_notAfter(x509), 365 * day) != nullptr &&
              X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("parley"), -1,
                                         -1, 0) == 1 &&
              X509_set_issuer_name(x509, name) == 1 && X509_set_pubkey(x509, certificate.key()) == 1 &&
              X509_sign(x509, certificate.key(), EVP_sha256()) != 0,
          "sign a certificate");

  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int size = 0;
  require(X509_digest(x509, EVP_sha256(), digest.data(), &size) == 1, "hash a certificate");
  const auto bytes = std::as_bytes(std::span{digest}.first(size));
  certificate.fingerprint_ = Fingerprint{Hash::sha256, {bytes.begin(), bytes.end()}};
  return certificate;
}

Context::Context(const Certificate& certificate)
    : native_{SSL_CTX_new(DTLS_method()), SSL_CTX_free}, fingerprint_{certificate.fingerprint()} {
  srtp::start();  // where our keys will go: a call must not wait for it
  auto* context = native_.get();
  require(context != nullptr, "make a context");
  require(SSL_CTX_set_min_proto_version(context, DTLS1_2_VERSION) == 1 &&
              SSL_CTX_set_max_proto_version(context, DTLS1_2_VERSION) == 1 &&
              SSL_CTX_set_cipher_list(context, ciphers) == 1 &&
              SSL_CTX_set1_groups_list(context, "X25519:P-256:P-384") == 1,
          "set the ciphers");
  require(SSL_CTX_set_tlsext_use_srtp(context, srtp_profiles) == 0, "set the SRTP profiles");  // 0 is success here
  require(SSL_CTX_use_certificate(context, certificate.x509()) == 1 &&
              SSL_CTX_use_PrivateKey(context, certificate.key()) == 1,
          "use a certificate");
  // No tickets, no resumption: a call has one handshake. No renegotiation: the keys of SRTP come from the first.
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_QUERY_MTU);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_max_cert_list(context, max_certificates);
  // A self-signed certificate has no chain to check: its fingerprint is all there is.
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_cert_verify_callback(
      context, [](X509_STORE_CTX* store, void*) { return Connection::verify(store); }, nullptr);
}

}  // namespace parley::dtls
