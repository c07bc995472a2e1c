// The far end of a call: a telephone with a clock of its own.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audio/codec.hpp"
#include "audio/packetizer.hpp"
#include "protocol/rtp/session.hpp"
#include "protocol/rtp/telephone_event.hpp"
#include "protocol/sdp/offer_answer.hpp"
#include "protocol/sip/stack.hpp"
#include "protocol/srtp/session.hpp"
#include "sim/network.hpp"

namespace parley::sim {

struct PhoneOptions {
  audio::CodecName codec = audio::CodecName::pcmu;
  std::chrono::milliseconds ptime{20};
  double clock_ppm = 0;     // how much too fast its audio clock runs
  Duration rings_for = 1s;  // called: until it answers
  bool sends_media = true;
  int refuses_with = 0;  // called: this status, at once
  bool offers = true;    // in its INVITE; else in its ACK it answers ours
  bool rtcp_mux = true;
  bool session_timer = true;
  bool understands_update = true;
  sdp::Sdes srtp = sdp::Sdes::off;
};

/// A packet of Parley's audio, as it arrived.
struct HeardPacket {
  TimePoint arrival;
  std::size_t position = 0;  // of its first sample in heard()
  int peak = 0;
};

/// Says what it was given, sample by sample, and keeps what it hears at the place its timestamp
/// names: without a jitter buffer, so that the measures are those of Parley alone.
class Phone final : private Receiver {
 public:
  Phone(Timeline& timeline, Network& network, IpAddress address, PhoneOptions options, Random random);
  ~Phone() override;

  // What its user does
  void dial(std::string_view extension, const Endpoint& parley);
  void hang_up();
  bool offer(sdp::Direction direction);
  void press(std::string_view keys);
  /// Said from the next frame on, after what is being said; silence follows.
  void say(std::span<const std::int16_t> samples);
  /// Goes on at another RTP port, and says so in a re-INVITE.
  bool move();
  /// Goes on with another key, and says so in a re-INVITE.
  bool change_key();
  /// Somebody else's packet, at Parley's port, in its name.
  void forge();
  bool protected_media() const { return srtp_.has_value(); }
  /// Its media begins anew, with another SSRC, sequence and timestamp.
  void change_source();
  void mute_packets(bool muted) { muted_ = muted; }

  // What became of it, in order: "ringing", "answered", "incoming", "ended bye 200" …
  std::vector<std::string> log;
  bool answered() const { return answered_; }
  bool ended() const { return ended_; }
  std::size_t sessions() const { return stack_.sessions(); }
  std::size_t transactions() const { return stack_.transactions(); }
  const sip::Stack::Counters& counters() const { return stack_.counters(); }
  const Endpoint& sip_address() const { return sip_; }
  const IpAddress& address() const { return sip_.address; }
  const std::string& call_id() const { return call_id_; }

  // Its ears and its mouth, at the codec's natural rate.
  audio::Rate rate() const { return spec_.rate; }
  const std::vector<std::int16_t>& heard() const { return heard_; }
  const std::vector<HeardPacket>& packets() const { return packets_; }
  const std::vector<std::int16_t>& said() const { return said_; }
  /// When the frame with that sample left it.
  TimePoint left_at(std::size_t sample) const { return frame_time(sample / audio::frame_size(spec_.rate)); }
  /// When that sample was spoken, by its own clock.
  TimePoint spoken_at(double sample) const;
  const Endpoint& parley_rtp() const { return negotiated_->rtp; }
  /// The first sample of the latest say(), once its first frame is out.
  std::optional<std::size_t> began_saying() const { return began_saying_; }

 private:
  void on_packet(const Endpoint& to, const Endpoint& from, std::span<const std::byte> bytes) override;
  void hear(const rtp::Session::Media& media);

  void flush();
  void arm();
  void on(sip::Stack::Output& output);
  std::string take_offer(const std::string& sdp);
  bool take_answer(const std::string& sdp);
  void apply(const sdp::Negotiated& negotiated);
  void start_media();
  void make_keys();
  void send_media(const Endpoint& from, const Endpoint& to, std::span<const std::byte> packet, bool rtcp);

  TimePoint frame_time(std::size_t frame) const;
  void schedule_frame();
  void speak_frame();
  void report();
  void send(const audio::Packetizer::Packet& packet);

  Timeline& timeline_;
  Network& network_;
  PhoneOptions options_;
  Random random_;
  Endpoint sip_, rtp_, rtcp_;
  sip::Stack stack_;
  TimePoint armed_for_ = TimePoint::max();
  sip::SessionId session_ = 0;
  std::string call_id_;
  bool answered_ = false, ended_ = false, muted_ = false;

  sdp::Local local_;
  std::optional<sdp::SessionDescription> described_;
  std::optional<sdp::Negotiated> negotiated_;

  audio::CodecSpec spec_;
  std::unique_ptr<audio::Decoder> decoder_;
  std::optional<audio::Packetizer> packetizer_;
  std::optional<rtp::Session> media_;
  std::optional<srtp::Session> srtp_;
  std::optional<rtp::TelephoneEventSender> keys_;
  TimePoint first_frame_at_{};
  std::size_t frames_ = 0;
  std::vector<std::int16_t> to_say_, said_, heard_;
  std::size_t to_say_position_ = 0;
  bool new_say_ = false;
  std::optional<std::size_t> began_saying_;
  std::optional<std::uint32_t> first_timestamp_;
  std::vector<HeardPacket> packets_;
};

}  // namespace parley::sim
