#include "audio/jitter_buffer.hpp"

#include "audio/testing/signals.hpp"

#include <deque>
#include <map>
#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::audio {
namespace {

using namespace testing;
using Arrival = JitterBuffer::Arrival;
using Content = JitterBuffer::Content;

/// A sender, a network and a ticking receiver on virtual time.
class Call {
 public:
  struct Network {
    Duration base = 30ms;
    Duration jitter{};  // uniform above the base; more than a packet's length reorders
    double loss = 0;
    double duplication = 0;
    unsigned seed = 1;
  };

  Call(CodecSpec spec, Network network, std::size_t packet_ms = 20)
      : spec_{spec},
        network_{network},
        packet_ms_{packet_ms},
        encoder_{make_encoder(spec)},
        buffer_{{.rate = spec.rate, .rtp_clock = rtp_clock(spec.name)}, make_decoder(spec)},
        random_{network.seed} {}

  JitterBuffer& buffer() { return buffer_; }
  void drift(double ppm) { sender_second_ = 1e9 / (1 + ppm * 1e-6); }
  void stall(Duration extra) { stall_ = extra; }
  Duration now() const { return Duration{static_cast<std::int64_t>(tick_) * 20'000'000}; }

  /// Ticks for as long as there is sound to send, and yields what was heard.
  std::vector<std::int16_t> play(std::span<const std::int16_t> sound) {
    std::vector<std::int16_t> heard;
    const std::size_t packet = hertz(spec_.rate) / 1000 * packet_ms_;
    Frame frame{spec_.rate};
    std::size_t at = 0;
    while (at + packet <= sound.size()) {
      // The sender has a packet when its last sample is spoken, by its own clock.
      while (at + packet <= sound.size() && spoken(sent_samples_ + packet) <= now()) {
        send(sound.subspan(at, packet));
        at += packet;
      }
      deliver();
      contents_.push_back(buffer_.pop(frame, TimePoint{now()}));
      heard.insert(heard.end(), frame.samples().begin(), frame.samples().end());
      ++tick_;
    }
    return heard;
  }

  /// Time passes without a packet (DTX): the sender's timestamps go on.
  void pause(Duration length) {
    sent_samples_ += static_cast<std::size_t>(to_ms(length)) * hertz(spec_.rate) / 1000;
    Frame frame{spec_.rate};
    for (const Duration end = now() + length; now() < end; ++tick_) {
      deliver();
      contents_.push_back(buffer_.pop(frame, TimePoint{now()}));
    }
  }

  Duration spoken(std::size_t samples) const {
    return Duration{static_cast<std::int64_t>(static_cast<double>(samples) * sender_second_ / hertz(spec_.rate))};
  }
  const std::vector<Content>& contents() const { return contents_; }

