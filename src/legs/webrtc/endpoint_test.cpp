// One worker's endpoint on real sockets of loopback, in one thread: the test runs the worker's loop and the calls'
// ticks.
#include "legs/webrtc/endpoint.hpp"

#include <boost/asio/io_context.hpp>

#include <gmock/gmock.h>

#include "base/bytes.hpp"
#include "call/event_hub.hpp"
#include "legs/webrtc/test_peer.hpp"
#include "legs/webrtc/webrtc_leg.hpp"
#include "net/test_client.hpp"
#include "net/worker.hpp"
#include "protocol/sdp/trickle.hpp"
#include "protocol/stun/builder.hpp"
#include "protocol/stun/framing.hpp"

namespace parley::legs {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Ledger final : public call::Ledger {
 public:
  void open(const call::Summary&, std::shared_ptr<speech::Executor> executor,
            std::move_only_function<void(bool)> done) override {
    executor->post([done = std::move(done)]() mutable { done(true); });
  }
  void update(const call::Summary& call) override { last = call; }
  void put_leg(const call::LegRecord&) override {}
  void put_transfer(const call::TransferRecord&) override {}
  void append_turn(const std::string&, int, const call::Turn&) override {}
  void append_event(const std::string&, std::uint64_t, WallTime, std::string_view, std::string_view) override {}
  call::Summary last;
};

class LaterExecutor final : public speech::Executor {
 public:
  void post(std::move_only_function<void()> work) override { waiting.push_back(std::move(work)); }
  void run() {
    for (auto& work : std::exchange(waiting, {})) work();
  }
  std::vector<std::move_only_function<void()>> waiting;
};

class NoFiles final : public speech::JobQueue {
 public:
  bool try_submit(std::move_only_function<void()>&&) override { return false; }
  std::size_t depth() const override { return 0; }
};

class Silent final : public call::Application {};

/// A TestPeer and its UDP socket.
class UdpPeer {
 public:
  explicit UdpPeer(std::uint64_t seed, TestPeer::Kind kind = TestPeer::Kind::browser)
      : socket_{net::UdpSocket::bind({IpAddress::loopback(), 0}).value()}, peer{socket_.local_endpoint(), seed, kind} {}

  void step() {
    const auto now = Clock::now();
    if (const auto count = socket_.receive(batch_); count)
      for (const auto& came : batch_.received())
        peer.receive(came.from, {came.datagram.begin(), came.datagram.end()}, now);
    if (peer.transport) peer.transport->advance(now);
    peer.flush([this](const Endpoint& to, const std::vector<std::byte>& datagram) { send(to, datagram); });
  }
  void send(const Endpoint& to, std::span<const std::byte> datagram) { (void)socket_.send_to(datagram, to); }
  void speak() { send(peer.transport->selected()->remote, peer.speak()); }

 private:
  net::UdpSocket socket_;
  net::ReceiveBatch batch_;

 public:
  TestPeer peer;
};

class WebRtcEndpointTest : public ::testing::Test, private call::ApplicationFactory {
 protected:
  void SetUp() override {
    WebRtcEndpoint::Config config;
    config.addresses = {IpAddress::loopback()};
    config.profile_of = [](const call::RouteTarget&) { return call::CallProfile{}; };
    endpoint.emplace(std::move(config), worker, registry, context);
    ASSERT_TRUE(endpoint->bind());
    endpoint->start();
  }
  void TearDown() override {
    peers.clear();  // they went with the test's body
    registry.hang_up_all(call::EndCause::drained);
    until([&] { return registry.load() == 0; });
    bool stopped = false;
    endpoint->stop([&] { stopped = true; });
    until([&] { return stopped; });
    endpoint.reset();
  }

  call::Environment make_environment() {
    call::Environment made;
    made.schedule = &schedule;
    made.events = &events;
    made.ledger = &ledger;
    made.files = &files;
    made.executor = executor;
    made.random = &random;
    made.wall_clock = [] { return std::chrono::system_clock::now(); };
    return made;
  }

  static WebRtcOffer to_echo(std::string sdp) {
    return {.sdp = std::move(sdp),
            .target = {.kind = call::RouteTarget::Kind::echo},
            .from = "browser",
            .to = "9196",
            .identity = {}};
  }

  /// Runs everything until it is so; a failure after ten seconds.
  template <class Condition>
  void until(Condition holds) {
    const auto deadline = Clock::now() + 10s;
    while (!holds()) {
      ASSERT_LT(Clock::now(), deadline) << "it never came to be so";
      worker.context().restart();
      worker.context().run_for(2ms);
      executor->run();
      for (UdpPeer* peer : peers) peer->step();
      for (; next_tick <= Clock::now(); next_tick += 20ms)
        for (std::size_t phase = 0; phase < call::TickSchedule::phases; ++phase)
          schedule.run_phase(phase, Clock::now());
    }
  }

