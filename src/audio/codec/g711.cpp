#include "audio/codec/g711.hpp"

#include "base/assert.hpp"

namespace parley::audio::g711 {
namespace {

constexpr auto table_of(std::int16_t (*from)(std::uint8_t)) {
  std::array<std::int16_t, 256> table{};
  for (std::size_t code = 0; code < table.size(); ++code) table[code] = from(static_cast<std::uint8_t>(code));
  return table;
}

constexpr auto mulaw_table = table_of(from_mulaw);
constexpr auto alaw_table = table_of(from_alaw);

}  // namespace

void decode(Law law, std::span<const std::byte> payload, std::span<std::int16_t> out) {
  PARLEY_ASSERT(payload.size() == out.size());
  const auto& table = law == Law::mu ? mulaw_table : alaw_table;
  for (std::size_t i = 0; i < payload.size(); ++i) out[i] = table[std::to_integer<std::size_t>(payload[i])];
}

void encode(Law law, std::span<const std::int16_t> pcm, std::span<std::byte> out) {
  PARLEY_ASSERT(pcm.size() == out.size());
  if (law == Law::mu)
    for (std::size_t i = 0; i < pcm.size(); ++i) out[i] = std::byte{mulaw_from(pcm[i])};
  else
    for (std::size_t i = 0; i < pcm.size(); ++i) out[i] = std::byte{alaw_from(pcm[i])};
}

}  // namespace parley::audio::g711
