// RTCP: taking a compound apart never fails once it has been parsed, and its reports survive being
// written and read again.
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/assert.hpp"
#include "protocol/rtp/rtcp.hpp"

namespace {

using namespace parley;
using namespace parley::rtp;

template <class Report>
void write_and_read(const Report& report) {
  std::vector<ReportBlock> blocks;
  for (std::size_t i = 0; i < report.blocks.size(); ++i) blocks.push_back(report.blocks[i]);
  std::array<std::byte, 1024> buffer;
  CompoundWriter writer{buffer};
  if constexpr (requires { report.info; }) writer.sender_report(report.ssrc, report.info, blocks);
  else writer.receiver_report(report.ssrc, blocks);
  auto again = Compound::parse(writer.written());
  PARLEY_ASSERT(again);
  const auto packet = again->next();
  PARLEY_ASSERT(packet && std::holds_alternative<Report>(*packet));
  const auto& read = std::get<Report>(*packet);
  PARLEY_ASSERT(read.ssrc == report.ssrc && read.blocks.size() == blocks.size());
  for (std::size_t i = 0; i < blocks.size(); ++i) PARLEY_ASSERT(read.blocks[i] == blocks[i]);
}

void take_apart(std::span<const std::byte> datagram, ReducedSize reduced) {
  auto compound = Compound::parse(datagram, reduced);
  if (!compound) return;
  std::size_t packets = 0;
  while (const auto packet = compound->next()) {
    ++packets;
    if (const auto* sender = std::get_if<SenderReport>(&*packet)) write_and_read(*sender);
    if (const auto* receiver = std::get_if<ReceiverReport>(&*packet)) write_and_read(*receiver);
    if (const auto* sdes = std::get_if<SourceDescription>(&*packet)) (void)sdes->cname(1);
    if (const auto* bye = std::get_if<Bye>(&*packet)) (void)bye->names(1);
  }
  PARLEY_ASSERT(packets >= 1 && packets <= datagram.size() / 4);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span{data, size});
  take_apart(bytes, ReducedSize::no);
  take_apart(bytes, ReducedSize::yes);
  return 0;
}
