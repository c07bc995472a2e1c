// One peer connection's way to its peer: ICE, DTLS and SRTP in one core, without a socket.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/outbox.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "legs/webrtc/drops.hpp"
#include "protocol/dtls/connection.hpp"
#include "protocol/ice/controlling_agent.hpp"
#include "protocol/ice/lite_agent.hpp"
#include "protocol/srtp/session.hpp"

namespace parley::legs {

/// Datagrams in and out. After every input, drain poll().
class WebRtcTransport {
 public:
  struct Config {
    dtls::Role role = dtls::Role::server;
    /// What the peer's description announced; empty: it comes with expect().
    std::vector<dtls::Fingerprint> fingerprints{};
    Duration connect_within = 30s;
  };

  enum class EndReason : std::uint8_t {
    not_connected,  // nothing came of ICE or DTLS in time
    fingerprint,    // the peer's certificate is not the one that its description announced
    handshake,      // DTLS failed otherwise
    consent,        // no authenticated check for 30 s (RFC 7675)
    closed,         // the peer said close_notify
  };

  struct Send {
    ice::Path to;
    std::vector<std::byte> datagram;
  };
  /// Datagrams from there are ours from now on, or no longer.
  struct PathAdded {
    ice::Path path;
  };
  struct PathRemoved {
    ice::Path path;
  };
  struct Connected {};
  struct Ended {
    EndReason reason;
    std::string detail;
  };
  using Output = std::variant<Send, PathAdded, PathRemoved, Connected, Ended>;  // Ended is the last

  /// The peer checks and nominates.
  WebRtcTransport(const dtls::Context& context, Config config, ice::LiteAgent::Config lite, TimePoint now);
  /// We do: for peers that are lite themselves.
  WebRtcTransport(const dtls::Context& context, Config config, ice::ControllingAgent::Config full, Random random,
                  TimePoint now);
  ~WebRtcTransport();

  void expect(std::vector<dtls::Fingerprint> fingerprints, TimePoint now);
  void set_remote(const ice::ControllingAgent::Remote& remote, TimePoint now);  // of a controlling one
  void add_candidate(const ice::Candidate& candidate, TimePoint now);
  void restart(ice::Credentials local, TimePoint now);

  /// What a datagram held: RTP or RTCP, decrypted in place; nothing when it was ICE, DTLS or not genuine.
  std::optional<std::span<std::byte>> receive(const ice::Path& from, std::span<std::byte> datagram, TimePoint now);
  void channel_closed(ice::Channel channel, TimePoint now);
  void advance(TimePoint now);
  std::optional<Output> poll();
  TimePoint deadline() const;

  struct Sealed {
    ice::Path to;
    std::span<const std::byte> datagram;
  };
  /// Protects the RTP or RTCP packet that is the first `size` bytes of `buffer`, in place; nothing while there is
  /// nowhere to send it. `buffer` has srtp::max_overhead more.
  std::optional<Sealed> seal(std::span<std::byte> buffer, std::size_t size);
  /// Says goodbye; nothing is sent after what poll() then has.
  void close();

  bool connected() const { return srtp_ != nullptr && !ended_; }
  bool ended() const { return ended_; }
  const ice::Credentials& credentials() const;
  const std::optional<ice::Path>& selected() const;
  srtp::Profile profile() const { return srtp_->profile(); }  // of a connected one

  /// What ICE, DTLS and SRTP dropped so far.
  Drops drops() const;

 private:
  std::optional<std::span<std::byte>> unprotect(std::span<std::byte> datagram, bool rtcp);
  void begin_handshake(TimePoint now);
  void collect(TimePoint now);
  void on_ice(ice::LiteAgent::Output output, TimePoint now);
  void on_ice(ice::ControllingAgent::Output output, TimePoint now);
  void on_dtls(dtls::Connection::Output output);
  void consent_lost();
  void end(EndReason reason, std::string detail);

  Config config_;
  std::variant<ice::LiteAgent, ice::ControllingAgent> ice_;
  const dtls::Context context_;
  std::unique_ptr<dtls::Connection> dtls_;  // from the first path on
  std::unique_ptr<srtp::Session> srtp_;
  std::optional<ice::Path> dtls_path_;  // where its last datagram came from, until a path is selected
  TimePoint give_up_at_;
  bool ended_ = false;
  Drops drops_;  // what it dropped itself
  Outbox<Output> outbox_;
};

}  // namespace parley::legs
