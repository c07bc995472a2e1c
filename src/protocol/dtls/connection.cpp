#include "protocol/dtls/connection.hpp"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/srtp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <new>
#include <utility>

#include "base/assert.hpp"
#include "base/bytes.hpp"

namespace parley::dtls {
namespace {

constexpr std::chrono::microseconds longest_retransmission = 3200ms;
/// OpenSSL holds back records of the next epoch, 16 KiB of memory each. A peer's last flight has one,
/// and repeats it.
constexpr std::size_t max_early_records = 32;

bool certificate_matches(X509* certificate, std::span<const Fingerprint> fingerprints) {
  unsigned char* der = nullptr;
  const int size = certificate != nullptr ? i2d_X509(certificate, &der) : 0;
  if (size <= 0) return false;
  const std::unique_ptr<unsigned char, void (*)(unsigned char*)> owned{der, [](unsigned char* p) { OPENSSL_free(p); }};
  return matches(std::as_bytes(std::span{der, static_cast<std::size_t>(size)}), fingerprints);
}

Connection* owner(const SSL* ssl) { return static_cast<Connection*>(SSL_get_app_data(ssl)); }

}  // namespace

std::string_view name(FailReason reason) {
  switch (reason) {
    case FailReason::timeout: return "timeout";
    case FailReason::fingerprint: return "fingerprint";
    case FailReason::no_srtp_profile: return "no_srtp_profile";
    case FailReason::alert: return "alert";
    case FailReason::protocol: return "protocol";
  }
  return "unknown";
}

bool is_dtls(std::span<const std::byte> datagram) {
  if (datagram.empty()) return false;
  const auto first = std::to_integer<std::uint8_t>(datagram[0]);
  return first >= 20 && first <= 63;
}

void Connection::Free::operator()(ssl_st* ssl) const { SSL_free(ssl); }

Connection::Connection(const Context& context, Config config, TimePoint now)
    : config_{std::move(config)}, give_up_at_{now + config_.handshake_limit}, ssl_{SSL_new(context.native())} {
  if (!ssl_) throw std::bad_alloc{};
  auto* ssl = ssl_.get();
  auto* bio = new_bio(datagrams_);
  SSL_set_bio(ssl, bio, bio);
  SSL_set_app_data(ssl, this);
  SSL_set_mtu(ssl, static_cast<long>(max_sent));
  DTLS_set_timer_cb(ssl, next_timeout);
  SSL_set_info_callback(ssl, on_info);
  if (config_.role == Role::client) SSL_set_connect_state(ssl);
  else SSL_set_accept_state(ssl);
  step(now);
}

Connection::~Connection() = default;

void Connection::expect(std::vector<Fingerprint> remote_fingerprints, TimePoint now) {
  if (state_ != State::handshaking && state_ != State::unverified) return;
  config_.remote_fingerprints = std::move(remote_fingerprints);
  if (state_ == State::unverified) established();
  schedule(now);
}

void Connection::receive(std::span<const std::byte> datagram, TimePoint now) {
  if (ended()) return;
  if (datagram.size() > max_received) {
    ++dropped_.too_large;
  } else if (!is_dtls(datagram)) {
    ++dropped_.not_dtls;
  } else if (state_ == State::handshaking && too_many_early(datagram)) {
    ++dropped_.early;
  } else {
    datagrams_.incoming = datagram;
    step(now);
    datagrams_.incoming = {};
  }
}

//  0       1       3       5             11      13
// +-------+-------+-------+-------------+-------+---------- -
// | type  |version| epoch |  sequence   |length | fragment …     one record of a datagram (RFC 6347 §4.1)
// +-------+-------+-------+-------------+-------+---------- -
bool Connection::too_many_early(std::span<const std::byte> datagram) {
  ByteReader in{datagram};
  std::size_t early = 0;
  for (;;) {
    in.skip(1);
    const auto version = in.u16(), epoch = in.u16();
    in.skip(6);
    in.skip(in.u16());
    if (in.failed()) break;
    if (version == DTLS1_2_VERSION && epoch == 1) ++early;  // all else is not kept
  }
  early_records_ += early;
  return early > 0 && early_records_ > max_early_records;
}

void Connection::advance(TimePoint now) {
  if (ended()) return;
  if (state_ != State::connected && now >= give_up_at_) return fail(FailReason::timeout);
  if (state_ == State::handshaking) {
    ERR_clear_error();
    if (DTLSv1_handle_timeout(ssl_.get()) < 0) return fail(FailReason::timeout);
  }
  schedule(now);
}

void Connection::close() {
  if (ended()) return;
  if (state_ != State::handshaking) (void)SSL_shutdown(ssl_.get());
  end(Closed{});
}

std::optional<Connection::Output> Connection::poll() {
  if (!datagrams_.written.empty()) {
    Send send{std::move(datagrams_.written.front())};
    datagrams_.written.pop_front();
    return send;
  }
  if (events_.empty()) return std::nullopt;
  auto event = std::move(events_.front());
  events_.pop_front();
  return event;
}

TimePoint Connection::deadline() const {
  switch (state_) {
    case State::handshaking: return std::min(give_up_at_, retransmit_at_);
    case State::unverified: return give_up_at_;
    case State::connected:
    case State::ended: return TimePoint::max();
  }
  return TimePoint::max();
}

void Connection::step(TimePoint now) {
  if (state_ == State::handshaking) handshake();
  if (state_ == State::unverified || state_ == State::connected) read();
  schedule(now);
}

void Connection::handshake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) return established();
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: return;
    case SSL_ERROR_ZERO_RETURN: return end(Closed{});
    default:
      fail(fingerprint_refused_ ? FailReason::fingerprint : alert_received_ ? FailReason::alert : FailReason::protocol);
  }
}

