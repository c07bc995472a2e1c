#include "protocol/rtp/transport_cc.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "base/random.hpp"

namespace parley::rtp {
namespace {

using testing::ElementsAre;
using Arrivals = std::map<std::uint16_t, std::optional<std::chrono::microseconds>>;

constexpr TimePoint start{};

template <class... Values>
std::vector<std::byte> bytes(Values... values) {
  return {static_cast<std::byte>(values)...};
}

/// The control information of a report, which has to be a whole RTCP packet.
std::vector<std::byte> information_of(std::span<const std::byte> report) {
  auto compound = Compound::parse(report);
  EXPECT_TRUE(compound);
  while (const auto packet = compound->next())
    if (const auto* feedback = std::get_if<Feedback>(&*packet)) {
      EXPECT_EQ(feedback->layer, Feedback::Layer::transport);
      EXPECT_EQ(feedback->format, format_transport_cc);
      EXPECT_EQ(feedback->sender_ssrc, 1u);
      EXPECT_EQ(feedback->media_ssrc, 2u);
      return {feedback->control_information.begin(), feedback->control_information.end()};
    }
  ADD_FAILURE() << "no feedback in the report";
  return {};
}

/// What a report says: each packet with its arrival since the reference time of zero.
Arrivals read(std::span<const std::byte> information) {
  auto reader = TransportFeedbackReader::parse(information);
  EXPECT_TRUE(reader);
  Arrivals arrivals;
  while (const auto status = reader->next())
    arrivals[status->sequence] =
        status->arrival ? std::optional{*status->arrival + reader->reference_time()} : std::nullopt;
  EXPECT_EQ(arrivals.size(), reader->status_count());
  return arrivals;
}

struct Recorder {
  void receive(unsigned sequence, Duration at) {
    feedback.receive(static_cast<std::uint16_t>(sequence), 2, start + at);
  }
  std::vector<std::vector<std::byte>> reports(Duration at) {
    feedback.advance(start + at);
    std::vector<std::vector<std::byte>> all;
    while (const auto report = feedback.poll(1)) all.push_back(information_of(*report));
    return all;
  }
  TransportFeedback feedback{{.cname = "a"}, start};
};

TEST(TransportFeedback, WritesTheBytesOfTheDraft) {
  Recorder recorder;
  recorder.receive(10, 129ms);
  recorder.receive(11, 130ms);
  recorder.receive(13, 230ms);

  const auto reports = recorder.reports(300ms);

  ASSERT_EQ(reports.size(), 1u);
  // Base 10, four packets, reference 2 × 64 ms, feedback 0; a vector of two-bit symbols {1 1 0 2}; deltas of 4, 4 and
  // 400 ticks of 250 µs; one byte of padding to the word would be needed for none: 8 + 2 + 4 bytes, then two zeros.
  EXPECT_EQ(reports[0], bytes(0, 10, 0, 4, 0, 0, 2, 0, 0xD4, 0x80, 4, 4, 0x01, 0x90, 0, 0));
}

TEST(TransportFeedback, IsSentEvery100MsWhilePacketsArrive) {
  Recorder recorder;
  EXPECT_EQ(recorder.feedback.deadline(), TimePoint::max());

  recorder.receive(1, 20ms);
  EXPECT_EQ(recorder.feedback.deadline(), start + 120ms);
  EXPECT_TRUE(recorder.reports(119ms).empty());
  EXPECT_EQ(recorder.reports(120ms).size(), 1u);
  EXPECT_EQ(recorder.feedback.deadline(), TimePoint::max());

  recorder.receive(1, 130ms);  // a duplicate is no news
  EXPECT_EQ(recorder.feedback.deadline(), TimePoint::max());
}

TEST(TransportFeedback, SaysWhatIsLostAndGoesOnWhereItStopped) {
  Recorder recorder;
  for (const unsigned sequence : {65533u, 65534u, 0u, 1u}) recorder.receive(sequence, 10ms);
  const auto first = recorder.reports(200ms);
  recorder.receive(4, 250ms);
  const auto second = recorder.reports(400ms);

  ASSERT_EQ(first.size(), 1u);
  ASSERT_EQ(second.size(), 1u);
  EXPECT_EQ(read(first[0]), (Arrivals{{65533, 10ms}, {65534, 10ms}, {65535, std::nullopt}, {0, 10ms}, {1, 10ms}}));
  EXPECT_EQ(read(second[0]), (Arrivals{{2, std::nullopt}, {3, std::nullopt}, {4, 250ms}}));
  EXPECT_EQ(TransportFeedbackReader::parse(second[0])->feedback_count(), 1);
}

TEST(TransportFeedback, TellsOfALatePacketOnceMore) {
  Recorder recorder;
  recorder.receive(1, 10ms);
  recorder.receive(3, 11ms);
  ASSERT_EQ(recorder.reports(200ms).size(), 1u);

  recorder.receive(2, 210ms);
  const auto reports = recorder.reports(400ms);

  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(read(reports[0]), (Arrivals{{2, 210ms}, {3, 11ms}}));
}

TEST(TransportFeedback, ReportsAPacketOlderThanTheFirst) {
  Recorder recorder;
  recorder.receive(0, 10ms);
  recorder.receive(65535, 12ms);

  const auto reports = recorder.reports(200ms);

  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(read(reports[0]), (Arrivals{{65535, 12ms}, {0, 10ms}}));
}

TEST(TransportFeedback, SplitsAtAPauseTooLongForADelta) {
  Recorder recorder;
  recorder.receive(1, 0s);
  recorder.receive(2, 9s);

  const auto reports = recorder.reports(10s);

  ASSERT_EQ(reports.size(), 2u);
  EXPECT_EQ(read(reports[0]), (Arrivals{{1, 0ms}}));
  EXPECT_EQ(read(reports[1]), (Arrivals{{2, 9s}}));
}

TEST(TransportFeedback, ForgetsAllButTheLatestAfterAJump) {
  Recorder recorder;
  recorder.receive(0, 0ms);
  recorder.receive(20'000, 10ms);
  recorder.receive(0, 11ms);  // too old now

  const auto reports = recorder.reports(200ms);

  ASSERT_EQ(reports.size(), 1u);
  const auto arrivals = read(reports[0]);
  EXPECT_EQ(arrivals.size(), TransportFeedback::window);
  EXPECT_EQ(arrivals.at(20'000), 10ms);
}

TEST(TransportFeedback, StandsAloneWhereReducedSizeWasAgreed) {
  TransportFeedback feedback{{.cname = "a", .reduced_size = ReducedSize::yes}, start};
  feedback.receive(1, 2, start);
  feedback.advance(start + 100ms);

  const auto report = feedback.poll(1);

  ASSERT_TRUE(report);
  EXPECT_FALSE(Compound::parse(*report));
  EXPECT_TRUE(Compound::parse(*report, ReducedSize::yes));
}

TEST(TransportFeedback, KeepsTheClockWhenTheReferenceTimeWraps) {
  Recorder recorder;
  const auto late = 64ms * (1 << 24) + 128ms;  // 12.4 days
  recorder.receive(1, late);

  const auto reports = recorder.reports(late + 100ms);

  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(read(reports[0]), (Arrivals{{1, 128ms}}));
}

TEST(TransportFeedback, SurvivesAnyPatternOfLossReorderingAndDelay) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    auto random = Random::seeded(seed);
    Recorder recorder;
    std::map<std::uint16_t, std::chrono::milliseconds> truth;
    Arrivals told;
    auto sequence = static_cast<std::uint16_t>(random.u16());
    const double loss = random.unit() * 0.6;
    for (int i = 0; i < 2000; ++i, ++sequence) {
      const auto sent = std::chrono::milliseconds{5 * i};
      if (random.unit() >= loss) {
        const auto arrival = sent + std::chrono::milliseconds{random.below(random.unit() < 0.05 ? 400 : 4)};
        if (truth.emplace(sequence, arrival).second) recorder.receive(sequence, arrival);
      }
      for (const auto& report : recorder.reports(sent))
        for (const auto& [number, at] : read(report)) {
          if (at) told[number] = at;
          else told.try_emplace(number, std::nullopt);
        }
    }

    for (const auto& [number, at] : told) {
      ASSERT_EQ(at.has_value(), truth.contains(number)) << "seed " << seed << ", packet " << number;
      ASSERT_EQ(at.value_or(0us), truth[number]) << "seed " << seed << ", packet " << number;
    }
    EXPECT_GE(told.size(), 1900u);
  }
}

TEST(TransportFeedbackReader, ReadsRunsAndVectorsOfBothKinds) {
  // A run of 3 small deltas; 14 one-bit symbols 1 0 1 …; 7 two-bit symbols 2 0 1 0 0 0 0 of which one is left over.
  const auto information =
      bytes(0, 1, 0, 23, 0xFF, 0xFF, 0xFF, 9, 0x20, 3, 0xA8, 0, 0xE1, 0, 1, 2, 3, 4, 5, 0xFF, 0xFC, 8);

  auto reader = TransportFeedbackReader::parse(information);

  ASSERT_TRUE(reader);
  EXPECT_EQ(reader->reference_time(), -64ms);
  EXPECT_EQ(reader->feedback_count(), 9);
  std::vector<std::int64_t> arrivals;
  while (const auto status = reader->next()) arrivals.push_back(status->arrival ? status->arrival->count() : -1);
  ASSERT_EQ(arrivals.size(), 23u);
  EXPECT_THAT(std::vector(arrivals.begin(), arrivals.begin() + 6), ElementsAre(250, 750, 1500, 2500, -1, 3750));
  EXPECT_THAT(std::vector(arrivals.begin() + 17, arrivals.end()), ElementsAre(2750, -1, 4750, -1, -1, -1));
}

TEST(TransportFeedbackReader, RefusesWhatIsCutOrReserved) {
  const auto whole = bytes(0, 10, 0, 4, 0, 0, 2, 0, 0xD4, 0x80, 4, 4, 0x01, 0x90);
  ASSERT_TRUE(TransportFeedbackReader::parse(whole));

  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_EQ(TransportFeedbackReader::parse(std::span{whole}.first(size)).error(),
              TransportFeedbackReader::Error::truncated)
        << size;
  EXPECT_EQ(TransportFeedbackReader::parse(bytes(0, 1, 0, 1, 0, 0, 0, 0, 0x60, 1, 0, 0)).error(),
            TransportFeedbackReader::Error::bad_status);
  EXPECT_EQ(TransportFeedbackReader::parse(bytes(0, 1, 0, 1, 0, 0, 0, 0, 0xF0, 0, 0, 0)).error(),
            TransportFeedbackReader::Error::bad_status);
}

}  // namespace
}  // namespace parley::rtp
