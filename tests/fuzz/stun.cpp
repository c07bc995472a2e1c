// STUN: what parses is written again with the same attributes; nothing of a stream gets lost or grows.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "property.hpp"
#include "protocol/stun/builder.hpp"
#include "protocol/stun/demux.hpp"
#include "protocol/stun/framing.hpp"

namespace {

using namespace parley;
using fuzz::require;

struct Known {
  std::uint16_t type;
  std::vector<std::byte> value;
  bool operator==(const Known&) const = default;
};

std::vector<Known> attributes_of(const stun::Message& message) {
  std::vector<Known> known;
  stun::AttributeReader reader{message};
  while (const auto attribute = reader.next()) {
    require(attribute->offset + 4 + attribute->value.size() <= message.bytes.size());
    known.push_back({attribute->type, {attribute->value.begin(), attribute->value.end()}});
  }
  return known;
}

void message(std::span<const std::byte> datagram) {
  (void)stun::kind_of(datagram);
  const auto ufrag = stun::local_ufrag(datagram);
  const auto parsed = stun::parse(datagram);
  require(!ufrag || parsed);
  if (!parsed) return;
  const auto contents = stun::read(*parsed);
  require(contents.unknown_count <= stun::Contents::max_unknown);
  require(!stun::verify_integrity(*parsed, "a password that the fuzzer does not know"));
  require(!stun::verify_fingerprint(*parsed) || contents.has_fingerprint);

  if (datagram.size() > 900) return;  // the builder's own bound is 1,024
  stun::Builder builder{parsed->message_class, parsed->transaction_id, parsed->method};
  auto expected = attributes_of(*parsed);
  for (const auto& each : expected) builder.attribute(each.type, each.value);
  const auto bytes = builder.finish();
  const auto again = stun::parse(bytes);
  require(again && again->message_class == parsed->message_class && again->method == parsed->method);
  auto found = attributes_of(*again);
  if (!contents.has_fingerprint) {
    require(stun::verify_fingerprint(*again));
    found.pop_back();
  }
  require(found == expected);
}

void stream(std::span<const std::byte> bytes) {
  const std::size_t step = bytes.empty() ? 1 : std::to_integer<std::size_t>(bytes[0]) + 1;
  stun::FrameSplitter splitter{512};
  std::size_t out = 0;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    splitter.receive(bytes.subspan(at, std::min(step, bytes.size() - at)));
    while (const auto datagram = splitter.poll()) {
      require(!datagram->empty() && datagram->size() <= 512);
      out += 2 + datagram->size();
    }
  }
  require(out <= bytes.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span{data, size});
  message(bytes);
  stream(bytes);
  return 0;
}
