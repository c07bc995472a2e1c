// One page in a browser: it offers by HTTP, checks as ICE's controlling side, is DTLS's client, and talks.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "audio/codec.hpp"
#include "base/random.hpp"
#include "legs/webrtc/transport.hpp"
#include "net/http_client.hpp"
#include "net/udp.hpp"
#include "protocol/rtp/session.hpp"
#include "protocol/sdp/webrtc.hpp"
#include "track.hpp"

namespace parley::net {
class FdWatch;
class Worker;
}  // namespace parley::net

namespace parley::load {

/// What became of one call.
struct Report {
  std::string call_id, to, error;  // error: empty when it went as planned
  std::size_t track = 0;
  std::uint64_t sent = 0;     // RTP packets that the socket took
  std::uint64_t refused = 0;  // … and that it did not
  Duration longest_pause{};   // between two of them: the load itself stumbled
  std::optional<TimePoint> first_sent{}, last_sent{};
  std::uint64_t received = 0;  // RTP packets, genuine
  std::int32_t lost = 0;
  std::uint64_t reports = 0;  // RTCP packets
  /// How long after the button was pressed.
  std::optional<Duration> offered{}, answered{}, checked{}, connected{}, first_packet{}, audible{};
};

/// Used on its worker only.
class Caller {
 public:
  /// Shared by all callers.
  struct World {
    net::Worker& worker;
    net::HttpClient& http;
    net::ReceiveBatch& batch;
    Random& random;
    const dtls::Context& context;
  };
  struct Plan {
    std::string url, to;
    std::size_t track_number = 0;
    const Track* track = nullptr;
    Duration length{};           // from connected to the last packet
    bool until_audible = false;  // hang up as soon as something is heard
    /// Where everything goes instead of to the answer's candidates.
    std::optional<Endpoint> through{};
  };

  Caller(World world, Plan plan);
  ~Caller();

  void press_button(TimePoint now);
  /// Sends what is due. As often as packets shall be on time.
  void tick(TimePoint now);
  bool over() const { return phase_ == Phase::over; }
  const Report& report() const { return report_; }

 private:
  enum class Phase : std::uint8_t { idle, offering, connecting, talking, quiet, leaving, lingering, over };

  void post_offer();
  void take_answer(net::HttpClientResult result, TimePoint now);
  void connect(const sdp::webrtc::Negotiated& negotiated, TimePoint now);
  void receive(const net::Received& received);
  void listen(const rtp::Packet& packet, TimePoint now);
  void drain(TimePoint now);
  void begin_to_talk(TimePoint now);
  void talk(TimePoint now);
  void send_packet(TimePoint now);
  void seal_and_send(std::span<const std::byte> packet);
  void hang_up();
  void end(std::string error);
  Duration since_button(TimePoint now) const { return now - pressed_at_; }

  World world_;
  Plan plan_;
  Report report_;
  Phase phase_ = Phase::idle;
  TimePoint pressed_at_{}, next_packet_at_{}, quiet_at_{}, give_up_at_{};
  net::UdpSocket socket_;
  std::unique_ptr<net::FdWatch> watch_;
  ice::Credentials credentials_;
  sdp::SessionDescription offer_;
  sdp::webrtc::Negotiated negotiated_;
  std::string session_token_;
  std::unique_ptr<legs::WebRtcTransport> transport_;
  std::optional<rtp::Session> rtp_;
  std::unique_ptr<audio::Decoder> decoder_;
  std::size_t packet_number_ = 0;
};

}  // namespace parley::load
