// RTP header extensions: what is read can be written and reads the same; what a writer makes is whole words.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "property.hpp"
#include "protocol/rtp/header_extension.hpp"

namespace {

using namespace parley;
using parley::fuzz::require;

struct Seen {
  std::uint8_t id;
  std::vector<std::byte> data;
  bool operator==(const Seen&) const = default;
};

std::vector<Seen> elements(const rtp::HeaderExtension& extension) {
  std::vector<Seen> all;
  rtp::ExtensionReader reader{extension};
  while (const auto element = reader.next()) all.push_back({element->id, {element->data.begin(), element->data.end()}});
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ByteReader in{std::as_bytes(std::span{data, size})};
  const auto profile = in.u16();
  const rtp::ExtensionIds ids{.mid = in.u8(), .audio_level = in.u8(), .transport_sequence = in.u8()};
  const auto rest = in.rest();
  const rtp::HeaderExtension extension{profile, rest.first(rest.size() / 4 * 4)};
  const auto seen = elements(extension);

  const auto meaning = rtp::read_extensions(extension, ids);
  require(!meaning.audio_level || meaning.audio_level->level <= 127);

  using Writer = rtp::ExtensionWriter;
  std::vector<std::byte> buffer(extension.data.size());
  Writer writer{buffer, profile == 0xBEDE ? Writer::Form::one_byte : Writer::Form::two_byte};
  for (const auto& element : seen) require(writer.add(element.id, element.data));
  const auto written = writer.result();
  require(written.has_value() == !seen.empty());
  if (written) require(written->data.size() % 4 == 0 && elements(*written) == seen);
  return 0;
}
