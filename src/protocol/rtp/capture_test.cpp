// Captures of other people's RTP, where they are at hand: they may not be part of this repository.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/testing/source_folder.hpp"
#include "protocol/rtp/packet.hpp"
#include "protocol/rtp/statistics.hpp"
#include "protocol/rtp/telephone_event.hpp"

namespace parley::rtp {
namespace {

std::filesystem::path captures() { return test_data_folder() / "rtp-pcap"; }

struct Captured {
  TimePoint at;
  std::vector<std::byte> datagram;
};

/// The UDP payloads of a little-endian Ethernet pcap of IPv4 packets without options.
std::vector<Captured> read_pcap(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  const std::vector<char> bytes{std::istreambuf_iterator<char>{file}, {}};
  const auto u32 = [&](std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = 4; i-- > 0;) value = value << 8 | static_cast<std::uint8_t>(bytes[at + i]);
    return value;
  };
  std::vector<Captured> packets;
  for (std::size_t at = 24; at + 16 <= bytes.size();) {
    const auto time = TimePoint{} + std::chrono::seconds{u32(at)} + std::chrono::microseconds{u32(at + 4)};
    const auto size = u32(at + 8);
    constexpr std::size_t headers = 14 + 20 + 8;
    const auto frame = std::as_bytes(std::span{bytes}).subspan(at + 16, size);
    ByteReader length{frame.subspan(14 + 20 + 4)};
    const auto payload = frame.subspan(headers, length.u16() - 8u);
    packets.push_back({time, {payload.begin(), payload.end()}});
    at += 16 + size;
  }
  return packets;
}

TEST(Captures, HoldEachKeyOnce) {
  if (!std::filesystem::exists(captures())) GTEST_SKIP() << "no captures at " << captures();
  for (const std::string name : {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "star", "pound"}) {
    const auto packets = read_pcap(captures() / ("dtmf_2833_" + name + ".pcap"));
    ASSERT_FALSE(packets.empty()) << name;
    TelephoneEventReceiver receiver{{}};
    std::string keys;
    Duration held{};

    for (const auto& [at, datagram] : packets) {
      const auto packet = parse(datagram);
      ASSERT_TRUE(packet) << name;
      receiver.receive(*packet, at);
      while (const auto output = receiver.poll()) {
        if (const auto* pressed = std::get_if<TelephoneEventReceiver::Pressed>(&*output))
          keys += key_of(pressed->event).value_or('?');
        else held = std::get<TelephoneEventReceiver::Released>(*output).held;
      }
    }

    EXPECT_EQ(keys, name == "star" ? "*" : name == "pound" ? "#" : name);
    EXPECT_EQ(to_ms(held), 280) << name;
  }
}

TEST(Captures, OfSpeechAreWholeAndInSequence) {
  if (!std::filesystem::exists(captures())) GTEST_SKIP() << "no captures at " << captures();
  const auto packets = read_pcap(captures() / "g711a.pcap");
  ReceiverStatistics statistics{{.min_sequential = 1}};

  for (const auto& [at, datagram] : packets) {
    const auto packet = parse(datagram);
    ASSERT_TRUE(packet);
    EXPECT_EQ(packet->payload_type, 8);
    EXPECT_EQ(packet->payload.size(), 240u);
    EXPECT_EQ(statistics.receive(packet->sequence, packet->timestamp, at), ReceiverStatistics::Verdict::valid);
    std::vector<std::byte> buffer(datagram.size());
    EXPECT_TRUE(std::ranges::equal(*encode(*packet, buffer), datagram));
  }

  EXPECT_EQ(statistics.packets_received(), 236u);
  EXPECT_EQ(statistics.cumulative_lost(), 0);
  EXPECT_LT(statistics.jitter(), 10ms);
}

}  // namespace
}  // namespace parley::rtp
