// Transport feedback: a parsed report tells as many packets as it claims; and whatever packets arrive, the reports
// about them are whole, parse, and agree with what arrived. First the input is a report, then it is arrivals: two
// bytes of sequence number, two of time since the last one (signed, in 16 ms).
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>

#include "base/bytes.hpp"
#include "property.hpp"
#include "protocol/rtp/transport_cc.hpp"

namespace {

using namespace parley;
using parley::fuzz::require;

void read(std::span<const std::byte> information) {
  auto reader = rtp::TransportFeedbackReader::parse(information);
  if (!reader) return;
  std::size_t told = 0;
  while (const auto status = reader->next())
    require(status->sequence == static_cast<std::uint16_t>(reader->base_sequence() + told++));
  require(told == reader->status_count());
}

void record(std::span<const std::byte> bytes) {
  const TimePoint start{};
  rtp::TransportFeedback feedback{{.cname = "x"}, start};
  ByteReader in{bytes};
  TimePoint now = start;
  while (in.rest().size() >= 4) {
    const auto sequence = in.u16();
    now += std::chrono::milliseconds{16 * static_cast<std::int16_t>(in.u16())};
    feedback.receive(sequence, 1, now);
    feedback.advance(now);
    std::size_t reports = 0;
    while (const auto report = feedback.poll(2)) {
      require(++reports <= rtp::TransportFeedback::window);
      auto compound = rtp::Compound::parse(*report);
      require(compound.has_value());
      std::optional<rtp::Feedback> found;
      while (const auto packet = compound->next())
        if (const auto* one = std::get_if<rtp::Feedback>(&*packet)) found = *one;
      require(found.has_value());
      auto reader = rtp::TransportFeedbackReader::parse(found->control_information);
      require(reader.has_value() && reader->status_count() > 0 &&
              reader->status_count() <= rtp::TransportFeedback::window);
      std::optional<std::chrono::microseconds> last;
      while (const auto status = reader->next())
        if (status->arrival) last = status->arrival;
      require(last.has_value());
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span{data, size});
  read(bytes);
  record(bytes);
  return 0;
}
