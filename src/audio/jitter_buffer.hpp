// Packets of one RTP stream in, whenever the network brings them; one frame out per tick.
#pragma once

#include "audio/codec.hpp"
#include "audio/frame.hpp"
#include "audio/jitter/delay_estimator.hpp"
#include "audio/jitter/packet_store.hpp"
#include "audio/jitter/playout.hpp"
#include "base/time.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

namespace parley::audio {

/// Adaptive jitter buffer with its decoder.
///
/// It reorders, drops duplicates, conceals what is lost, and holds the delay at what the stream's
/// jitter asks for. Time is the sender's: what is lost is replaced by as much concealment, and the
/// delay changes only by whole pitch periods or inside silence. A sender whose clock runs fast or
/// slow is followed the same way.
///
/// Shape   memory is fixed at construction: `slots` packets and a quarter of a second of PCM.
/// Errors  whatever arrives is either kept or counted; nothing throws.
/// Cost    no allocation per packet or tick.
class JitterBuffer {
 public:
  struct Config {
    Rate rate = Rate::narrow;  // the call's, as the decoder's
    std::uint32_t rtp_clock = 8'000;
    std::chrono::milliseconds initial_delay{40};
    std::chrono::milliseconds min_delay{20};
    std::chrono::milliseconds max_delay{200};
    std::size_t slots = 64;  // packets waiting; the oldest gives way
    std::size_t max_payload = max_payload_size;
  };

  struct Packet {
    std::uint16_t sequence = 0;
    std::uint32_t timestamp = 0;
    bool marker = false;
    std::span<const std::byte> payload;
    TimePoint arrival{};
  };

  enum class Arrival : std::uint8_t {
    kept,
    duplicate,
    late,       // its time to be played had passed
    malformed,  // empty, larger than a slot, or not decodable
    restarted,  // kept, and the stream began anew: its numbers had jumped
    stray,      // its numbers are far off; a second one that follows it restarts the stream
  };

  enum class Content : std::uint8_t {
    silence,    // nothing to hear: before the first packet, in a DTX gap, after a long loss
    concealed,  // a guess
    audio,
  };

  struct Statistics {
    std::chrono::milliseconds delay{};  // now: from the earliest possible arrival to its playing
    std::chrono::milliseconds target{};
    std::uint64_t received = 0;
    std::uint64_t late = 0;
    std::uint64_t duplicates = 0;
    std::uint64_t lost = 0;  // never came, or too late: packets, by sequence number
    std::uint64_t malformed = 0;
    std::uint64_t overflowed = 0;  // gave way in a full buffer
    std::uint64_t restarts = 0;
    std::uint64_t concealed_samples = 0;    // guessed, without the silence that follows a long loss
    std::uint64_t recovered_samples = 0;    // of the lost ones, from FEC
    std::uint64_t expanded_samples = 0;     // added to raise the delay
    std::uint64_t accelerated_samples = 0;  // taken out to lower it
  };

  JitterBuffer(const Config& config, std::unique_ptr<Decoder> decoder);

  Arrival push(const Packet& packet);
  /// A packet of the stream that is no sound (telephone-event, comfort noise): its number is not
  /// missing.
  void skip(std::uint16_t sequence);
  /// The next 20 ms. Called once per tick; `frame` has the buffer's rate and is always filled.
  Content pop(Frame& frame, TimePoint now);

  /// A new stream follows (another SSRC, media moved by a re-INVITE). Statistics go on.
  void reset();
  /// As reset(), with another codec.
  void replace_decoder(std::unique_ptr<Decoder> decoder, std::uint32_t rtp_clock);

  Statistics statistics() const;

 private:
  void start_with(const Packet& packet);
  bool is_stray(std::int32_t steps, std::uint16_t sequence);
  bool was_played(std::int64_t sequence) const;
  Arrival keep(const Packet& packet, std::int64_t sequence, std::int64_t position);

  void anchor(TimePoint now);
  void refill(std::size_t wanted, TimePoint now);
  bool align(const StoredPacket& next, TimePoint now);
  void catch_up(TimePoint now);
  void bridge(const StoredPacket& next, std::size_t hole, std::size_t wanted);
  void conceal(std::size_t samples);
  void decode(const StoredPacket& packet);
  void advance_to(std::int64_t sequence);

  bool in_gap() const { return concealed_run_ >= gap_samples_; }
  std::int64_t samples_of(std::int64_t ticks) const;
  std::int64_t samples_of(Duration duration) const;
  Duration duration_of(std::int64_t samples) const;
  Duration delay(TimePoint now) const;
  std::size_t blend_samples() const;

  Config config_;
  std::unique_ptr<Decoder> decoder_;
  PacketStore store_;
  DelayEstimator estimator_;
  Playout playout_;
  std::size_t gap_samples_;  // concealed for so long, it is silence

  bool started_ = false;              // a packet has come
  bool anchored_ = false;             // and it is decided when it is played
  std::int64_t newest_sequence_ = 0;  // unwrapped, as are all below
  std::int64_t newest_ticks_ = 0;
  std::int64_t played_sequence_ = 0;  // of the last packet decoded or given up
  std::uint64_t played_history_ = 0;  // bit n: played_sequence_ - n was decoded
  std::int64_t decode_position_ = 0;  // sender's time, in samples, at the end of what is decoded or concealed
  std::optional<std::uint16_t> stray_sequence_;
  std::size_t concealed_run_ = 0;  // samples concealed since the last packet
  Statistics statistics_;
};

}  // namespace parley::audio