 private:
  void send(std::span<const std::int16_t> pcm) {
    std::array<std::byte, max_payload_size> payload;
    const std::size_t size = encoder_->encode(pcm, payload);
    const auto ticks =
        static_cast<std::uint32_t>(sent_samples_ * (rtp_clock(spec_.name) / 1000) / (hertz(spec_.rate) / 1000));
    Sent sent{
        sequence_++, ticks + 0xFFFF'F000u, {payload.begin(), payload.begin() + static_cast<std::ptrdiff_t>(size)}};
    sent_samples_ += pcm.size();
    std::uniform_real_distribution<double> chance{0, 1};
    const auto arrival = [&] {
      return spoken(sent_samples_) + network_.base + stall_ +
             Duration{static_cast<std::int64_t>(chance(random_) * static_cast<double>(network_.jitter.count()))};
    };
    if (chance(random_) < network_.duplication) flying_.emplace(arrival(), sent);
    if (chance(random_) >= network_.loss) flying_.emplace(arrival(), sent);
  }

  void deliver() {
    while (!flying_.empty() && flying_.begin()->first <= now()) {
      const auto& [arrival, sent] = *flying_.begin();
      buffer_.push({sent.sequence, sent.timestamp, false, sent.payload, TimePoint{arrival}});
      flying_.erase(flying_.begin());
    }
  }

  struct Sent {
    std::uint16_t sequence;
    std::uint32_t timestamp;
    std::vector<std::byte> payload;
  };

  CodecSpec spec_;
  Network network_;
  std::size_t packet_ms_;
  std::unique_ptr<Encoder> encoder_;
  JitterBuffer buffer_;
  std::mt19937 random_;
  double sender_second_ = 1e9;
  Duration stall_{};
  std::uint64_t tick_ = 0;
  std::size_t sent_samples_ = 0;
  std::uint16_t sequence_ = 65'500;  // wraps soon, as the timestamp does
  std::multimap<Duration, Sent> flying_;
  std::vector<Content> contents_;
};

constexpr CodecSpec narrow{.name = CodecName::pcmu, .rate = Rate::narrow};
constexpr CodecSpec wide{.name = CodecName::opus, .rate = Rate::wide};

/// Packets by hand, for what a sender does not do.
class Stream {
 public:
  Arrival push(std::uint16_t sequence, std::uint32_t timestamp, Duration at) {
    return buffer.push({sequence, timestamp, false, payload, TimePoint{at}});
  }
  Content pop(Duration at) { return buffer.pop(frame, TimePoint{at}); }

