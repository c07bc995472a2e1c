// Our offer to a browser, and its answer, on loopback. The browser is another endpoint of ours: it meets a peer that is
// lite, so it checks.
#include "legs/sip/peer_media.hpp"

#include <boost/asio/io_context.hpp>

#include <gmock/gmock.h>

#include <cmath>
#include <functional>

#include "net/worker.hpp"

namespace parley::legs {
namespace {

using ::testing::HasSubstr;

constexpr auto wide = audio::Rate::wide;

class NoCalls final : public call::ApplicationFactory {
  std::unique_ptr<call::Application> make(const call::RouteTarget&, call::CallControl&) override { return nullptr; }
};

class PeerMediaTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(ours.bind() && theirs.bind());
    ours.start(), theirs.start();
  }
  void TearDown() override {
    media.reset(), browser.reset();
    int stopped = 0;
    ours.stop([&] { ++stopped; });
    theirs.stop([&] { ++stopped; });
    EXPECT_TRUE(run_until([&] { return stopped == 2; }));
  }

  /// Ticks both ends until it holds; false after ten seconds.
  bool run_until(const std::function<bool()>& condition) {
    for (const auto end = Clock::now() + 10s; Clock::now() < end;) {
      if (condition()) return true;
      tick();
    }
    return condition();
  }
  void tick() {
    worker.context().restart();
    worker.context().run_for(std::chrono::milliseconds{5});
    const auto now = Clock::now();
    if (media) media->receive(now), media->finish_tick(now);
    if (browser) browser->finish_tick(true, now);
  }
  void connect() {
    const auto answer = theirs.answer(*browser, media->make_offer());
    ASSERT_TRUE(answer) << answer.error().detail;
    ASSERT_TRUE(media->take_answer(*answer, Clock::now()));
    ASSERT_TRUE(run_until([&] { return media->ready() && browser->connected(); }));
  }

  net::Worker worker{0};
  call::Environment environment;
  NoCalls no_calls;
  call::Capacity capacity{1};
  call::Registry registry{environment, no_calls, capacity};
  dtls::Context our_context{dtls::Certificate::make()}, their_context{dtls::Certificate::make()};
  WebRtcEndpoint ours{{.addresses = {IpAddress::loopback()}}, worker, registry, our_context};
  WebRtcEndpoint theirs{{.addresses = {IpAddress::loopback()}}, worker, registry, their_context};
  std::unique_ptr<SipMedia> media =
      std::make_unique<PeerMedia>(ours, PeerConnection::Config{.rate = wide, .id = "ours", .cname = "ours"});
  std::unique_ptr<PeerConnection> browser = theirs.open({.rate = wide, .id = "theirs", .cname = "theirs"});
};

TEST_F(PeerMediaTest, OurOfferIsThatOfALiteAgentWhoLeavesTheRolesOpen) {
  const auto offer = media->make_offer();

  for (const auto* part : {"UDP/TLS/RTP/SAVPF", "a=ice-lite", "a=setup:actpass", "a=rtcp-mux", "opus/48000/2",
                           "PCMU/8000", "telephone-event/8000"})
    EXPECT_THAT(offer, HasSubstr(part));
  EXPECT_FALSE(media->ready());
}

TEST_F(PeerMediaTest, TheAnswerOpensTheWayAndSoundPasses) {
  connect();
  audio::Frame tone{wide};
  for (std::size_t i = 0; i < tone.samples().size(); ++i)
    tone.samples()[i] = static_cast<std::int16_t>(8'000 * std::sin(0.4 * static_cast<double>(i)));

  EXPECT_TRUE(run_until([&] {
    media->write(&tone, Clock::now());
    return browser->media().heard_anything();
  }));
}

TEST_F(PeerMediaTest, AHoldAndItsEndAreAnsweredOnTheSameConnection) {
  connect();
  auto held = theirs.make_offer(*browser);
  held.replace(held.find("a=sendrecv"), 10, "a=inactive");

  ASSERT_TRUE(media->take_offer(held, Clock::now()));
  EXPECT_TRUE(media->held());
  EXPECT_THAT(media->local(), HasSubstr("a=inactive"));
  ASSERT_TRUE(media->take_offer(theirs.make_offer(*browser), Clock::now()));
  EXPECT_FALSE(media->held());
  EXPECT_TRUE(media->ready());
}

TEST_F(PeerMediaTest, AnAnswerOfATelephoneWithoutDtlsIsRefused) {
  (void)media->make_offer();

  const auto taken = media->take_answer(
      "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n",
      Clock::now());

  ASSERT_FALSE(taken);
  EXPECT_THAT(taken.error().reason, HasSubstr("not WebRTC's"));
}

TEST_F(PeerMediaTest, ABrowserThatClosesHasTwoSecondsForItsBye) {
  connect();
  browser->close(Clock::now());
  const auto closed_at = Clock::now();

  EXPECT_TRUE(run_until([&] { return media->ended() == call::EndCause::caller_hangup; }));
  EXPECT_GE(Clock::now() - closed_at, 1900ms);
}

}  // namespace
}  // namespace parley::legs
