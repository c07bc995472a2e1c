// The leg on virtual time, with a browser of a test's own at the other end of a wire without delay.
#include "legs/webrtc/webrtc_leg.hpp"

#include <gmock/gmock.h>

#include <deque>

#include "legs/webrtc/test_peer.hpp"
#include "protocol/rtp/header_extension.hpp"

namespace parley::legs {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const Endpoint browser_at{IpAddress::v4(0xC0000201), 40'000}, server_at{IpAddress::v4(0xC6336401), 8'189};

class Listener final : public call::LegListener {
 public:
  void on_leg_ringing() override { told.emplace_back("ringing"); }
  void on_leg_answered() override { told.emplace_back("answered"); }
  void on_leg_held(bool held) override {
    if (held) told.emplace_back("held");
  }
  void on_leg_dtmf(char digit) override { told.push_back(std::string{"key "} + digit); }
  void on_leg_ended(call::EndCause cause, int) override { told.push_back("ended " + std::string{to_string(cause)}); }

  std::vector<std::string> told;
};

class WebRtcLegTest : public ::testing::Test, protected WebRtcWorld {
 protected:
  void SetUp() override {
    PeerConnection::Config config{.rate = audio::Rate::narrow, .id = "c1", .cname = "parley"};
    auto made = std::make_unique<PeerConnection>(static_cast<WebRtcWorld&>(*this), std::move(config), random, now_);
    connection = made.get();
    leg.emplace(std::move(made), now_);
    leg->listen(listener);
    std::ranges::fill(sound.samples(), std::int16_t{4'000});
  }

  /// Offer, answer, and half a second for ICE and DTLS.
  void connect(TestPeer& peer) {
    browser = &peer;
    sdp::webrtc::Local local;
    local.ice = ice::Credentials::make(0, random);
    local.candidates = ice::host_candidates(std::span{&server_at.address, 1}, server_at.port);
    local.fingerprint = context.fingerprint();
    const auto answer = sdp::webrtc::answer(peer.offer(), local);
    ASSERT_TRUE(answer) << answer.error().to_string();
    const WebRtcTransport::Config config{.fingerprints = answer->negotiated.remote.fingerprints};
    auto transport =
        std::make_unique<WebRtcTransport>(context, config, ice::LiteAgent::Config{.local = local.ice}, now_);
    connection->connect(std::move(transport), answer->negotiated, now_);
    peer.accept(answer->description.to_string(), now_);
    run(500ms);
  }

  void run(Duration time) {
    for (const auto end = now_ + time; now_ < end; now_ += 20ms) {
      pump();
      if (!cut) browser->transport->advance(now_);
      leg->receive(now_);
      leg->write(&sound);
      leg->finish_tick(now_);
    }
    pump();
  }

  void pump() {
    const auto to_leg = [this](const Endpoint&, std::vector<std::byte> datagram) { deliver(std::move(datagram)); };
    while (browser->flush(to_leg) || !wire.empty()) {
      for (auto& datagram : std::exchange(wire, {}))
        if (!cut) browser->receive(server_at, std::move(datagram), now_);
    }
  }

  void deliver(std::vector<std::byte> datagram) {
    if (leg && !cut) connection->receive({browser_at, 0}, datagram, now_);
  }

  // WebRtcWorld
  void send(const ice::Path&, std::span<const std::byte> datagram) override {
    wire.emplace_back(datagram.begin(), datagram.end());
  }
  void add_path(const ice::Path& path, PeerConnection&) override { paths.push_back(path); }
  void remove_path(const ice::Path& path, const PeerConnection&) override { std::erase(paths, path); }
  void forget_paths(PeerConnection&) override { paths.clear(); }
  void forget(PeerConnection&) override { forgotten = true; }
  TimePoint now() override { return now_; }

  Random random = Random::seeded(1);
  const dtls::Context context{dtls::Certificate::make()};
  TimePoint now_{1h};
  Listener listener;
  audio::Frame sound{audio::Rate::narrow};
  std::deque<std::vector<std::byte>> wire;  // to the browser
  std::vector<ice::Path> paths;
  bool cut = false, forgotten = false;
  TestPeer* browser = nullptr;
  std::optional<WebRtcLeg> leg;
  PeerConnection* connection = nullptr;  // the leg's
};

TEST_F(WebRtcLegTest, IsAnsweredWhenTheCallTakesItAndTheBrowserIsThere) {
  TestPeer peer{browser_at};
  connect(peer);
  EXPECT_TRUE(peer.connected);
  EXPECT_THAT(listener.told, IsEmpty());

  leg->answer();
  run(20ms);

  EXPECT_THAT(listener.told, ElementsAre("answered"));
  EXPECT_THAT(paths, ElementsAre(ice::Path{browser_at, 0}));
}

TEST_F(WebRtcLegTest, SendsNoRtpBeforeTheCallIsAnswered) {
  TestPeer peer{browser_at};
  connect(peer);
  EXPECT_THAT(peer.heard, IsEmpty());

  leg->answer();
  run(1s);

  EXPECT_THAT(peer.heard.size(), ::testing::AllOf(::testing::Ge(48u), ::testing::Le(51u)));
}

TEST_F(WebRtcLegTest, NumbersItsPacketsForTheBrowsersFeedback) {
  TestPeer peer{browser_at};
  connect(peer);
  leg->answer();
  run(200ms);

  std::vector<std::uint16_t> numbers;
  for (const auto& datagram : peer.heard) {
    const auto packet = rtp::parse(datagram);
    ASSERT_TRUE(packet && packet->extension);
    const rtp::ExtensionIds ids{.transport_sequence = peer.negotiated.extensions.transport_cc};
    numbers.push_back(rtp::read_extensions(*packet->extension, ids).transport_sequence.value());
  }
  ASSERT_GE(numbers.size(), 9u);
  for (std::size_t i = 0; i < numbers.size(); ++i) EXPECT_EQ(numbers[i], i);
}

TEST_F(WebRtcLegTest, HearsTheBrowserAndItsKeys) {
  TestPeer peer{browser_at};
  connect(peer);
  leg->answer();
  run(20ms);

  for (int i = 0; i < 10; ++i) deliver(peer.speak()), run(20ms);
  const auto key_payload = peer.negotiated.telephone_event->map.payload_type;
  deliver(peer.key_end(key_payload, 5));
  run(40ms);

  EXPECT_GE(leg->quality().packets_received, 10u);
  EXPECT_THAT(listener.told, ElementsAre("answered", "key 5"));
}

TEST_F(WebRtcLegTest, DropsWhatIsForgedOrComesTwiceAndCountsIt) {
  TestPeer peer{browser_at};
  connect(peer);
  const auto packet = peer.speak();
  auto forged = peer.speak();
  forged.back() ^= std::byte{1};
  const auto before = leg->quality().packets_received;

  deliver(packet);
  deliver(packet);
  deliver(forged);
  run(20ms);

  EXPECT_EQ(leg->quality().packets_received, before + 1);
  EXPECT_EQ(connection->drops()[Drop::srtp_replayed], 1u);
  EXPECT_EQ(connection->drops()[Drop::srtp_forged], 1u);
}

TEST_F(WebRtcLegTest, EndsAtOnceAndSaysWhyWhenTheCertificateIsAnothers) {
  TestPeer peer{browser_at}, other{browser_at};
  peer.local.fingerprint = other.local.fingerprint;
  connect(peer);

  EXPECT_THAT(listener.told, ElementsAre("ended failed"));
  EXPECT_EQ(leg->end_detail(), "wrong_fingerprint");
  EXPECT_TRUE(leg->over());
}

TEST_F(WebRtcLegTest, EndsAsMediaTimeoutWhenTheBrowserHasNotAskedForThirtySeconds) {
  TestPeer peer{browser_at};
  connect(peer);
  leg->answer();
  run(40s);
  ASSERT_THAT(listener.told, ElementsAre("answered"));

  cut = true;
  run(24s);
  EXPECT_THAT(listener.told, ElementsAre("answered"));
  run(12s);

  EXPECT_THAT(listener.told, ElementsAre("answered", "ended media_timeout"));
  EXPECT_EQ(leg->end_detail(), "consent_lost");
}

TEST_F(WebRtcLegTest, EndsWhenNobodyComes) {
  TestPeer peer{browser_at};
  cut = true;
  connect(peer);
  run(31s);

  EXPECT_THAT(listener.told, ElementsAre("ended failed"));
  EXPECT_EQ(leg->end_detail(), "not_connected");
}

TEST_F(WebRtcLegTest, WaitsHalfAMinuteForABrowserThatSaidGoodbye) {
  TestPeer peer{browser_at};
  connect(peer);
  leg->answer();
  run(20ms);
  peer.transport->close();

  run(29s);
  EXPECT_THAT(listener.told, ElementsAre("answered"));
  run(2s);

  EXPECT_THAT(listener.told, ElementsAre("answered", "ended caller_hangup"));
}

TEST_F(WebRtcLegTest, GoesOnWithAnotherConnectionOfTheSameCaller) {
  TestPeer first{browser_at, 1}, second{browser_at, 2};
  connect(first);
  leg->answer();
  run(100ms);
  auto forged = first.speak();
  forged.back() ^= std::byte{1};
  deliver(forged);

  connection->disconnect(now_);
  pump();
  EXPECT_EQ(first.ended, WebRtcTransport::EndReason::closed);
  EXPECT_THAT(paths, IsEmpty());
  connect(second);
  run(40s);

  EXPECT_TRUE(second.connected);
  EXPECT_THAT(second.heard.size(), ::testing::Gt(1'900u));
  EXPECT_THAT(listener.told, ElementsAre("answered"));
  EXPECT_EQ(connection->drops()[Drop::srtp_forged], 1u) << "of the first connection";
}

TEST_F(WebRtcLegTest, SaysGoodbyeWhenTheCallHangsUpAndTellsNobody) {
  TestPeer peer{browser_at};
  connect(peer);
  leg->answer();
  run(20ms);

  leg->hang_up(call::EndCause::api);
  pump();
  run(60s);

  EXPECT_EQ(peer.ended, WebRtcTransport::EndReason::closed);
  EXPECT_THAT(listener.told, ElementsAre("answered"));
}

TEST_F(WebRtcLegTest, IsForgottenByItsWorkerWhenItGoes) {
  TestPeer peer{browser_at};
  connect(peer);
  leg.reset();
  pump();

  EXPECT_TRUE(forgotten);
  EXPECT_EQ(peer.ended, WebRtcTransport::EndReason::closed);
}

}  // namespace
}  // namespace parley::legs
