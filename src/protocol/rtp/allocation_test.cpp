// The media path allocates nothing: every operator new of this thread is counted.
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <new>

#include "protocol/rtp/session.hpp"
#include "protocol/rtp/transport_cc.hpp"
#include "protocol/srtp/session.hpp"

namespace {
thread_local std::size_t allocations = 0;
}

// The replacement counts for the whole test program, and changes nothing else.
void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc{};
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace parley::rtp {
namespace {

TEST(Session, AllocatesNothingPerPacketOrReport) {
  const Endpoint peer{IpAddress::v4(0xC0000201), 40000};
  Session sender{{.cname = "a"}, Random::seeded(1), TimePoint{}};
  Session receiver{{.cname = "b"}, Random::seeded(2), TimePoint{}};
  TelephoneEventReceiver keys{{}};
  sender.negotiate({.rtp = peer, .payload_types = std::bitset<128>{}.set()});
  receiver.negotiate({.rtp = peer, .payload_types = std::bitset<128>{}.set()});
  constexpr std::array<std::byte, 160> audio{};
  std::array<std::byte, 200> buffer;
  int media = 0, reports = 0;
  ::operator delete(::operator new(1));
  ASSERT_GT(allocations, 0u);  // the count counts

  const auto before = allocations;
  for (int i = 0; i < 1000; ++i) {
    const auto now = TimePoint{} + i * 20ms;
    const auto datagram = sender.encode({.payload_type = 0, .payload = audio, .ticks = 160}, now, buffer);
    const auto received = receiver.receive(*datagram, peer, now);
    if (const auto* one = std::get_if<Session::Media>(&received)) {
      ++media;
      keys.receive(one->packet, now);
      while (keys.poll()) {
      }
    }
    sender.advance(now);
    while (const auto output = sender.poll()) {
      ++reports;
      (void)receiver.receive(std::get<Session::SendRtcp>(*output).datagram, peer, now);
    }
  }
  const auto during = allocations - before;

  EXPECT_EQ(during, 0u);
  EXPECT_EQ(media, 1000);
  EXPECT_GE(reports, 2);
}

TEST(TransportFeedback, AllocatesNothingPerPacketOrReport) {
  TransportFeedback feedback{{.cname = "a"}, TimePoint{}};
  int reports = 0;

  const auto before = allocations;
  for (std::uint16_t i = 0; i < 1000; ++i) {
    const auto now = TimePoint{} + i * 20ms;
    if (i % 9 != 0) feedback.receive(i, 1, now);
    feedback.advance(now);
    while (feedback.poll(2)) ++reports;
  }
  const auto during = allocations - before;

  EXPECT_EQ(during, 0u);
  EXPECT_GE(reports, 150);
}

TEST(Srtp, AllocatesNothingPerPacket) {
  srtp::Session sender{srtp::Keys{}}, receiver{srtp::Keys{}};
  std::array<std::byte, 200> buffer{};
  const auto pass = [&](std::uint16_t sequence) {
    ByteWriter out{buffer};
    out.u16(0x8000);
    out.u16(sequence);
    out.u64(7);
    const auto sent = sender.protect(buffer, 172);
    return sent && receiver.unprotect(*sent);
  };
  ASSERT_TRUE(pass(0));  // makes the source's state

  const auto before = allocations;
  for (std::uint16_t i = 1; i < 1000; ++i) EXPECT_TRUE(pass(i));
  const auto during = allocations - before;

  EXPECT_EQ(during, 0u);
}

}  // namespace
}  // namespace parley::rtp