  std::vector<std::byte> payload = std::vector<std::byte>(160, std::byte{0x10});
  Frame frame{Rate::narrow};
  JitterBuffer buffer{{}, make_decoder({})};
};

TEST(JitterBuffer, IsSilentBeforeTheFirstPacket) {
  Stream stream;
  stream.frame.samples()[0] = 1;

  EXPECT_EQ(stream.pop(0ms), Content::silence);
  EXPECT_EQ(stream.frame.samples()[0], 0);
}

TEST(JitterBuffer, StartsWithinTheInitialDelayAndPassesACleanStreamUnchanged) {
  Call call{narrow, {}};
  const auto sound = sine(440, 8'000, Rate::narrow, 8'000 * 3);

  const auto heard = call.play(sound);

  const auto first = std::ranges::find_if(heard, [](int sample) { return std::abs(sample) > 500; });
  EXPECT_LT(first - heard.begin(), (20 + 30 + 40 + 25) * 8);
  EXPECT_EQ(call.buffer().statistics().lost, 0u);
  EXPECT_EQ(call.buffer().statistics().concealed_samples, 0u);
  const auto tail = std::span{heard}.last(8'000);
  EXPECT_NEAR(amplitude_at(tail, 440, 8'000), 8'000, 120);
}

TEST(JitterBuffer, PutsReorderedPacketsBackInOrder) {
  Stream stream;
  stream.push(10, 1'600, 0ms);
  stream.push(12, 1'920, 40ms);
  stream.push(11, 1'760, 41ms);
  for (Duration at = 41ms; at < 141ms; at += 20ms) stream.pop(at);

  EXPECT_EQ(stream.buffer.statistics().late, 0u);
  EXPECT_EQ(stream.buffer.statistics().lost, 0u);
}

TEST(JitterBuffer, CountsDuplicatesWhetherTheyWaitOrWerePlayed) {
  Stream stream;
  EXPECT_EQ(stream.push(10, 1'600, 0ms), Arrival::kept);
  EXPECT_EQ(stream.push(10, 1'600, 1ms), Arrival::duplicate);
  for (Duration at = 0ms; at < 100ms; at += 20ms) stream.pop(at);
  EXPECT_EQ(stream.push(10, 1'600, 100ms), Arrival::duplicate);

  EXPECT_EQ(stream.buffer.statistics().duplicates, 2u);
}

TEST(JitterBuffer, DropsAPacketWhoseSuccessorWasPlayed) {
  Stream stream;
  stream.push(10, 1'600, 0ms);
  stream.push(12, 1'920, 40ms);
  for (Duration at = 40ms; at < 200ms; at += 20ms) stream.pop(at);

  EXPECT_EQ(stream.push(11, 1'760, 200ms), Arrival::late);
  EXPECT_EQ(stream.buffer.statistics().late, 1u);
  EXPECT_EQ(stream.buffer.statistics().lost, 1u);
}

TEST(JitterBuffer, RefusesWhatIsEmptyOrTooLarge) {
  Stream stream;
  stream.payload.clear();
  EXPECT_EQ(stream.push(1, 0, 0ms), Arrival::malformed);
  stream.payload.resize(5'000);
  EXPECT_EQ(stream.push(2, 160, 0ms), Arrival::malformed);

  EXPECT_EQ(stream.buffer.statistics().malformed, 2u);
  EXPECT_EQ(stream.pop(0ms), Content::silence);
}

TEST(JitterBuffer, GivesUpTheOldestWhenItIsFull) {
  Stream stream;
  for (std::uint16_t i = 0; i < 100; ++i) stream.push(i, i * 160u, 1ms * i);

  EXPECT_EQ(stream.buffer.statistics().overflowed, 36u);
}

TEST(JitterBuffer, TakesASingleStrayPacketForNoiseAndTwoForANewBeginning) {
  Stream stream;
  stream.push(10, 1'600, 0ms);
  EXPECT_EQ(stream.push(40'000, 99'000, 20ms), Arrival::stray);
  EXPECT_EQ(stream.push(11, 1'760, 20ms), Arrival::kept);
  EXPECT_EQ(stream.push(40'001, 99'160, 40ms), Arrival::stray);
  EXPECT_EQ(stream.push(40'002, 99'320, 60ms), Arrival::restarted);

  EXPECT_EQ(stream.buffer.statistics().restarts, 1u);
}

TEST(JitterBuffer, BeginsAnewWhenTheTimestampsJump) {
  Stream stream;
  for (std::uint16_t i = 0; i < 10; ++i) {
    stream.push(i, i * 160u, 20ms * i);
    stream.pop(20ms * i);
  }
  EXPECT_EQ(stream.push(10, 500'000, 200ms), Arrival::restarted);
  Content last = Content::silence;
  for (std::uint16_t i = 11; i < 20; ++i) {
    stream.push(i, 500'000 + (i - 10) * 160u, 20ms * i);
    last = stream.pop(20ms * i);
  }

  EXPECT_EQ(last, Content::audio);
  EXPECT_EQ(stream.buffer.statistics().lost, 0u);
}

TEST(JitterBuffer, FadesOutWhenNothingComesAndSaysSo) {
  Call call{narrow, {}};
  call.play(sine(300, 8'000, Rate::narrow, 8'000));
  call.pause(400ms);

  EXPECT_THAT(call.contents(), ::testing::Contains(Content::concealed));
  EXPECT_EQ(call.contents().back(), Content::silence);
}

TEST(JitterBuffer, HoldsTheTimeBaseThroughADtxGap) {
  Call call{narrow, {.jitter = 10ms}};
  call.play(speech_like(Rate::narrow, 8'000 * 3));
  const auto before = call.buffer().statistics();
  call.pause(1'500ms);
  call.play(speech_like(Rate::narrow, 8'000 * 2));
  const auto after = call.buffer().statistics();

  EXPECT_EQ(after.restarts, 0u);
  EXPECT_EQ(after.lost, 0u);
  EXPECT_NEAR(static_cast<double>(after.delay.count()), static_cast<double>(before.delay.count()), 12);
}

TEST(JitterBuffer, RaisesTheTargetWithTheJitterAndLowersItAfterwards) {
  Call calm{narrow, {}}, rough{narrow, {.jitter = 60ms}};
  const auto sound = speech_like(Rate::narrow, 8'000 * 10);
  calm.play(sound);
  rough.play(sound);

  EXPECT_LE(calm.buffer().statistics().target, 30ms);
  EXPECT_GE(rough.buffer().statistics().target, 70ms);
  EXPECT_LE(rough.buffer().statistics().target, 95ms);
}

TEST(JitterBuffer, RidesOutAStallAndComesBackToItsDelay) {
  Call call{narrow, {}};
  call.play(speech_like(Rate::narrow, 8'000 * 5));
  call.stall(150ms);
  call.play(speech_like(Rate::narrow, 8'000 * 1));
  call.stall(0ms);
  call.play(speech_like(Rate::narrow, 8'000 * 30));

  EXPECT_LT(call.buffer().statistics().delay, 80ms);
  EXPECT_LT(call.buffer().statistics().late, 10u);
}

TEST(JitterBuffer, NeverHoldsMoreThanItsLargestDelayAfterALongStall) {
  Stream stream;
  std::uint16_t sequence = 0;
  for (; sequence < 50; ++sequence) {
    stream.push(sequence, sequence * 160u, 20ms * sequence);
    stream.pop(20ms * sequence);
  }
  // A second's packets in one burst.
  for (Duration at = 1000ms; at < 2000ms; at += 20ms) stream.pop(at);
  for (; sequence < 100; ++sequence) stream.push(sequence, sequence * 160u, 2000ms);
  stream.pop(2000ms);

  EXPECT_LE(stream.buffer.statistics().delay, 280ms);
  EXPECT_GT(stream.buffer.statistics().late + stream.buffer.statistics().overflowed, 20u);
}

struct Rough {
  CodecSpec spec;
  std::size_t packet_ms;
};

class RoughNetwork : public ::testing::TestWithParam<Rough> {};

INSTANTIATE_TEST_SUITE_P(JitterBuffer, RoughNetwork,
                         ::testing::Values(Rough{narrow, 20}, Rough{narrow, 10}, Rough{narrow, 30}, Rough{narrow, 60},
                                           Rough{wide, 20}, Rough{wide, 60},
                                           Rough{{.name = CodecName::g722, .rate = Rate::wide}, 20},
                                           Rough{{.name = CodecName::pcmu, .rate = Rate::wide}, 20}));

/// One in 20 lost, 60 ms of jitter, reordering, duplicates: what is heard must stay with the
/// sender.
TEST_P(RoughNetwork, KeepsContinuousSoundOnTheSendersTimeBase) {
  const auto [spec, packet_ms] = GetParam();
  Call call{spec, {.jitter = 60ms, .loss = 0.05, .duplication = 0.02}, packet_ms};
  const std::size_t hz = hertz(spec.rate);
  // Silence but for a beep every second: its place tells the delay.
  std::vector<std::int16_t> sound(hz * 60);
  for (std::size_t second = 0; second < 60; ++second)
    for (std::size_t i = 0; i < hz / 4; ++i)
      sound[second * hz + i] = static_cast<std::int16_t>(
          8'000 * std::sin(static_cast<double>(i) * 2 * std::numbers::pi * 300 / static_cast<double>(hz)));

  const auto heard = call.play(sound);

  double first = 0, last = 0;
  int beeps = 0, in_place = 0;
  for (std::size_t second = 10; second < 59; ++second) {
    const auto begin = heard.begin() + static_cast<std::ptrdiff_t>(second * hz);
    const auto onset = std::find_if(begin, begin + static_cast<std::ptrdiff_t>(hz / 2),
                                    [](int sample) { return std::abs(sample) > 2'000; });
    const double delay_ms = static_cast<double>(onset - begin) * 1000 / static_cast<double>(hz);
    ++beeps;
    in_place += delay_ms > 60 && delay_ms < 60.0 + 30 + 60 + 40 + static_cast<double>(packet_ms);
    (second < 35 ? first : last) += delay_ms;
  }
  EXPECT_GE(in_place, beeps - 3);
  EXPECT_NEAR(first / 25, last / 24, 15);
  const auto statistics = call.buffer().statistics();
  const double packets = 60'000.0 / static_cast<double>(packet_ms);
  EXPECT_GT(static_cast<double>(statistics.lost) / packets, 0.03);
  EXPECT_LT(static_cast<double>(statistics.lost) / packets, 0.09);
  EXPECT_GT(statistics.duplicates, 0u);
}

class Drift : public ::testing::TestWithParam<std::tuple<double, bool>> {};

INSTANTIATE_TEST_SUITE_P(JitterBuffer, Drift, ::testing::Combine(::testing::Values(-200.0, 200.0), ::testing::Bool()));

/// Ten minutes with a clock that is off by 200 ppm: 120 ms, were it not followed.
TEST_P(Drift, IsFollowedForTenMinutesWithinFiveMilliseconds) {
  const auto [ppm, jittery] = GetParam();
  Call call{narrow, {.jitter = jittery ? Duration{10ms} : Duration{}}};
  call.drift(ppm);
  const auto minute = speech_like(Rate::narrow, 8'000 * 60);
  std::vector<double> delay_ms;

  for (int i = 0; i < 10; ++i) {
    double sum = 0;
    for (std::size_t second = 0; second < 60; ++second) {
      call.play(std::span{minute}.subspan(second * 8'000, 8'000));
      sum += static_cast<double>(call.buffer().statistics().delay.count());
    }
    delay_ms.push_back(sum / 60);
  }

  EXPECT_NEAR(delay_ms.front(), delay_ms.back(), 5);
  EXPECT_EQ(call.buffer().statistics().lost, 0u);
  const auto statistics = call.buffer().statistics();
  const double net =
      static_cast<double>(statistics.accelerated_samples) - static_cast<double>(statistics.expanded_samples);
  EXPECT_NEAR(net / 8, ppm > 0 ? 120 : -120, 40);
}

/// The same by the sound itself: a burst every second, its place against when it was spoken.
TEST(JitterBuffer, HoldsTheDelayThatIsHeardUnderDrift) {
  for (const double ppm : {-200.0, 200.0}) {
    Call call{narrow, {}};
    call.drift(ppm);
    std::vector<std::int16_t> sound(8'000 * 600);
    for (std::size_t at = 0; at < sound.size(); at += 8'000)
      for (std::size_t i = 0; i < 800; ++i)
        sound[at + i] = static_cast<std::int16_t>(9'000 * std::sin(static_cast<double>(i) * 0.4));
    const auto heard = call.play(sound);

    const auto mean_delay_ms = [&](std::size_t from, std::size_t to) {
      double sum = 0;
      for (std::size_t second = from; second < to; ++second) {
        const double spoken_ms = std::chrono::duration<double, std::milli>(call.spoken(second * 8'000)).count();
        const auto begin = static_cast<std::size_t>(spoken_ms * 8);
        std::size_t at = begin;
        while (at < begin + 4'000 && std::abs(heard[at]) < 1'500) ++at;
        sum += static_cast<double>(at) / 8 - spoken_ms;
      }
      return sum / static_cast<double>(to - from);
    };

    EXPECT_NEAR(mean_delay_ms(1, 60), mean_delay_ms(539, 598), 5) << ppm << " ppm";
  }
}

TEST(JitterBuffer, StretchesSpeechWithoutClicks) {
  for (const double ppm : {-2'000.0, 2'000.0}) {  // ten times worse than any clock, to have many pieces
    Call call{narrow, {}};
    call.drift(ppm);
    const auto heard = call.play(sine(180, 8'000, Rate::narrow, 8'000 * 20));
    const double steepest = 8'000 * 2 * std::numbers::pi * 180 / 8'000;

    int clicks = 0;
    for (std::size_t i = 8'000; i < heard.size(); ++i) clicks += std::abs(heard[i] - heard[i - 1]) > 1.5 * steepest;

    EXPECT_EQ(clicks, 0) << ppm << " ppm";
    const auto statistics = call.buffer().statistics();
    EXPECT_GT(statistics.accelerated_samples + statistics.expanded_samples,
              8u * 25);  // 40 ms went by
  }
}

TEST(JitterBuffer, UsesFecForSingleLosses) {
  CodecSpec spec = wide;
  spec.expected_loss_percent = 20;
  Call call{spec, {.jitter = 30ms, .loss = 0.05}};
  call.play(speech_like(Rate::wide, 16'000 * 20));

  EXPECT_GT(call.buffer().statistics().recovered_samples, 320u * 15);
}

TEST(JitterBuffer, DoesNotMissTheNumbersOfPacketsThatAreNoSound) {
  Stream stream;
  for (std::uint16_t i = 0; i < 60; ++i) {
    if (i >= 20 && i < 30) stream.buffer.skip(i);  // a key was held
    else stream.push(i, i * 160u, 20ms * i);
    stream.pop(20ms * i);
  }

  EXPECT_EQ(stream.buffer.statistics().lost, 0u);
  EXPECT_EQ(stream.buffer.statistics().late, 0u);
  EXPECT_EQ(stream.buffer.statistics().received, 50u);
}

/// Real speech over a bad network: the figures that one would look at in a call.
TEST(JitterBuffer, StretchesLittleOfRealSpeechOnABadNetwork) {
  for (const CodecSpec& spec : {narrow, wide}) {
    const auto speech = wav::read(test_data_folder() / "speech/librivox-0870.wav", hertz(spec.rate));
    if (!speech) GTEST_SKIP() << "no recording";
    Call call{spec, {.jitter = 60ms, .loss = 0.05}};
    std::size_t seconds = 0;
    for (int i = 0; i < 5; ++i, seconds += speech->size() / hertz(spec.rate)) call.play(*speech);

    const auto statistics = call.buffer().statistics();
    const double spoken = static_cast<double>(seconds * hertz(spec.rate));
    EXPECT_LT(static_cast<double>(statistics.accelerated_samples) / spoken, 0.03);
    EXPECT_LT(static_cast<double>(statistics.concealed_samples + statistics.recovered_samples) / spoken, 0.10);
    EXPECT_LT(static_cast<double>(statistics.late) * 0.02 / static_cast<double>(seconds), 0.03);
    RecordProperty("accelerated_samples", static_cast<int>(statistics.accelerated_samples));
  }
}

TEST(JitterBuffer, FollowsADriftForHours) {
  Call call{narrow, {.jitter = 20ms}};
  call.drift(200);
  const auto minute = speech_like(Rate::narrow, 8'000 * 60);
  for (int i = 0; i < 180; ++i) call.play(minute);

  EXPECT_LT(call.buffer().statistics().delay, 90ms);
  EXPECT_EQ(call.buffer().statistics().restarts, 0u);
  EXPECT_LT(call.buffer().statistics().lost, 180u * 3'000 / 1'000);
}

TEST(JitterBuffer, ForgetsTheStreamButNotTheFiguresAtReset) {
  Call call{narrow, {}};
  call.play(speech_like(Rate::narrow, 8'000));
  const auto received = call.buffer().statistics().received;

  call.buffer().reset();

  Frame frame{Rate::narrow};
  EXPECT_EQ(call.buffer().pop(frame, TimePoint{call.now()}), Content::silence);
  EXPECT_EQ(call.buffer().statistics().received, received);
}

TEST(JitterBuffer, GoesOnWithAnotherCodec) {
  Stream stream;
  stream.push(1, 0, 0ms);
  stream.pop(20ms);
  stream.buffer.replace_decoder(make_decoder({.name = CodecName::pcma}), 8'000);
  Content last = Content::silence;
  for (std::uint16_t i = 0; i < 10; ++i) {
    stream.push(static_cast<std::uint16_t>(500 + i), i * 160u, 40ms + 20ms * i);
    last = stream.pop(40ms + 20ms * i);
  }

  EXPECT_EQ(last, Content::audio);
}

}  // namespace
}  // namespace parley::audio
