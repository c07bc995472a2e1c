// The test client over TLS, with OpenSSL as it is: nothing of what it tests. It verifies nothing.
#pragma once

#include <openssl/ssl.h>

#include <memory>

#include "net/test_client.hpp"

namespace parley::net {

class TlsTestClient final : public TestClient {
 public:
  explicit TlsTestClient(const Endpoint& server, int newest_version = TLS1_3_VERSION)
      : TestClient{server}, context_{SSL_CTX_new(TLS_client_method()), SSL_CTX_free} {
    SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context_.get(), newest_version);
    ssl_ = {SSL_new(context_.get()), SSL_free};
    SSL_set_fd(ssl_.get(), descriptor());
    secure_ = SSL_connect(ssl_.get()) == 1;
  }

  bool secure() const { return secure_; }
  std::string_view version() const { return SSL_get_version(ssl_.get()); }

 private:
  ssize_t put(std::string_view text) override {
    return secure_ ? SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size())) : -1;
  }
  ssize_t get(std::span<char> into) override {
    return secure_ ? SSL_read(ssl_.get(), into.data(), static_cast<int>(into.size())) : -1;
  }
  bool buffered() const override { return SSL_pending(ssl_.get()) > 0; }

  std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_;
  std::unique_ptr<SSL, void (*)(SSL*)> ssl_{nullptr, SSL_free};
  bool secure_ = false;
};

}  // namespace parley::net
