#include "net/stream.hpp"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/endpoint.hpp"

namespace parley::net {

namespace asio = boost::asio;

namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

/// What the certificate must be for, and, for a name, which one we ask a server of many names for (RFC 6066 §3).
bool expect(SSL* ssl, const std::string& name) {
  auto* parameters = SSL_get0_param(ssl);
  if (IpAddress::parse(name)) return X509_VERIFY_PARAM_set1_ip_asc(parameters, name.c_str()) == 1;
  X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return SSL_set1_host(ssl, name.c_str()) == 1 && SSL_set_tlsext_host_name(ssl, name.c_str()) == 1;
}

}  // namespace

asio::awaitable<boost::system::error_code> Stream::accept() {
  if (!tls_) co_return boost::system::error_code{};
  const auto [error] = co_await tls_->async_handshake(asio::ssl::stream_base::server, as_result);
  co_return error;
}

asio::awaitable<boost::system::error_code> Stream::shake_hands(std::string name) {
  if (!tls_) co_return boost::system::error_code{};
  if (!expect(tls_->native_handle(), name)) {
    ERR_clear_error();
    co_return make_error_code(boost::system::errc::invalid_argument);
  }
  const auto [error] = co_await tls_->async_handshake(asio::ssl::stream_base::client, as_result);
  co_return error;
}

std::string Stream::certificate_trouble() const {
  if (!tls_ || !context_->verifies()) return {};
  const long result = SSL_get_verify_result(tls_->native_handle());
  return result == X509_V_OK ? std::string{} : X509_verify_cert_error_string(result);
}

asio::awaitable<void> Stream::say_goodbye() {
  if (!tls_ || !socket_->is_open()) co_return;
  co_await tls_->async_shutdown(as_result);  // broken or not, it is over
}

}  // namespace parley::net
