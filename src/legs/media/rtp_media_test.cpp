#include "legs/media/rtp_media.hpp"

#include <gmock/gmock.h>

#include <deque>

namespace parley::legs {
namespace {

using audio::Frame;
using audio::Rate;

const Endpoint peer{*IpAddress::parse("192.0.2.9"), 30'000};

/// What was sent, and what is waiting to be received.
struct Wire {
  std::vector<std::vector<std::byte>> sent;
  std::deque<std::pair<Endpoint, std::vector<std::byte>>> waiting;
  int reports = 0;
};

class WirePort final : public MediaPort {
 public:
  explicit WirePort(Wire& wire) : wire_{wire} {}
  Endpoint local() const override { return {IpAddress::loopback(), 20'000}; }
  void receive_rtp(DatagramSink& sink) override {
    while (!wire_.waiting.empty()) {
      const auto [from, bytes] = std::move(wire_.waiting.front());
      wire_.waiting.pop_front();
      sink.on_datagram({from, arrival, bytes});
    }
  }
  void receive_rtcp(DatagramSink&) override {}
  void send_rtp(const Endpoint&, std::span<const std::byte> bytes) override {
    wire_.sent.emplace_back(bytes.begin(), bytes.end());
  }
  void send_rtcp(const Endpoint&, std::span<const std::byte>) override { ++wire_.reports; }

  static inline TimePoint arrival{};

 private:
  Wire& wire_;
};

class RtpMediaTest : public ::testing::Test {
 protected:
  std::unique_ptr<RtpMedia> make() {
    return std::make_unique<RtpMedia>(RtpMedia::Config{Rate::narrow, "cname", std::chrono::milliseconds{30'000}},
                                      std::make_unique<WirePort>(wire), random, now);
  }
  static MediaParameters pcmu() {
    MediaParameters parameters;
    parameters.remote_rtp = peer;
    parameters.remote_rtcp = {peer.address, 30'001};
    parameters.telephone_event = {{101, 101, 8'000}};
    return parameters;
  }
  void arrive(std::uint16_t sequence, std::uint8_t payload_type, std::vector<std::byte> payload,
              std::uint32_t timestamp, const Endpoint& from = peer) {
    rtp::Packet packet;
    packet.payload_type = payload_type;
    packet.sequence = rtp::SequenceNumber{sequence};
    packet.timestamp = rtp::RtpTimestamp{timestamp};
    packet.ssrc = 0x1234;
    packet.payload = payload;
    std::array<std::byte, 512> buffer;
    const auto datagram = rtp::encode(packet, buffer);
    ASSERT_TRUE(datagram);
    wire.waiting.push_back({from, {datagram->begin(), datagram->end()}});
  }
  void tick(RtpMedia& media, const Frame* speak = nullptr) {
    now += 20ms;
    WirePort::arrival = now;
    media.receive(now);
    Frame heard{Rate::narrow};
    audible = media.read(heard, now);
    media.write(speak, now);
    media.finish_tick(now);
  }

  Wire wire;
  Random random = Random::seeded(3);
  TimePoint now = TimePoint{} + 1h;
  bool audible = false;
};

TEST_F(RtpMediaTest, SendsOnePacketATickAndSilenceToo) {
  auto media = make();
  media->configure(pcmu(), now);
  for (int i = 0; i < 10; ++i) tick(*media);

  ASSERT_EQ(wire.sent.size(), 10u);
  const auto first = rtp::parse(wire.sent[0]), last = rtp::parse(wire.sent[9]);
  ASSERT_TRUE(first && last);
  EXPECT_TRUE(first->marker);
  EXPECT_EQ(first->payload.size(), 160u);
  EXPECT_EQ(distance(first->sequence, last->sequence), 9);
  EXPECT_EQ(distance(first->timestamp, last->timestamp), 9 * 160);
}

TEST_F(RtpMediaTest, SendsAtThePeersPacketTime) {
  auto media = make();
  auto parameters = pcmu();
  parameters.ptime = std::chrono::milliseconds{40};
  media->configure(parameters, now);
  for (int i = 0; i < 10; ++i) tick(*media);

  EXPECT_EQ(wire.sent.size(), 5u);
  EXPECT_EQ(rtp::parse(wire.sent[1])->payload.size(), 320u);
}

TEST_F(RtpMediaTest, HeldItSendsNothing) {
  auto media = make();
  auto parameters = pcmu();
  parameters.sending = false;
  media->configure(parameters, now);
  for (int i = 0; i < 5; ++i) tick(*media);

  EXPECT_TRUE(wire.sent.empty());
}

TEST_F(RtpMediaTest, WhatArrivesIsHeard) {
  auto media = make();
  media->configure(pcmu(), now);
  int heard = 0;
  for (std::uint16_t i = 0; i < 20; ++i) {
    arrive(i, 0, std::vector<std::byte>(160, std::byte{0x20}), i * 160u);
    tick(*media);
    heard += audible;
  }
  EXPECT_GE(heard, 16);
  EXPECT_EQ(media->quality().packets_received, 20u);
}

TEST_F(RtpMediaTest, AStrangersPacketsAreDroppedOnceThePeerIsKnown) {
  auto media = make();
  media->configure(pcmu(), now);
  for (std::uint16_t i = 0; i < 5; ++i) {
    arrive(i, 0, std::vector<std::byte>(160, std::byte{0x20}), i * 160u);
    arrive(static_cast<std::uint16_t>(900 + i), 0, std::vector<std::byte>(160, std::byte{0x21}), i * 160u,
           {*IpAddress::parse("198.51.100.1"), 4'000});
    tick(*media);
  }
  EXPECT_EQ(media->quality().packets_received, 5u);
}

TEST_F(RtpMediaTest, AKeyIsReportedOnce) {
  auto media = make();
  media->configure(pcmu(), now);
  std::string keys;
  for (std::uint16_t i = 0; i < 8; ++i) {
    const auto duration = static_cast<std::uint16_t>(160 * (i + 1));
    arrive(i, 101,
           {std::byte{5}, std::byte(i >= 5 ? 0x8A : 0x0A), std::byte(duration >> 8), std::byte(duration & 0xFF)}, 0);
    tick(*media);
    while (const auto key = media->poll_dtmf()) keys += *key;
  }
  EXPECT_EQ(keys, "5");
}

TEST_F(RtpMediaTest, SentKeysTakeThePlaceOfAudio) {
  auto media = make();
  media->configure(pcmu(), now);
  media->send_dtmf("7");
  for (int i = 0; i < 20; ++i) tick(*media);

  const auto events =
      std::ranges::count_if(wire.sent, [](const auto& bytes) { return rtp::parse(bytes)->payload_type == 101; });
  EXPECT_GE(events, 7);
  EXPECT_EQ(rtp::parse(wire.sent.back())->payload_type, 0);
}

TEST_F(RtpMediaTest, ThirtySilentSecondsExpireOnlyWhatIsExpected) {
  auto media = make();
  media->configure(pcmu(), now);
  EXPECT_FALSE(media->expired(now + 29s));
  EXPECT_TRUE(media->expired(now + 31s));

  auto held = pcmu();
  held.receiving = false;
  media->configure(held, now);
  EXPECT_FALSE(media->expired(now + 31s));
}

TEST_F(RtpMediaTest, ReportsEveryFewSecondsAndSaysGoodbye) {
  auto media = make();
  media->configure(pcmu(), now);
  for (int i = 0; i < 500; ++i) tick(*media);
  EXPECT_GE(wire.reports, 1);
  EXPECT_LE(wire.reports, 5);

  const int before = wire.reports;
  media->close(now);
  tick(*media);
  EXPECT_EQ(wire.reports, before + 1);
}

}  // namespace
}  // namespace parley::legs
