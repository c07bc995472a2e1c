#include "protocol/rtp/rtcp.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace parley::rtp {
namespace {

enum : std::uint8_t {
  type_sr = 200,
  type_rr = 201,
  type_sdes = 202,
  type_bye = 203,
  type_rtpfb = 205,
  type_psfb = 206
};
constexpr std::uint8_t item_end = 0;
constexpr std::uint8_t item_cname = 1;
constexpr std::size_t sender_info_size = 20;

//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |V=2|P|  count  |  packet type  |   length in words, minus one  |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
struct Raw {
  std::uint8_t version = 0;
  bool padded = false;
  std::uint8_t count = 0;
  std::uint8_t packet_type = 0;
  std::span<const std::byte> body;
};

/// The next packet with its padding taken off; nothing when it is not whole.
Result<Raw, RtcpError> take_packet(ByteReader& in) {
  const auto first = in.u8();
  Raw raw;
  raw.version = first >> 6;
  raw.padded = (first & 0x20) != 0;
  raw.count = first & 0x1F;
  raw.packet_type = in.u8();
  const auto words = in.u16();
  raw.body = in.take(words * 4u);
  if (in.failed()) return std::unexpected(RtcpError::bad_length);
  if (raw.padded) {
    const auto size = raw.body.empty() ? 0 : std::to_integer<std::size_t>(raw.body.back());
    if (size == 0 || size % 4 != 0 || size > raw.body.size()) return std::unexpected(RtcpError::bad_padding);
    raw.body = raw.body.first(raw.body.size() - size);
  }
  return raw;
}

struct Item {
  std::uint32_t ssrc;
  std::uint8_t type;
  std::string_view text;
};

/// Calls `visit(Item)` for every item; false when a chunk or item goes past the end. A chunk is an
/// SSRC, items of {type, length, text}, and one to four zero bytes up to the next word (§6.5).
template <class Visit>
bool walk_sdes(std::span<const std::byte> chunks, std::size_t count, Visit visit) {
  ByteReader in{chunks};
  for (std::size_t chunk = 0; chunk < count; ++chunk) {
    const auto ssrc = in.u32();
    for (;;) {
      const auto type = in.u8();
      if (in.failed()) return false;
      if (type == item_end) break;
      const auto text = as_text(in.take(in.u8()));
      if (in.failed()) return false;
      visit(Item{ssrc, type, text});
    }
    in.skip(in.rest().size() % 4);
  }
  return !in.failed();
}

bool body_fits(const Raw& raw) {
  const auto size = raw.body.size();
  switch (raw.packet_type) {
    case type_sr: return size >= 4 + sender_info_size + raw.count * ReportBlocks::wire_size;
    case type_rr: return size >= 4 + raw.count * ReportBlocks::wire_size;
    case type_sdes: return walk_sdes(raw.body, raw.count, [](const Item&) {});
    case type_bye: {
      const auto ssrcs = raw.count * 4u;
      if (size < ssrcs) return false;
      return size == ssrcs || std::to_integer<std::size_t>(raw.body[ssrcs]) < size - ssrcs;
    }
    case type_rtpfb:
    case type_psfb: return size >= 8;
    default: return true;
  }
}

RtcpPacket decode(const Raw& raw) {
  ByteReader in{raw.body};
  switch (raw.packet_type) {
    case type_sr: {
      SenderReport report;
      report.ssrc = in.u32();
      report.info.ntp.seconds = in.u32();
      report.info.ntp.fraction = in.u32();
      report.info.rtp_timestamp = in.u32();
      report.info.packets = in.u32();
      report.info.octets = in.u32();
      report.blocks = ReportBlocks{in.take(raw.count * ReportBlocks::wire_size)};
      return report;
    }
    case type_rr: {
      ReceiverReport report;
      report.ssrc = in.u32();
      report.blocks = ReportBlocks{in.take(raw.count * ReportBlocks::wire_size)};
      return report;
    }
    case type_sdes: return SourceDescription{raw.body, raw.count};
    case type_bye: {
      Bye bye;
      bye.ssrcs = in.take(raw.count * 4u);
      if (!in.empty()) bye.reason = as_text(in.take(in.u8()));
      return bye;
    }
    case type_rtpfb:
    case type_psfb: {
      Feedback feedback;
      feedback.layer = static_cast<Feedback::Layer>(raw.packet_type);
      feedback.format = raw.count;
      feedback.sender_ssrc = in.u32();
      feedback.media_ssrc = in.u32();
      feedback.control_information = in.rest();
      return feedback;
    }
    default: return Unknown{raw.packet_type, raw.count, raw.body};
  }
}

}  // namespace

