#include "protocol/rtp/transport_cc.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/assert.hpp"

namespace parley::rtp {
namespace {

enum Symbol : std::uint8_t { lost = 0, small_delta = 1, large_delta = 2, reserved = 3 };
using Tick = std::chrono::duration<std::int64_t, std::ratio<1, 4000>>;  // 250 µs
constexpr std::int64_t ticks_in_reference = 256;                        // 64 ms

constexpr std::uint16_t vector_bit = 0x8000, two_bit = 0x4000;
constexpr std::size_t one_bit_symbols = 14, two_bit_symbols = 7;

std::size_t delta_size(std::uint8_t symbol) { return symbol; }

/// One status chunk for the front of `symbols`, and how many of them it tells. Runs of one symbol
/// cost the same two bytes as a vector, so a run is used where it tells more.
std::pair<std::uint16_t, std::size_t> chunk_for(std::span<const std::uint8_t> symbols) {
  const auto run_end = std::ranges::find_if(symbols, [&](auto symbol) { return symbol != symbols[0]; });
  const auto run = static_cast<std::size_t>(run_end - symbols.begin());
  const auto first = symbols.first(std::min(one_bit_symbols, symbols.size()));
  const bool one_bit = std::ranges::none_of(first, [](auto symbol) { return symbol == large_delta; });
  const auto capacity = one_bit ? one_bit_symbols : two_bit_symbols;
  const auto told = std::min(capacity, symbols.size());
  if (run >= told) return {static_cast<std::uint16_t>(std::size_t{symbols[0]} << 13 | run), run};

  unsigned chunk = 0;
  for (std::size_t i = 0; i < capacity; ++i) chunk = chunk << (one_bit ? 1 : 2) | (i < told ? symbols[i] : 0u);
  return {static_cast<std::uint16_t>(chunk | vector_bit | (one_bit ? 0 : two_bit)), told};
}

}  // namespace

struct TransportFeedback::Statuses {
  std::int64_t base = 0;
  std::int64_t reference = 0;  // units of 64 ms
  std::size_t count = 0;
  std::array<std::uint8_t, window> symbols;
  std::array<std::byte, 2 * window> deltas;
  std::size_t deltas_size = 0;
};

TransportFeedback::TransportFeedback(Config config, TimePoint now) : config_{std::move(config)}, start_{now} {
  arrivals_.fill(absent);
}

void TransportFeedback::receive(std::uint16_t sequence, std::uint32_t media_ssrc, TimePoint arrival) {
  constexpr auto size = static_cast<std::int64_t>(window);
  if (!started_) {
    started_ = true;
    next_ = highest_ = 0x10000 + sequence;  // so far from zero that nothing remembered is below it
  }
  const auto unwrapped =
      highest_ + distance(SequenceNumber{static_cast<std::uint16_t>(highest_)}, SequenceNumber{sequence});
  if (unwrapped <= highest_ - size) return;  // forgotten long ago
  if (unwrapped > highest_) {
    for (auto gap = std::max(highest_ + 1, unwrapped - size + 1); gap <= unwrapped; ++gap) slot(gap) = absent;
    highest_ = unwrapped;
    next_ = std::max(next_, highest_ - size + 1);
  } else if (slot(unwrapped) != absent) {
    return;  // a duplicate: the first one counts
  }
  slot(unwrapped) = std::max<Ticks>(std::chrono::duration_cast<Tick>(arrival - start_).count(), 0);
  next_ = std::min(next_, unwrapped);
  media_ssrc_ = media_ssrc;
  if (report_at_ == TimePoint::max() && !due_) report_at_ = arrival + interval;
}

void TransportFeedback::advance(TimePoint now) {
  if (now < report_at_) return;
  report_at_ = TimePoint::max();
  due_ = true;
}

/// From next_ up to the latest, or up to a pause too long for a delta: the rest goes into another packet.
TransportFeedback::Statuses TransportFeedback::take_statuses() {
  Statuses taken;
  taken.base = next_;
  ByteWriter deltas{taken.deltas};
  std::optional<Ticks> last;
  for (; next_ <= highest_; ++next_) {
    const auto arrival = slot(next_);
    auto& symbol = taken.symbols[taken.count];
    if (arrival == absent) {
      symbol = lost;
    } else {
      if (!last) {
        taken.reference = arrival / ticks_in_reference;
        last = taken.reference * ticks_in_reference;
      }
      const auto delta = arrival - *last;
      if (delta < std::numeric_limits<std::int16_t>::min() || delta > std::numeric_limits<std::int16_t>::max()) break;
      last = arrival;
      symbol = delta >= 0 && delta <= 255 ? small_delta : large_delta;
      if (symbol == small_delta) deltas.u8(static_cast<std::uint8_t>(delta));
      else deltas.u16(static_cast<std::uint16_t>(delta));
    }
    ++taken.count;
  }
  taken.deltas_size = deltas.size();
  return taken;
}

//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |      base sequence number     |      packet status count      |
// |             reference time, 64 ms             | fb pkt. count |
// |          packet chunk         |         packet chunk …        |
// |  recv delta   |  recv delta   …               | zero padding  |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
std::optional<std::span<const std::byte>> TransportFeedback::poll(std::uint32_t sender_ssrc) {
  if (!due_) return std::nullopt;
  const auto statuses = take_statuses();
  due_ = next_ <= highest_;

  // At most 8 bytes, two a symbol for chunks, two a symbol for deltas: it fits whatever arrived.
  std::array<std::byte, 8 + 4 * window> information;
  ByteWriter out{information};
  out.u16(static_cast<std::uint16_t>(statuses.base));
  out.u16(static_cast<std::uint16_t>(statuses.count));
  out.u24(static_cast<std::uint32_t>(statuses.reference) & 0xFFFFFF);
  out.u8(count_++);
  std::span<const std::uint8_t> symbols{statuses.symbols.data(), statuses.count};
  while (!symbols.empty()) {
    const auto [chunk, told] = chunk_for(symbols);
    out.u16(chunk);
    symbols = symbols.subspan(told);
  }
  out.put(std::span{statuses.deltas}.first(statuses.deltas_size));
  while (out.size() % 4 != 0) out.u8(0);

  CompoundWriter writer{buffer_};
  if (config_.reduced_size == ReducedSize::no) {
    writer.receiver_report(sender_ssrc, {});
    writer.source_description(sender_ssrc, config_.cname);
  }
  writer.feedback({.layer = Feedback::Layer::transport,
                   .format = format_transport_cc,
                   .sender_ssrc = sender_ssrc,
                   .media_ssrc = media_ssrc_,
                   .control_information = out.written()});
  PARLEY_ASSERT(!writer.written().empty());
  return writer.written();
}

auto TransportFeedbackReader::parse(std::span<const std::byte> control_information)
    -> Result<TransportFeedbackReader, Error> {
  ByteReader in{control_information};
  TransportFeedbackReader reader;
  reader.base_ = in.u16();
  reader.count_ = in.u16();
  reader.reference_ = std::chrono::milliseconds{64} * (static_cast<std::int32_t>(in.u24() << 8) >> 8);
  reader.feedback_count_ = in.u8();
  if (in.failed()) return std::unexpected(Error::truncated);

  const auto after_head = in.rest();
  std::size_t chunks = 0, deltas = 0;
  for (std::size_t told = 0; told < reader.count_; ++chunks) {
    const auto chunk = in.u16();
    if (in.failed()) return std::unexpected(Error::truncated);
    const auto left = reader.count_ - told;
    if ((chunk & vector_bit) == 0) {
      const auto symbol = static_cast<std::uint8_t>(chunk >> 13 & 3);
      const auto run = std::min<std::size_t>(chunk & 0x1FFF, left);
      if (symbol == reserved) return std::unexpected(Error::bad_status);
      deltas += run * delta_size(symbol);
      told += run;
      continue;
    }
    const bool one_bit = (chunk & two_bit) == 0;
    const auto capacity = one_bit ? one_bit_symbols : two_bit_symbols;
    for (std::size_t i = 0; i < std::min(capacity, left); ++i) {
      const auto symbol = static_cast<std::uint8_t>(one_bit ? chunk >> (13 - i) & 1 : chunk >> (12 - 2 * i) & 3);
      if (symbol == reserved) return std::unexpected(Error::bad_status);
      deltas += delta_size(symbol);
    }
    told += std::min(capacity, left);
  }
  if (in.rest().size() < deltas) return std::unexpected(Error::truncated);
  reader.chunks_ = ByteReader{after_head.first(2 * chunks)};
  reader.deltas_ = ByteReader{in.rest().first(deltas)};
  return reader;
}

std::optional<TransportFeedbackReader::Status> TransportFeedbackReader::next() {
  if (seen_ == count_) return std::nullopt;
  Status status;
  status.sequence = static_cast<std::uint16_t>(base_ + seen_++);
  const auto symbol = next_symbol();
  if (symbol == lost) return status;
  const auto delta = symbol == small_delta ? std::int64_t{deltas_.u8()} : static_cast<std::int16_t>(deltas_.u16());
  arrival_ += std::chrono::duration_cast<std::chrono::microseconds>(Tick{delta});
  status.arrival = arrival_;
  return status;
}

std::uint8_t TransportFeedbackReader::next_symbol() {
  while (left_in_chunk_ == 0) {
    chunk_ = chunks_.u16();
    PARLEY_ASSERT(!chunks_.failed());  // parse() has counted them
    left_in_chunk_ = (chunk_ & vector_bit) == 0 ? chunk_ & 0x1FFFu
                     : (chunk_ & two_bit) == 0  ? static_cast<unsigned>(one_bit_symbols)
                                                : static_cast<unsigned>(two_bit_symbols);
  }
  --left_in_chunk_;
  if ((chunk_ & vector_bit) == 0) return static_cast<std::uint8_t>(chunk_ >> 13 & 3);
  if ((chunk_ & two_bit) == 0) return static_cast<std::uint8_t>(chunk_ >> left_in_chunk_ & 1);
  return static_cast<std::uint8_t>(chunk_ >> (2 * left_in_chunk_) & 3);
}

}  // namespace parley::rtp
