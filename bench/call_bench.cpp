// What one 20 ms frame of a whole call costs: an RTP packet in, jitter buffer, noise suppression, voice
// detection, bridge, recording, an RTP packet out. Only the sockets are missing, and recordings are
// written by the same thread, so that their cost is in the figure.
#include "call/call.hpp"
#include "call/event_hub.hpp"
#include "call/test_extensions.hpp"
#include "legs/media/rtp_media.hpp"

#include <unistd.h>

#include <array>
#include <cmath>
#include <filesystem>
#include <random>
#include <vector>

#include <benchmark/benchmark.h>

#include "base/log.hpp"

namespace {

using namespace parley;
using audio::CodecName;

constexpr Endpoint far_end{IpAddress::loopback(), 40'000};

/// Four seconds with pitch, syllables, pauses and noise, as payloads.
std::vector<std::vector<std::byte>> voice(CodecName codec, audio::Rate rate) {
  std::mt19937 random{1};
  std::normal_distribution<double> noise{0, 30};
  const auto encoder = audio::make_encoder({.name = codec, .rate = rate});
  std::vector<std::vector<std::byte>> payloads;
  std::array<std::byte, audio::max_payload_size> payload;
  double phase = 0;
  std::size_t at = 0;
  for (int i = 0; i < 200; ++i) {
    audio::Frame frame{rate};
    for (std::int16_t& sample : frame.samples()) {
      const double t = static_cast<double>(at++) / audio::hertz(rate);
      phase += (140 + 30 * std::sin(3.8 * t)) / audio::hertz(rate);
      const double part = phase - std::floor(phase);
      const double loudness = i % 100 < 60 ? std::max(0.0, std::sin(10 * t)) : 0;  // speech 60 % of the time
      sample = static_cast<std::int16_t>(7'000 * loudness * std::exp(-8 * part) * std::sin(30 * part) + noise(random));
    }
    const auto size = static_cast<std::ptrdiff_t>(encoder->encode(frame.samples(), payload));
    payloads.emplace_back(payload.begin(), payload.begin() + size);
  }
  return payloads;
}

/// One packet arrives in each tick; what is sent is counted.
class EndlessPort final : public legs::MediaPort {
 public:
  struct Stream {
    std::vector<std::vector<std::byte>> payloads;
    std::uint8_t payload_type;
    std::uint64_t ticks;  // of RTP's clock in a packet
    TimePoint now{};
    std::uint64_t sent = 0;
  };
  explicit EndlessPort(Stream& stream) : stream_{stream} {}

  Endpoint local() const override { return {IpAddress::loopback(), 30'000}; }
  void receive_rtp(legs::DatagramSink& sink) override {
    const auto& payload = stream_.payloads[number_ % stream_.payloads.size()];
    packet_.resize(12 + payload.size());
    packet_[0] = std::byte{0x80};
    packet_[1] = std::byte{stream_.payload_type};
    put(2, number_, 2);
    put(4, number_ * stream_.ticks, 4);
    put(8, 0x12345678, 4);
    std::ranges::copy(payload, packet_.begin() + 12);
    ++number_;
    sink.on_datagram({far_end, stream_.now, packet_});
  }
  void receive_rtcp(legs::DatagramSink&) override {}
  void send_rtp(const Endpoint&, std::span<const std::byte>) override { ++stream_.sent; }
  void send_rtcp(const Endpoint&, std::span<const std::byte>) override {}

 private:
  void put(std::size_t at, std::uint64_t value, std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; ++i) packet_[at + i] = static_cast<std::byte>(value >> 8 * (bytes - 1 - i));
  }

  Stream& stream_;
  std::uint64_t number_ = 0;
  std::vector<std::byte> packet_;
};

/// A SIP leg without its signalling.
class MediaLeg final : public call::Leg {
 public:
  MediaLeg(EndlessPort::Stream& stream, CodecName codec, audio::Rate rate, Random& random)
      : media_{{.rate = rate, .cname = "bench"}, std::make_unique<EndlessPort>(stream), random, {}} {
    legs::MediaParameters parameters;
    parameters.codec = codec;
    parameters.send_payload_type = parameters.receive_payload_type = stream.payload_type;
    parameters.telephone_event = legs::MediaParameters::TelephoneEvent{101, 101, 8'000};
    parameters.discontinuous = codec == CodecName::opus;  // as with browsers
    parameters.remote_rtp = parameters.remote_rtcp = far_end;
    media_.configure(parameters, {});
  }

  std::string_view channel() const override { return "sip"; }
  void listen(call::LegListener& listener) override { listener_ = &listener; }
  void ring() override {}
  void answer() override { answered_ = true; }
  void hang_up(call::EndCause) override {}
  void send_dtmf(std::string_view) override {}
  void receive(TimePoint now) override {
    if (std::exchange(answered_, false)) listener_->on_leg_answered();
    now_ = now;
    media_.receive(now);
  }
  void finish_tick(TimePoint now) override { media_.finish_tick(now); }
  bool read(audio::Frame& frame) override { return media_.read(frame, now_); }
  void write(const audio::Frame* frame) override { media_.write(frame, now_); }
  std::chrono::milliseconds heard_delay() const override { return 60ms; }
  call::LegQuality quality() const override { return media_.quality(); }

 private:
  legs::RtpMedia media_;
  call::LegListener* listener_ = nullptr;
  TimePoint now_{};
  bool answered_ = false;
};

class NoLedger final : public call::Ledger {
 public:
  void open(const call::Summary&, std::shared_ptr<speech::Executor>,
            std::move_only_function<void(bool)> done) override {
    done(true);
  }
  void update(const call::Summary&) override {}
  void put_leg(const call::LegRecord&) override {}
  void put_transfer(const call::TransferRecord&) override {}
  void append_turn(const std::string&, int, const call::Turn&) override {}
  void append_event(const std::string&, std::uint64_t, WallTime, std::string_view, std::string_view) override {}
};

class SameThread final : public speech::Executor {
 public:
  void post(std::move_only_function<void()> work) override { work(); }
};

class AtOnce final : public speech::JobQueue {
 public:
  bool try_submit(std::move_only_function<void()>&& work) override {
    work();
    return true;
  }
  std::size_t depth() const override { return 0; }
};

class Owner final : public call::CallOwner {
 public:
  void on_call_ended(call::Call&) override {}
};

class Folder {
 public:
  Folder() : path{std::filesystem::temp_directory_path() / ("parley-call-bench-" + std::to_string(getpid()))} {
    std::filesystem::create_directories(path);
  }
  ~Folder() { std::filesystem::remove_all(path); }
  const std::filesystem::path path;
};

struct Shape {
  CodecName codec = CodecName::pcmu;
  bool denoise = false, detect_speech = false, record = false;
  bool echo = false;  // says back what it hears: something to encode
};

void whole_call(benchmark::State& state, Shape shape) {
  log::set_level(log::Level::error);
  const auto rate = shape.codec == CodecName::pcmu ? audio::Rate::narrow : audio::Rate::wide;
  const Folder folder;
  Random random = Random::seeded(1);
  call::TickSchedule schedule;
  call::EventHub events;
  NoLedger ledger;
  AtOnce files;
  Owner owner;
  call::Environment environment;
  environment.schedule = &schedule;
  environment.events = &events;
  environment.ledger = &ledger;
  environment.files = &files;
  environment.executor = std::make_shared<SameThread>();
  environment.random = &random;
  environment.wall_clock = [] { return WallTime{}; };
  environment.recordings = folder.path;

  const std::uint8_t payload_type = shape.codec == CodecName::opus ? 111 : shape.codec == CodecName::g722 ? 9 : 0;
  EndlessPort::Stream stream{voice(shape.codec, rate), payload_type, audio::rtp_clock(shape.codec) / 50};
  call::CallOptions options{.id = "bench",
                            .to = "9199",
                            .rate = rate,
                            .record = shape.record,
                            .denoise = shape.denoise,
                            .detect_speech = shape.detect_speech,
                            .max_duration = std::chrono::hours{1'000'000}};
  call::Call whole{std::move(options), environment, std::make_unique<MediaLeg>(stream, shape.codec, rate, random),
                   owner};
  whole.begin(shape.echo ? call::make_echo(rate) : call::make_listener(whole));

  std::uint64_t ticks = 0;
  for (auto _ : state) {
    stream.now += 20ms;
    for (std::size_t phase = 0; phase < call::TickSchedule::phases; ++phase) schedule.run_phase(phase, stream.now);
    ++ticks;
  }
  if (stream.sent + 2 < ticks && (shape.codec != CodecName::opus || shape.echo))
    state.SkipWithError("the call did not send a packet in every tick");
}

BENCHMARK_CAPTURE(whole_call, g711, Shape{})->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(whole_call, g711_recorded, Shape{.record = true})->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(whole_call, g711_denoised_recorded, Shape{.denoise = true, .detect_speech = true, .record = true})
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(whole_call, g722_denoised_recorded,
                  Shape{.codec = CodecName::g722, .denoise = true, .detect_speech = true, .record = true})
    ->Unit(benchmark::kMicrosecond);

// A browser that hears nothing, and one that hears somebody for as long as it speaks.
BENCHMARK_CAPTURE(whole_call, opus_denoised_recorded,
                  Shape{.codec = CodecName::opus, .denoise = true, .detect_speech = true, .record = true})
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(whole_call, opus_both_ways_denoised_recorded,
                  Shape{.codec = CodecName::opus, .denoise = true, .detect_speech = true, .record = true, .echo = true})
    ->Unit(benchmark::kMicrosecond);

}  // namespace
