// RTP: what parses encodes back to the same bytes; a session and a key receiver survive anything.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/assert.hpp"
#include "protocol/rtp/session.hpp"

namespace {

using namespace parley;

void parse_and_encode(std::span<const std::byte> datagram) {
  const auto packet = rtp::parse(datagram);
  if (!packet) return;
  if (packet->extension) {
    rtp::ExtensionReader reader{*packet->extension};
    std::size_t seen = 0;
    while (const auto element = reader.next()) seen += 1 + element->data.size();
    PARLEY_ASSERT(seen <= packet->extension->data.size());
  }
  std::vector<std::byte> buffer(datagram.size());
  const auto encoded = rtp::encode(*packet, buffer);
  PARLEY_ASSERT(encoded && std::ranges::equal(*encoded, datagram));
}

/// The input as a stream: each datagram is preceded by its length, and the milliseconds before it.
void stream(std::span<const std::byte> bytes) {
  const Endpoint peer{IpAddress::v4(0xC0000201), 4000}, other{IpAddress::v4(0xC0000202), 4000};
  rtp::Session session{{.cname = "x", .rtcp_mux = true}, Random::seeded(1), TimePoint{}};
  session.negotiate({.rtp = peer, .payload_types = std::bitset<128>{}.set()});
  rtp::TelephoneEventReceiver keys{{}};
  ByteReader in{bytes};
  TimePoint now{};
  while (!in.empty()) {
    const auto size = in.u8();
    now += std::chrono::milliseconds{in.u8()} * 16;
    const auto datagram = in.take(std::min<std::size_t>(size & 0x7F, in.rest().size()));
    const auto received = session.receive(datagram, (size & 0x80) != 0 ? other : peer, now);
    if (const auto* media = std::get_if<rtp::Session::Media>(&received)) {
      if (media->new_source) keys.reset();
      keys.receive(media->packet, now);
    }
    keys.advance(now);
    while (keys.poll()) {
    }
    session.advance(now);
    while (const auto output = session.poll())
      PARLEY_ASSERT(rtp::Compound::parse(std::get<rtp::Session::SendRtcp>(*output).datagram));
    const auto quality = session.quality();
    PARLEY_ASSERT(quality.mos >= 0 && quality.mos <= 4.5);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span{data, size});
  parse_and_encode(bytes);
  stream(bytes);
  return 0;
}
