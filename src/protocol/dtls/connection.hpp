// One DTLS-SRTP association (RFC 5764): a handshake that ends in keys for SRTP.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "base/time.hpp"
#include "protocol/dtls/context.hpp"
#include "protocol/dtls/datagram_queue.hpp"
#include "protocol/dtls/fingerprint.hpp"
#include "protocol/srtp/keys.hpp"

struct ssl_st;
struct x509_store_ctx_st;

namespace parley::dtls {

/// Who begins: `a=setup:active` is the client, `a=setup:passive` the server (RFC 8842 §5.2).
enum class Role : std::uint8_t { client, server };

enum class FailReason : std::uint8_t {
  timeout,          // no end of the handshake in time, or no fingerprint to hold it against
  fingerprint,      // the peer's certificate is not the one its SDP announced
  no_srtp_profile,  // the peer offers none of ours
  alert,            // the peer gave up with a fatal alert
  protocol,         // the peer's handshake makes no sense, or has nothing in common with ours
};
std::string_view name(FailReason reason);

/// Whether a datagram on a shared port is DTLS, by its first byte (RFC 7983 §7).
bool is_dtls(std::span<const std::byte> datagram);

/// A DTLS 1.2 client or server without a socket. After every input, drain poll() before the next.
///
/// Feed it only what comes from an address that ICE has checked: that is also why there is no
/// cookie exchange. The handshake's retransmissions follow the steady course of real time, because
/// OpenSSL reads its own clock for them: advance() before a retransmission is due in that clock
/// only moves deadline(). The limit on the handshake follows `now`, as everything else does.
class Connection {
 public:
  struct Config {
    Role role = Role::server;
    /// What the peer's SDP announced. Empty: not known yet, expect() will tell.
    std::vector<Fingerprint> remote_fingerprints;
    Duration handshake_limit = 20s;
    /// Doubles with each one, up to 3.2 s. RFC 6347 §4.2.4.1 begins with a second; ICE has shown that
    /// the path works, and a caller waits.
    Duration first_retransmission = 200ms;
  };

  struct Send {
    std::vector<std::byte> datagram;  // at most max_sent bytes
  };
  struct Connected {
    srtp::Keys keys;
  };
  struct Failed {
    FailReason reason;
    std::uint8_t alert = 0;  // RFC 5246 §7.2 description, received or sent; 0 when there was none
  };
  struct Closed {};                                              // one side has said close_notify
  using Output = std::variant<Send, Connected, Failed, Closed>;  // Failed and Closed are the last

  static constexpr std::size_t max_sent = 1200;
  static constexpr std::size_t max_received = 2048;

  Connection(const Context& context, Config config, TimePoint now);
  Connection(const Connection&) = delete;  // OpenSSL points back at us
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  /// The peer's fingerprints, when its SDP comes after its first datagrams. A handshake that is
  /// already through waits for this with Connected; once connected it changes nothing.
  void expect(std::vector<Fingerprint> remote_fingerprints, TimePoint now);
  void receive(std::span<const std::byte> datagram, TimePoint now);
  void advance(TimePoint now);
  /// Says close_notify, once connected, and ends.
  void close();
  std::optional<Output> poll();
  TimePoint deadline() const;

  bool connected() const { return state_ == State::connected; }
  bool ended() const { return state_ == State::ended; }
  Role role() const { return config_.role; }

  struct Dropped {
    std::uint64_t not_dtls = 0;
    std::uint64_t too_large = 0;
    std::uint64_t early = 0;             // encrypted records, more than a handshake may hold back
    std::uint64_t application_data = 0;  // records; there are no data channels
  };
  const Dropped& dropped() const { return dropped_; }

 private:
  enum class State : std::uint8_t { handshaking, unverified, connected, ended };
  struct Free {
    void operator()(ssl_st* ssl) const;
  };
  friend class Context;  // its certificate callback asks verify()

  void step(TimePoint now);
  void handshake();
  void read();
  void established();
  void deliver_keys();
  bool peer_matches() const;
  bool too_many_early(std::span<const std::byte> datagram);
  void fail(FailReason reason);
  void end(Output last);
  void schedule(TimePoint now);
  static int verify(x509_store_ctx_st* store);
  static unsigned int next_timeout(ssl_st* ssl, unsigned int previous_us);
  static void on_info(const ssl_st* ssl, int where, int value);

  Config config_;
  TimePoint give_up_at_;
  TimePoint retransmit_at_ = TimePoint::max();
  State state_ = State::handshaking;
  bool fingerprint_refused_ = false;
  std::uint8_t alert_ = 0;
  bool alert_received_ = false;
  std::size_t early_records_ = 0;
  DatagramQueue datagrams_;
  std::deque<Output> events_;  // at most Connected and the last one
  Dropped dropped_;
  std::unique_ptr<ssl_st, Free> ssl_;  // points at all of the above, so it goes first
};

}  // namespace parley::dtls
