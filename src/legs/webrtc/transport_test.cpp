#include "legs/webrtc/transport.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>

namespace parley::legs {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const Endpoint browser_at{IpAddress::v4(0xC0000201), 40'000}, server_at{IpAddress::v4(0xC6336401), 8'189};

struct Side {
  dtls::Certificate certificate = dtls::Certificate::make();
  dtls::Context context{certificate};
  ice::Credentials credentials;
  std::unique_ptr<WebRtcTransport> transport;
  bool connected = false;
  std::vector<WebRtcTransport::EndReason> ended;
  std::vector<ice::Path> paths;
};

/// A browser (it controls) and our lite side, joined by a wire without delay, on virtual time.
class TransportTest : public ::testing::Test {
 protected:
  void SetUp() override {
    browser.credentials = ice::Credentials::make(0, random);
    server.credentials = ice::Credentials::make(3, random);
  }

  void connect(dtls::Role server_role = dtls::Role::server, bool right_fingerprint = true) {
    const auto other = dtls::Certificate::make();
    server.transport = std::make_unique<WebRtcTransport>(
        server.context,
        WebRtcTransport::Config{
            .role = server_role,
            .fingerprints = {right_fingerprint ? browser.context.fingerprint() : other.fingerprint()}},
        ice::LiteAgent::Config{.local = server.credentials}, now);
    ice::ControllingAgent::Config full{.local = browser.credentials};
    full.sockets.push_back({0, ice::host_candidates(std::span{&browser_at.address, 1}, browser_at.port).front()});
    const auto role = server_role == dtls::Role::server ? dtls::Role::client : dtls::Role::server;
    browser.transport = std::make_unique<WebRtcTransport>(
        browser.context, WebRtcTransport::Config{.role = role, .fingerprints = {server.context.fingerprint()}},
        std::move(full), Random::seeded(7), now);
    browser.transport->set_remote(
        {server.credentials, ice::host_candidates(std::span{&server_at.address, 1}, server_at.port), true}, now);
    run(500ms);
  }

  /// Until nothing is under way any more, for that long.
  void run(Duration time) {
    for (const auto end = now + time; now < end; now += 10ms) {
      while (pump(browser, *server.transport, browser_at) || pump(server, *browser.transport, server_at)) {
      }
      browser.transport->advance(now);
      server.transport->advance(now);
    }
  }

  bool pump(Side& from, WebRtcTransport& to, const Endpoint& source) {
    bool any = false;
    while (auto output = from.transport->poll()) {
      any = true;
      if (auto* send = std::get_if<WebRtcTransport::Send>(&*output)) {
        if (!cut) (void)to.receive({source, 0}, send->datagram, now);
      } else if (std::holds_alternative<WebRtcTransport::Connected>(*output)) {
        from.connected = true;
      } else if (auto* ended = std::get_if<WebRtcTransport::Ended>(&*output)) {
        from.ended.push_back(ended->reason);
      } else if (auto* added = std::get_if<WebRtcTransport::PathAdded>(&*output)) {
        from.paths.push_back(added->path);
      }
    }
    return any;
  }

  static std::vector<std::byte> packet(std::uint8_t mark) {
    std::vector<std::byte> bytes(40, std::byte{mark});
    bytes[0] = std::byte{0x80}, bytes[1] = std::byte{111};
    bytes[2] = std::byte{0}, bytes[3] = std::byte{mark};
    return bytes;
  }

  static std::vector<std::byte> sealed(WebRtcTransport& transport, std::vector<std::byte> packet) {
    const auto size = packet.size();
    packet.resize(size + srtp::max_overhead);
    const auto result = transport.seal(packet, size);
    if (!result) return {};
    return {result->datagram.begin(), result->datagram.end()};
  }