// RFC 5764 §4.1: what the two have agreed on is in the hellos, so a peer without it is found out only here.
void Connection::established() {
  if (SSL_get_selected_srtp_profile(ssl_.get()) == nullptr) {
    (void)SSL_shutdown(ssl_.get());
    return fail(FailReason::no_srtp_profile);
  }
  if (config_.remote_fingerprints.empty()) {
    state_ = State::unverified;
  } else if (peer_matches()) {
    deliver_keys();
  } else {
    // Too late for bad_certificate: the fingerprints came after the certificate had been taken.
    (void)SSL_shutdown(ssl_.get());
    fail(FailReason::fingerprint);
  }
}

bool Connection::peer_matches() const {
  return certificate_matches(SSL_get0_peer_certificate(ssl_.get()), config_.remote_fingerprints);
}

/// The exporter's output is both keys, then both salts, the client's first (RFC 5764 §4.2).
void Connection::deliver_keys() {
  const auto profile =
      srtp::profile_numbered(static_cast<std::uint16_t>(SSL_get_selected_srtp_profile(ssl_.get())->id));
  PARLEY_ASSERT(profile);  // one of those we offered
  constexpr std::string_view label = "EXTRACTOR-dtls_srtp";
  std::array<std::byte, 2 * (srtp::max_key_size + srtp::max_salt_size)> material;
  const auto key_size = srtp::key_size(*profile), salt_size = srtp::salt_size(*profile);
  const auto size = 2 * (key_size + salt_size);
  if (SSL_export_keying_material(ssl_.get(), reinterpret_cast<unsigned char*>(material.data()), size, label.data(),
                                 label.size(), nullptr, 0, 0) != 1)
    return fail(FailReason::protocol);
  const std::span<const std::byte> all{material.data(), size};
  srtp::MasterKey client{all.subspan(0, key_size), all.subspan(2 * key_size, salt_size)};
  srtp::MasterKey server{all.subspan(key_size, key_size), all.subspan(2 * key_size + salt_size, salt_size)};
  OPENSSL_cleanse(material.data(), material.size());
  if (config_.role == Role::server) std::swap(client, server);
  state_ = State::connected;
  events_.push_back(Connected{{*profile, client, server}});
}

// There are no data channels: what is read after the handshake are alerts, and a last flight that was lost.
void Connection::read() {
  for (;;) {
    std::array<std::byte, max_received> ignored;
    ERR_clear_error();
    const int result = SSL_read(ssl_.get(), ignored.data(), static_cast<int>(ignored.size()));
    if (result > 0) {
      ++dropped_.application_data;
      continue;
    }
    switch (SSL_get_error(ssl_.get(), result)) {
      case SSL_ERROR_WANT_READ:
      case SSL_ERROR_WANT_WRITE: return;
      case SSL_ERROR_ZERO_RETURN:
        (void)SSL_shutdown(ssl_.get());  // RFC 5246 §7.2.1: answered with one of ours
        return end(Closed{});
      default: return fail(alert_received_ ? FailReason::alert : FailReason::protocol);
    }
  }
}

void Connection::fail(FailReason reason) { end(Failed{reason, alert_}); }

void Connection::end(Output last) {
  state_ = State::ended;
  retransmit_at_ = TimePoint::max();
  ERR_clear_error();  // the queue is the thread's, and others read it too
  events_.push_back(std::move(last));
}

void Connection::schedule(TimePoint now) {
  timeval left{};
  const bool armed = state_ == State::handshaking && DTLSv1_get_timeout(ssl_.get(), &left) == 1;
  retransmit_at_ =
      armed ? now + std::chrono::seconds{left.tv_sec} + std::chrono::microseconds{left.tv_usec} : TimePoint::max();
}

/// OpenSSL has built no chain and asks no more questions: 1 accepts, 0 sends bad_certificate.
int Connection::verify(x509_store_ctx_st* store) {
  const auto* ssl = static_cast<const SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto& connection = *owner(ssl);
  const auto& fingerprints = connection.config_.remote_fingerprints;
  // Not known yet: the handshake may go on, and established() will not deliver keys without them.
  if (fingerprints.empty() || certificate_matches(X509_STORE_CTX_get0_cert(store), fingerprints)) return 1;
  connection.fingerprint_refused_ = true;
  X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
  return 0;
}

unsigned int Connection::next_timeout(ssl_st* ssl, unsigned int previous_us) {
  const auto first = std::chrono::duration_cast<std::chrono::microseconds>(owner(ssl)->config_.first_retransmission);
  const auto next = previous_us == 0 ? first : 2 * std::chrono::microseconds{previous_us};
  return static_cast<unsigned int>(std::min(next, longest_retransmission).count());
}

void Connection::on_info(const ssl_st* ssl, int where, int value) {
  if ((where & SSL_CB_ALERT) == 0 || (value >> 8) != SSL3_AL_FATAL) return;
  auto& connection = *owner(ssl);
  connection.alert_ = static_cast<std::uint8_t>(value & 0xFF);
  connection.alert_received_ = (where & SSL_CB_READ) != 0;
}

}  // namespace parley::dtls