  /// A call, up to its connection: its id.
  std::string call(UdpPeer& browser) {
    peers.push_back(&browser);
    const auto answer = endpoint->offer(to_echo(browser.peer.offer()));
    EXPECT_TRUE(answer);
    browser.peer.accept(answer->sdp, Clock::now());
    until([&] { return browser.peer.connected && ledger.last.state == call::State::answered; });
    return answer->call_id;
  }

  Endpoint port() const { return {IpAddress::loopback(), endpoint->port()}; }

  net::Worker worker{2};
  call::TickSchedule schedule;
  call::EventHub events;
  Ledger ledger;
  NoFiles files;
  Random random = Random::seeded(1);
  std::shared_ptr<LaterExecutor> executor = std::make_shared<LaterExecutor>();
  call::Environment environment = make_environment();
  call::Capacity capacity{2};
  call::Registry registry{environment, *this, capacity};
  const dtls::Context context{dtls::Certificate::make()};
  std::optional<WebRtcEndpoint> endpoint;
  std::vector<UdpPeer*> peers;
  TimePoint next_tick = Clock::now();

 private:
  std::unique_ptr<call::Application> make(const call::RouteTarget&, call::CallControl&) override {
    return std::make_unique<Silent>();
  }
};

TEST_F(WebRtcEndpointTest, AnswersAnOfferOnItsPortAndCarriesSound) {
  UdpPeer browser{1};
  const auto id = call(browser);
  EXPECT_TRUE(endpoint->has(id));
  EXPECT_EQ(browser.peer.transport->selected()->remote, port());
  EXPECT_THAT(browser.peer.negotiated.remote.ice.ufrag, HasSubstr("w02"));

  call::Call& made = *registry.find(id);
  browser.speak();
  until([&] { return made.leg().quality().packets_received > 0; });
}

TEST_F(WebRtcEndpointTest, CarriesTheSameOverTcp) {
  TestPeer browser{{IpAddress::loopback(), 9}};
  const auto answer = endpoint->offer(to_echo(browser.offer()));
  ASSERT_TRUE(answer);
  browser.accept(answer->sdp, Clock::now(), ice::Transport::tcp);
  net::TestClient connection{port()};
  ASSERT_TRUE(connection.connected());
  stun::FrameSplitter frames;

  call::Call& made = *registry.find(answer->call_id);
  const auto send = [&](const Endpoint&, const std::vector<std::byte>& datagram) {
    connection.send(as_text(stun::frame(datagram)));
  };
  bool spoken = false;
  until([&] {
    frames.receive(as_bytes(connection.receive_now()));
    while (const auto datagram = frames.poll())
      browser.receive(port(), {datagram->begin(), datagram->end()}, Clock::now());
    browser.transport->advance(Clock::now());
    browser.flush(send);
    if (browser.connected && !std::exchange(spoken, browser.connected)) send({}, browser.speak());
    return made.leg().quality().packets_received > 0;
  });
  EXPECT_EQ(endpoint->drops(), Drops{});
}

TEST_F(WebRtcEndpointTest, DropsStrangersAndCountsThem) {
  UdpPeer stranger{1};
  stun::Builder request{stun::Class::request, {}};
  stranger.send(port(), request.username("w02nobody:us").finish("nobody's password"));
  stranger.send(port(), std::vector<std::byte>(100, std::byte{0x80}));
  stranger.send(port(), std::vector<std::byte>(3'000, std::byte{0x80}));
  until([&] { return endpoint->drops()[Drop::no_session] == 2 && endpoint->drops()[Drop::truncated] == 1; });

  net::TestClient tcp{port()};
  tcp.send(as_text(stun::frame(std::vector<std::byte>(100, std::byte{0x80}))));
  until([&] { return tcp.closed_now(); });
  EXPECT_EQ(endpoint->drops()[Drop::no_session], 3u);

  net::TestClient web{port()};
  web.send("GET / HTTP/1.1\r\nHost: parley\r\n\r\n");
  until([&] { return web.closed_now(); });
  EXPECT_EQ(endpoint->drops()[Drop::tcp_framing], 1u);
}

TEST_F(WebRtcEndpointTest, AnswersALitePeerFromAPortThatIsItsOwn) {
  UdpPeer lite{1, TestPeer::Kind::lite};
  const auto id = call(lite);
  const Endpoint ours = lite.peer.transport->selected()->remote;
  EXPECT_NE(ours, port());
  EXPECT_FALSE(lite.peer.negotiated.remote.ice_lite);

  call::Call& made = *registry.find(id);
  lite.speak();
  until([&] { return made.leg().quality().packets_received > 0; });

  UdpPeer stranger{2};
  stranger.send(ours, std::vector<std::byte>(64, std::byte{22}));  // a DTLS record, by its first byte
  until([&] { return endpoint->drops()[Drop::unchecked_path] == 1; });
}

TEST_F(WebRtcEndpointTest, RefusesWithAReasonAndKeepsNoPlaceForIt) {
  const auto refused = [&](std::string sdp) { return endpoint->offer(to_echo(std::move(sdp))).error().status; };
  UdpPeer browser{1};
  EXPECT_EQ(refused("nonsense"), 400);
  EXPECT_EQ(refused("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n"), 422);
  EXPECT_EQ(refused(std::string(70'000, 'v')), 413);
  EXPECT_EQ(capacity.used(), 0u);

  ASSERT_TRUE(capacity.take() && capacity.take());
  EXPECT_EQ(refused(browser.peer.offer()), 503);
  capacity.give_back(), capacity.give_back();

  EXPECT_EQ(endpoint->offer_again("unknown", browser.peer.offer()).error().status, 404);
  EXPECT_EQ(endpoint->trickle("unknown", "").error().status, 404);
}

TEST_F(WebRtcEndpointTest, AnotherOfferOfTheSessionTakesTheCallOver) {
  UdpPeer first{1}, second{2};
  const auto id = call(first);
  const auto answer = endpoint->offer_again(id, second.peer.offer());
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->call_id, id);
  peers.push_back(&second);
  second.peer.accept(answer->sdp, Clock::now());

  until([&] { return first.peer.ended == WebRtcTransport::EndReason::closed && second.peer.connected; });
  call::Call& made = *registry.find(id);
  const auto before = made.leg().quality().packets_received;
  second.speak();
  until([&] { return made.leg().quality().packets_received > before; });
  EXPECT_EQ(registry.load(), 1u);
}

TEST_F(WebRtcEndpointTest, RestartsIceByAFragmentAndTheConnectionStays) {
  UdpPeer browser{1};
  const auto id = call(browser);
  const auto fragment = [&](const ice::Credentials& credentials) {
    sdp::TrickleFragment made;
    made.credentials = credentials;
    made.sections.push_back({.mid = browser.peer.negotiated.remote.mid, .candidates = browser.peer.local.candidates});
    return made.to_string();
  };
  const auto nothing_new = endpoint->trickle(id, fragment(browser.peer.local.ice));
  ASSERT_TRUE(nothing_new);
  EXPECT_EQ(nothing_new->fragment, "");
  EXPECT_EQ(endpoint->trickle(id, std::string(20'000, 'a')).error().status, 400);
  EXPECT_EQ(endpoint->trickle(id, fragment(browser.peer.local.ice), "another").error().status, 412);

  browser.peer.local.ice = ice::Credentials::make(0, random);
  const auto restarted = endpoint->trickle(id, fragment(browser.peer.local.ice));
  ASSERT_TRUE(restarted);
  const auto ours = sdp::TrickleFragment::parse(restarted->fragment);
  ASSERT_TRUE(ours && ours->credentials);
  EXPECT_NE(ours->credentials->ufrag, browser.peer.negotiated.remote.ice.ufrag);

  auto theirs = browser.peer.negotiated.remote;
  theirs.ice = *ours->credentials;
  browser.peer.restart(theirs, Clock::now());
  call::Call& made = *registry.find(id);
  auto& leg = dynamic_cast<WebRtcLeg&>(made.leg());
  until([&] {
    return leg.credentials() == *ours->credentials && browser.peer.transport->credentials() == browser.peer.local.ice;
  });
  const auto before = leg.quality().packets_received;
  browser.speak();
  until([&] { return leg.quality().packets_received > before; });
}

TEST_F(WebRtcEndpointTest, ForgetsAnEndedCallButNotWhatWasDropped) {
  UdpPeer browser{1};
  const auto id = call(browser);
  auto forged = browser.peer.speak();
  forged.back() ^= std::byte{1};
  browser.send(port(), forged);
  until([&] { return endpoint->drops()[Drop::srtp_forged] == 1; });

  registry.find(id)->hang_up(call::EndCause::api);
  until([&] { return browser.peer.ended.has_value() && !endpoint->has(id); });

  EXPECT_EQ(endpoint->drops()[Drop::srtp_forged], 1u);
  browser.send(port(), forged);
  until([&] { return endpoint->drops()[Drop::no_session] > 0; });
}

}  // namespace
}  // namespace parley::legs