NtpTime NtpTime::from(WallTime time) {
  constexpr std::uint64_t from_1900_to_1970 = 2'208'988'800;
  const auto since_1970 = std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
  const auto ns = static_cast<std::uint64_t>(std::max<std::int64_t>(since_1970, 0));
  return {static_cast<std::uint32_t>(ns / 1'000'000'000 + from_1900_to_1970),
          static_cast<std::uint32_t>((ns % 1'000'000'000 << 32) / 1'000'000'000)};
}

ReportBlock ReportBlocks::operator[](std::size_t index) const {
  PARLEY_ASSERT(index < size());
  ByteReader in{bytes_.subspan(index * wire_size, wire_size)};
  ReportBlock block;
  block.ssrc = in.u32();
  block.fraction_lost = in.u8();
  block.cumulative_lost = static_cast<std::int32_t>(in.u24() << 8) >> 8;
  block.extended_highest_sequence = in.u32();
  block.jitter = in.u32();
  block.last_sr = in.u32();
  block.delay_since_last_sr = in.u32();
  return block;
}

std::optional<ReportBlock> ReportBlocks::find(std::uint32_t ssrc) const {
  for (std::size_t i = 0; i < size(); ++i)
    if (const auto block = (*this)[i]; block.ssrc == ssrc) return block;
  return std::nullopt;
}

std::optional<std::string_view> SourceDescription::cname(std::uint32_t ssrc) const {
  std::optional<std::string_view> found;
  walk_sdes(chunks, count, [&](const Item& item) {
    if (item.ssrc == ssrc && item.type == item_cname && !found) found = item.text;
  });
  return found;
}

bool Bye::names(std::uint32_t ssrc) const {
  ByteReader in{ssrcs};
  while (!in.empty())
    if (in.u32() == ssrc) return true;
  return false;
}

std::optional<SequenceNumber> NackReader::next() {
  if (pending_ == 0) {
    sequence_ = SequenceNumber{in_.u16()};
    pending_ = std::uint32_t{in_.u16()} << 1 | 1;
    if (in_.failed()) {
      pending_ = 0;
      return std::nullopt;
    }
  }
  while ((pending_ & 1) == 0) {
    pending_ >>= 1;
    sequence_ = sequence_.next();
  }
  const auto missing = sequence_;
  pending_ >>= 1;
  sequence_ = sequence_.next();
  return missing;
}

Result<Compound, RtcpError> Compound::parse(std::span<const std::byte> datagram, ReducedSize reduced) {
  if (datagram.size() < 4) return std::unexpected(RtcpError::truncated);
  ByteReader in{datagram};
  for (bool first = true, last = false; !in.empty(); first = false) {
    if (last) return std::unexpected(RtcpError::bad_padding);
    if (std::to_integer<int>(in.rest()[0]) >> 6 != 2) return std::unexpected(RtcpError::bad_version);
    const auto raw = take_packet(in);
    if (!raw) return std::unexpected(raw.error());
    if (first && reduced == ReducedSize::no && raw->packet_type != type_sr && raw->packet_type != type_rr)
      return std::unexpected(RtcpError::bad_first);
    if (!body_fits(*raw)) return std::unexpected(RtcpError::bad_body);
    last = raw->padded;  // A.2 forbids it in the first of several, which is the same thing
  }
  return Compound{datagram};
}

std::optional<RtcpPacket> Compound::next() {
  if (in_.empty()) return std::nullopt;
  const auto raw = take_packet(in_);
  PARLEY_ASSERT(raw);  // parse() has walked all of it
  return decode(*raw);
}

void CompoundWriter::header(std::size_t count, std::uint8_t packet_type, std::size_t body_size) {
  PARLEY_ASSERT(count <= 31 && body_size % 4 == 0);
  out_.u8(static_cast<std::uint8_t>(2 << 6 | count));
  out_.u8(packet_type);
  out_.u16(static_cast<std::uint16_t>(body_size / 4));
}

void CompoundWriter::block(const ReportBlock& block) {
  out_.u32(block.ssrc);
  out_.u8(block.fraction_lost);
  out_.u24(static_cast<std::uint32_t>(block.cumulative_lost) & 0xFFFFFF);
  out_.u32(block.extended_highest_sequence);
  out_.u32(block.jitter);
  out_.u32(block.last_sr);
  out_.u32(block.delay_since_last_sr);
}

void CompoundWriter::sender_report(std::uint32_t ssrc, const SenderInfo& info, std::span<const ReportBlock> blocks) {
  header(blocks.size(), type_sr, 4 + sender_info_size + blocks.size() * ReportBlocks::wire_size);
  out_.u32(ssrc);
  out_.u32(info.ntp.seconds);
  out_.u32(info.ntp.fraction);
  out_.u32(info.rtp_timestamp);
  out_.u32(info.packets);
  out_.u32(info.octets);
  for (const auto& one : blocks) block(one);
}

void CompoundWriter::receiver_report(std::uint32_t ssrc, std::span<const ReportBlock> blocks) {
  header(blocks.size(), type_rr, 4 + blocks.size() * ReportBlocks::wire_size);
  out_.u32(ssrc);
  for (const auto& one : blocks) block(one);
}

void CompoundWriter::source_description(std::uint32_t ssrc, std::string_view cname) {
  cname = cname.substr(0, 255);
  const auto used = 4 + 2 + cname.size();
  const auto padding = 4 - used % 4;  // at least one zero: it ends the items
  header(1, type_sdes, used + padding);
  out_.u32(ssrc);
  out_.u8(item_cname);
  out_.u8(static_cast<std::uint8_t>(cname.size()));
  out_.put(as_bytes(cname));
  for (std::size_t i = 0; i < padding; ++i) out_.u8(0);
}

void CompoundWriter::bye(std::uint32_t ssrc, std::string_view reason) {
  reason = reason.substr(0, 255);
  const auto reason_size = reason.empty() ? 0 : (1 + reason.size() + 3) / 4 * 4;
  header(1, type_bye, 4 + reason_size);
  out_.u32(ssrc);
  if (reason.empty()) return;
  out_.u8(static_cast<std::uint8_t>(reason.size()));
  out_.put(as_bytes(reason));
  for (auto i = 1 + reason.size(); i < reason_size; ++i) out_.u8(0);
}

void CompoundWriter::feedback(const Feedback& feedback) {
  header(feedback.format, static_cast<std::uint8_t>(feedback.layer), 8 + feedback.control_information.size());
  out_.u32(feedback.sender_ssrc);
  out_.u32(feedback.media_ssrc);
  out_.put(feedback.control_information);
}

}  // namespace parley::rtp
