#include "net/udp.hpp"

#include <poll.h>

#include "base/bytes.hpp"

namespace parley::net {
namespace {

UdpSocket bound() { return UdpSocket::bind({IpAddress::loopback(), 0}).value(); }

void wait_until_readable(const UdpSocket& socket) {
  pollfd wanted{socket.native_handle(), POLLIN, 0};
  ASSERT_EQ(poll(&wanted, 1, 10'000), 1);
}

TEST(UdpSocket, CarriesABatchBothWays) {
  UdpSocket a = bound(), b = bound();
  const std::vector<Outgoing> out{{as_bytes("one"), b.local_endpoint()}, {as_bytes("two"), b.local_endpoint()}};
  const TimePoint before = Clock::now();

  EXPECT_EQ(a.send(out), 2u);
  wait_until_readable(b);
  ReceiveBatch batch{8, 64};
  ASSERT_EQ(b.receive(batch).value(), 2u);

  const auto received = batch.received();
  EXPECT_EQ(as_text(received[0].datagram), "one");
  EXPECT_EQ(as_text(received[1].datagram), "two");
  EXPECT_EQ(received[0].from, a.local_endpoint());
  EXPECT_GE(received[0].arrived, before - 1ms);
  EXPECT_LE(received[0].arrived, Clock::now());
}

TEST(UdpSocket, HasNothingToSayWhenNothingCame) {
  UdpSocket socket = bound();
  ReceiveBatch batch;
  EXPECT_EQ(socket.receive(batch).value(), 0u);
  EXPECT_TRUE(batch.received().empty());
}

TEST(UdpSocket, MarksWhatDidNotFit) {
  UdpSocket a = bound(), b = bound();
  EXPECT_FALSE(a.send_to(as_bytes("far too long"), b.local_endpoint()));
  wait_until_readable(b);
  ReceiveBatch batch{2, 3};

  ASSERT_EQ(b.receive(batch).value(), 1u);

  EXPECT_TRUE(batch.received()[0].truncated);
  EXPECT_EQ(as_text(batch.received()[0].datagram), "far");
}

TEST(UdpSocket, FillsItsBatchAndKeepsTheRestForTheNext) {
  UdpSocket a = bound(), b = bound();
  for (const char* text : {"1", "2", "3"}) EXPECT_FALSE(a.send_to(as_bytes(text), b.local_endpoint()));
  wait_until_readable(b);
  ReceiveBatch batch{2, 16};

  EXPECT_EQ(b.receive(batch).value(), 2u);
  EXPECT_EQ(b.receive(batch).value(), 1u);
  EXPECT_EQ(as_text(batch.received()[0].datagram), "3");
  EXPECT_EQ(batch.received()[0].from, a.local_endpoint());
}

TEST(UdpSocket, SkipsWhatTheSystemRefusesToSend) {
  UdpSocket a = bound(), b = bound();
  const std::vector<std::byte> too_long(70'000);
  const std::vector<Outgoing> out{{too_long, b.local_endpoint()}, {as_bytes("good"), b.local_endpoint()}};
  EXPECT_EQ(a.send(out), 1u);
}

TEST(UdpSocket, SurvivesAPeerThatHasGone) {
  UdpSocket a = bound();
  Endpoint gone;
  {
    UdpSocket b = bound();
    gone = b.local_endpoint();
  }
  ReceiveBatch batch;
  for (int i = 0; i < 5; ++i) {
    EXPECT_FALSE(a.send_to(as_bytes("hello?"), gone));
    EXPECT_EQ(a.receive(batch).value(), 0u);
  }
}

TEST(UdpSocket, SaysWhyItCouldNotBind) {
  UdpSocket first = bound();
  EXPECT_EQ(UdpSocket::bind(first.local_endpoint()).error(), std::errc::address_in_use);
}

TEST(UdpSocket, TakesIpv6) {
  auto a = UdpSocket::bind({*IpAddress::parse("::1"), 0});
  if (!a) GTEST_SKIP() << "no IPv6 here: " << a.error().message();
  EXPECT_FALSE(a->send_to(as_bytes("self"), a->local_endpoint()));
  wait_until_readable(*a);
  ReceiveBatch batch;
  ASSERT_EQ(a->receive(batch).value(), 1u);
  EXPECT_EQ(batch.received()[0].from, a->local_endpoint());
}

TEST(PortRange, GivesEvenPortsWithTheirNeighbourAndSkipsBusyOnes) {
  Random random = Random::seeded(1);
  const PortRange range{42001, 42007};  // 42002, 42004 and 42006
  EXPECT_EQ(range.pairs(), 3u);
  std::vector<PortPair> held;
  std::vector<std::uint16_t> ports;
  for (int i = 0; i < 3; ++i) {
    auto pair = range.bind_pair(IpAddress::loopback(), random);
    ASSERT_TRUE(pair) << pair.error().message();
    EXPECT_EQ(pair->rtcp.local_endpoint().port, pair->rtp.local_endpoint().port + 1);
    ports.push_back(pair->rtp.local_endpoint().port);
    held.push_back(std::move(*pair));
  }

  EXPECT_THAT(ports, testing::UnorderedElementsAre(42002, 42004, 42006));
  EXPECT_EQ(range.bind_pair(IpAddress::loopback(), random).error(), std::errc::address_in_use);
  held.pop_back();
  EXPECT_TRUE(range.bind_pair(IpAddress::loopback(), random));
}

}  // namespace
}  // namespace parley::net