  Random random = Random::seeded(1);
  TimePoint now{1h};
  Side browser, server;
  bool cut = false;
};

TEST_F(TransportTest, ConnectsInBothDtlsRoles) {
  for (const auto role : {dtls::Role::server, dtls::Role::client}) {
    browser.connected = server.connected = false;
    connect(role);
    EXPECT_TRUE(browser.connected && server.connected);
    EXPECT_EQ(server.transport->selected()->remote, browser_at);
    EXPECT_EQ(server.transport->profile(), srtp::Profile::aead_aes_128_gcm);
  }
}

TEST_F(TransportTest, NamesThePathThatIsItsOwn) {
  connect();
  EXPECT_THAT(server.paths, ElementsAre(ice::Path{browser_at, 0}));
}

TEST_F(TransportTest, PassesMediaBothWaysAndDropsWhatIsForgedOrSeenBefore) {
  connect();
  const auto original = packet(1);
  auto protected_once = sealed(*browser.transport, original);
  auto again = protected_once;
  auto forged = protected_once;
  forged[20] ^= std::byte{1};
  forged[3] = std::byte{9};  // another sequence number: not a replay

  const auto opened = server.transport->receive({browser_at, 0}, protected_once, now);
  ASSERT_TRUE(opened);
  EXPECT_TRUE(std::ranges::equal(*opened, original));
  EXPECT_FALSE(server.transport->receive({browser_at, 0}, again, now));
  EXPECT_FALSE(server.transport->receive({browser_at, 0}, forged, now));
  EXPECT_EQ(server.transport->drops()[Drop::srtp_replayed], 1u);
  EXPECT_EQ(server.transport->drops()[Drop::srtp_forged], 1u);

  auto back = sealed(*server.transport, packet(2));
  EXPECT_TRUE(browser.transport->receive({server_at, 0}, back, now));
}

TEST_F(TransportTest, SendsNothingBeforeItIsConnected) {
  cut = true;
  connect();
  EXPECT_THAT(sealed(*server.transport, packet(1)), IsEmpty());
  auto early = packet(1);
  EXPECT_FALSE(server.transport->receive({browser_at, 0}, early, now));
  EXPECT_EQ(server.transport->drops()[Drop::srtp_early], 1u);
}

TEST_F(TransportTest, EndsWhenTheCertificateIsNotTheAnnouncedOne) {
  connect(dtls::Role::server, false);
  EXPECT_FALSE(server.connected);
  EXPECT_THAT(server.ended, ElementsAre(WebRtcTransport::EndReason::fingerprint));
  EXPECT_FALSE(server.transport->connected());
}

TEST_F(TransportTest, EndsWhenNothingComesOfIt) {
  cut = true;
  connect();
  run(31s);
  EXPECT_THAT(server.ended, ElementsAre(WebRtcTransport::EndReason::not_connected));
}

TEST_F(TransportTest, EndsWithoutConsentAfterThirtySeconds) {
  connect();
  run(60s);
  EXPECT_THAT(server.ended, IsEmpty()) << "the browser goes on checking";
  cut = true;
  run(28s);
  EXPECT_THAT(server.ended, IsEmpty());
  run(8s);
  EXPECT_THAT(server.ended, ElementsAre(WebRtcTransport::EndReason::consent));
}

TEST_F(TransportTest, TellsWhenThePeerSaysGoodbye) {
  connect();
  browser.transport->close();
  run(100ms);
  EXPECT_THAT(server.ended, ElementsAre(WebRtcTransport::EndReason::closed));
}

TEST_F(TransportTest, KeepsMediaThroughAnIceRestart) {
  connect();
  const auto fresh = ice::Credentials::make(3, random);
  server.transport->restart(fresh, now);
  browser.transport->restart(ice::Credentials::make(0, random), now);
  auto meanwhile = sealed(*browser.transport, packet(1));
  EXPECT_TRUE(server.transport->receive({browser_at, 0}, meanwhile, now));

  browser.transport->set_remote({fresh, ice::host_candidates(std::span{&server_at.address, 1}, server_at.port), true},
                                now);
  run(1s);
  auto after = sealed(*browser.transport, packet(2));
  EXPECT_TRUE(server.transport->receive({browser_at, 0}, after, now));
  EXPECT_EQ(server.transport->credentials(), fresh);
  run(60s);
  EXPECT_THAT(server.ended, IsEmpty());
}

}  // namespace
}  // namespace parley::legs
