// Keys of a telephone as named events in RTP (RFC 4733).
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <variant>

#include "base/time.hpp"
#include "protocol/rtp/packet.hpp"

namespace parley::rtp {

/// 0–9, *, # and A–D are events 0 to 15 (RFC 4733 §3.2); 16 was hook flash (RFC 2833).
constexpr std::uint8_t last_dtmf_event = 15;
constexpr std::uint8_t flash_event = 16;
std::optional<std::uint8_t> event_of(char key);  // takes a–d too
std::optional<char> key_of(std::uint8_t event);  // nothing for flash and beyond

/// Turns a stream of event packets into one Pressed and one Released a key, whichever of the many
/// packets that describe it arrive and in whatever order. Drain poll() after every input.
class TelephoneEventReceiver {
 public:
  struct Config {
    std::uint32_t clock_rate = 8000;
    /// Released without an end packet, once no update has come for this long.
    Duration lost_end_after = 250ms;
  };
  struct Pressed {
    std::uint8_t event;
    RtpTimestamp at;
  };
  struct Released {
    std::uint8_t event;
    Duration held;
  };
  using Output = std::variant<Pressed, Released>;

  explicit TelephoneEventReceiver(Config config) : config_{config} {}

  /// A packet of the negotiated telephone-event payload type.
  void receive(const Packet& packet, TimePoint arrival);
  void advance(TimePoint now);
  /// The stream began anew (another SSRC): timestamps from before mean nothing. Releases a held
  /// key.
  void reset();
  std::optional<Output> poll();
  TimePoint deadline() const;

  std::uint64_t malformed() const { return malformed_; }
  std::uint64_t ignored() const { return ignored_; }  // late, or no event of a key

 private:
  struct Report {
    std::uint8_t event;
    bool end;
    std::uint16_t duration;
    RtpTimestamp timestamp;
    bool marker;
  };
  struct Key {
    std::uint8_t event;
    RtpTimestamp segment;            // of the segment that is being described
    std::uint32_t earlier_segments;  // ticks
    std::uint16_t duration;          // ticks of this segment
    bool ended;
    TimePoint heard_at;
    std::bitset<flash_event + 1> begun;  // keys reported for this timestamp
  };
  enum class Relation : std::uint8_t { update, continuation, stale, news };

  void handle(const Report& report, TimePoint arrival);
  Relation relate(const Report& report, TimePoint arrival) const;
  void update(const Report& report, TimePoint arrival);
  void release();
  void emit(Output output);

  Config config_;
  std::optional<Key> key_;
  // One packet makes at most three outputs for each event it is read for.
  static constexpr std::size_t max_events_in_packet = 8;
  std::array<std::optional<Output>, max_events_in_packet * 3 + 2> outputs_;
  std::size_t head_ = 0, size_ = 0;
  std::uint64_t malformed_ = 0;
  std::uint64_t ignored_ = 0;
};

/// Sends keys, one after another: an update every `packet_time`, then three end packets, then a gap
/// (RFC 4733 §2.5.1). It replaces the audio meanwhile, and keeps time by the audio's timestamps.
class TelephoneEventSender {
 public:
  struct Config {
    std::uint32_t clock_rate = 8000;
    Duration packet_time = 20ms;
    Duration gap = 40ms;  // raised to 40 ms when less: the shortest that detectors must honour
  };
  struct EventPacket {
    bool marker;
    RtpTimestamp timestamp;  // of the key's beginning, held
    std::array<std::byte, 4> payload;
  };

  explicit TelephoneEventSender(Config config);

  /// Queues a key; lengths are kept within 40 ms and 60 s. False when 64 are waiting.
  bool press(std::uint8_t event, Duration length = 100ms);
  /// Once per packet time, with the timestamp that audio would have had: the packet to send in its
  /// place, or nothing when this tick is the audio's (or, in a gap, silence's).
  std::optional<EventPacket> next(RtpTimestamp now);
  /// A key is waiting, sounding, or in its gap: audio should be held back.
  bool active() const { return phase_ != Phase::idle || !waiting_.empty(); }

 private:
  struct Waiting {
    std::uint8_t event;
    std::uint32_t ticks;
  };
  enum class Phase : std::uint8_t { idle, sounding, ending, gap };

  EventPacket packet(bool marker, bool end, std::uint32_t duration) const;
  EventPacket sound(RtpTimestamp now, bool marker);
  std::uint32_t to_ticks(Duration duration) const;

  Config config_;
  std::deque<Waiting> waiting_;
  Phase phase_ = Phase::idle;
  Waiting key_{};
  RtpTimestamp begin_;
  std::uint32_t segment_offset_ = 0;  // ticks in earlier segments
  int ends_left_ = 0;
};

}  // namespace parley::rtp
