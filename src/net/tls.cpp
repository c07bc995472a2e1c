#include "net/tls.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <boost/asio/ssl/context.hpp>

namespace parley::net {

namespace ssl = boost::asio::ssl;

namespace {

// Forward secrecy and authenticated encryption only (RFC 9325 §4.2): every SIP phone and browser of
// the last ten years has one of these. TLS 1.3 has no others.
constexpr const char* ciphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

std::string trouble(const std::filesystem::path& file, const boost::system::error_code& error) {
  ERR_clear_error();
  return "cannot use '" + file.string() + "': " + error.message();
}

std::optional<std::string> use(ssl::context& context, const TlsFiles& files) {
  boost::system::error_code error;
  context.use_certificate_chain_file(files.certificate.string(), error);
  if (error) return trouble(files.certificate, error) + "; it must hold a certificate as PEM text";
  context.use_private_key_file(files.key.string(), ssl::context::pem, error);
  if (error)
    return trouble(files.key, error) + "; it must hold the certificate's own key, as PEM text without a password";
  return std::nullopt;
}

void harden(ssl::context& context) {
  auto* native = context.native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(native, ciphers);
  SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                  SSL_OP_IGNORE_UNEXPECTED_EOF);
  // Thousands of idle connections: 34 KiB of buffers each are given back between records.
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_max_cert_list(native, 64 * 1024);
}

}  // namespace

TlsContext::TlsContext() : native_{std::make_unique<ssl::context>(ssl::context::tls)} { harden(*native_); }
TlsContext::~TlsContext() = default;

TlsContext::Made TlsContext::server(const TlsFiles& own) {
  std::shared_ptr<TlsContext> made{new TlsContext};
  if (auto error = use(*made->native_, own)) return std::unexpected(std::move(*error));
  static constexpr unsigned char sessions_of[] = "parley";
  SSL_CTX_set_session_id_context(made->native_->native_handle(), sessions_of, sizeof sessions_of - 1);
  return made;
}

TlsContext::Made TlsContext::client(const TlsTrust& trust, const std::optional<TlsFiles>& own) {
  std::shared_ptr<TlsContext> made{new TlsContext};
  if (own)
    if (auto error = use(*made->native_, *own)) return std::unexpected(std::move(*error));
  made->verifies_ = trust.verify;
  if (!trust.verify) return made;
  boost::system::error_code error;
  made->native_->set_verify_mode(ssl::verify_peer, error);
  if (trust.authorities.empty()) made->native_->set_default_verify_paths(error);
  else made->native_->load_verify_file(trust.authorities.string(), error);
  if (error) return std::unexpected(trouble(trust.authorities, error) + "; it must hold certificates as PEM text");
  return made;
}

}  // namespace parley::net
