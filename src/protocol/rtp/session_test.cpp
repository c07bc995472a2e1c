#include "protocol/rtp/session.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace parley::rtp {
namespace {

using DropReason = Session::DropReason;

const TimePoint start{};
const Endpoint peer{IpAddress::v4(0xC0000201), 40000};
const Endpoint elsewhere{IpAddress::v4(0xC0000202), 50000};
constexpr std::array<std::byte, 160> silence{};

Session::Config config() { return {.cname = "x@parley", .wall_now = WallTime{std::chrono::seconds{1'700'000'000}}}; }

Session session_with(Session::Config config, std::uint64_t seed = 1) {
  Session session{std::move(config), Random::seeded(seed), start};
  session.negotiate({.rtp = peer, .payload_types = std::bitset<128>{}.set(0).set(101)});
  return session;
}

std::vector<std::byte> packet(std::uint32_t ssrc, std::uint16_t sequence, std::uint8_t payload_type = 0) {
  std::array<std::byte, 200> buffer;
  Packet packet;
  packet.payload_type = payload_type;
  packet.sequence = SequenceNumber{sequence};
  packet.timestamp = RtpTimestamp{sequence * 160u};
  packet.ssrc = ssrc;
  packet.payload = silence;
  const auto encoded = encode(packet, buffer);
  return {encoded->begin(), encoded->end()};
}

Packet sent(Session& session, TimePoint now) {
  static std::array<std::byte, 200> buffer;
  const auto encoded = session.encode({.payload_type = 0, .payload = silence, .ticks = 160}, now, buffer);
  return *parse(*encoded);
}

std::optional<DropReason> drop_of(const Session::Received& received) {
  const auto* dropped = std::get_if<Session::Dropped>(&received);
  return dropped ? std::optional{dropped->reason} : std::nullopt;
}

/// The compound packet that the session sends next, or nothing.
std::vector<std::byte> next_rtcp(Session& session) {
  const auto output = session.poll();
  if (!output) return {};
  const auto& datagram = std::get<Session::SendRtcp>(*output).datagram;
  return {datagram.begin(), datagram.end()};
}

template <class T>
std::optional<T> find(std::span<const std::byte> datagram) {
  auto compound = Compound::parse(datagram);
  if (!compound) return std::nullopt;
  while (const auto packet = compound->next())
    if (const auto* found = std::get_if<T>(&*packet)) return *found;
  return std::nullopt;
}

TEST(Session, CountsSequenceAndTimestampAndMarksTheTalkspurt) {
  auto session = session_with(config());

  const auto first = sent(session, start);
  const auto second = sent(session, start + 20ms);
  session.pause(320);
  const auto third = sent(session, start + 80ms);

  EXPECT_TRUE(first.marker);
  EXPECT_FALSE(second.marker);
  EXPECT_TRUE(third.marker);
  EXPECT_EQ(distance(first.sequence, third.sequence), 2);
  EXPECT_EQ(distance(first.timestamp, second.timestamp), 160);
  EXPECT_EQ(distance(second.timestamp, third.timestamp), 480);
  EXPECT_EQ(first.ssrc, session.ssrc());
}

TEST(Session, SendsAKeyInsideTheTimelineOfTheAudio) {
  auto session = session_with(config());
  const auto audio = sent(session, start);
  TelephoneEventSender keys{{}};
  keys.press(5, 40ms);
  std::array<std::byte, 200> buffer;

  std::vector<Packet> packets;
  for (int i = 0; i < 4; ++i) {
    const auto event = keys.next(session.timestamp());
    ASSERT_TRUE(event);
    packets.push_back(*parse(*session.encode(*event, 101, 160, buffer)));
  }
  const auto after = sent(session, start + 100ms);

  EXPECT_EQ(distance(audio.timestamp, packets[0].timestamp), 160);
  EXPECT_EQ(packets[3].timestamp, packets[0].timestamp);
  EXPECT_EQ(distance(audio.sequence, packets[3].sequence), 4);
  EXPECT_EQ(distance(audio.timestamp, after.timestamp), 5 * 160);
  EXPECT_TRUE(after.marker);
}

TEST(Session, DeliversMediaFromTheFirstPacketOn) {
  auto session = session_with(config());

  const auto received = session.receive(packet(7, 100), peer, start);

  const auto* media = std::get_if<Session::Media>(&received);
  ASSERT_TRUE(media);
  EXPECT_TRUE(media->new_source);
  EXPECT_TRUE(media->new_address);
  EXPECT_EQ(media->packet.payload.size(), 160u);
  EXPECT_EQ(session.remote_ssrc(), 7u);
}

TEST(Session, NamesWhyItDrops) {
  auto session = session_with(config());
  (void)session.receive(packet(7, 100), peer, start);
  const std::array<std::byte, 5> short_one{std::byte{0x80}};
  const std::array<std::byte, 20> stun{};
  auto padded = packet(7, 101);
  padded[0] = std::byte{0xA0};
  const std::array<std::byte, 8> bad_report{std::byte{0x81}, std::byte{201}, {}, std::byte{1}};

  EXPECT_EQ(drop_of(session.receive(short_one, peer, start)), DropReason::truncated);
  EXPECT_EQ(drop_of(session.receive(stun, peer, start)), DropReason::bad_version);
  EXPECT_EQ(drop_of(session.receive(padded, peer, start)), DropReason::bad_padding);
  EXPECT_EQ(drop_of(session.receive(packet(7, 101), elsewhere, start)), DropReason::wrong_source);
  EXPECT_EQ(drop_of(session.receive(packet(7, 101, 8), peer, start)), DropReason::unknown_payload_type);
  EXPECT_EQ(drop_of(session.receive(packet(8, 101), peer, start)), DropReason::unknown_ssrc);
  EXPECT_EQ(drop_of(session.receive(packet(7, 40'000), peer, start)), DropReason::bad_sequence);
  EXPECT_EQ(drop_of(session.receive(bad_report, peer, start)), DropReason::bad_rtcp);
  EXPECT_EQ(session.dropped(DropReason::wrong_source), 1u);
  EXPECT_EQ(session.source().rejected(), 1u);
}

TEST(Session, FollowsANewSsrcAfterTwoPacketsInSequence) {
  auto session = session_with(config());
  (void)session.receive(packet(7, 100), peer, start);

  EXPECT_EQ(drop_of(session.receive(packet(8, 5), peer, start + 20ms)), DropReason::unknown_ssrc);
  const auto received = session.receive(packet(8, 6), peer, start + 40ms);

  ASSERT_TRUE(std::holds_alternative<Session::Media>(received));
  EXPECT_TRUE(std::get<Session::Media>(received).new_source);
  EXPECT_EQ(session.remote_ssrc(), 8u);
}

TEST(Session, IsNotTornBetweenTwoSourcesThatSpeakAtOnce) {
  auto session = session_with(config());
  for (std::uint16_t n = 0; n < 100; ++n) {
    EXPECT_FALSE(drop_of(session.receive(packet(7, n), peer, start + n * 20ms)));
    EXPECT_EQ(drop_of(session.receive(packet(8, n), peer, start + n * 20ms)), DropReason::unknown_ssrc);
  }
  EXPECT_EQ(session.remote_ssrc(), 7u);
}

TEST(Session, TakesAnotherSsrcWhenThePeerHasChosenItsOwn) {
  auto session = session_with(config());
  (void)sent(session, start);
  const auto old = session.ssrc();

  EXPECT_EQ(drop_of(session.receive(packet(old, 1), peer, start)), DropReason::loop);

  EXPECT_NE(session.ssrc(), old);
  const auto bye = find<Bye>(next_rtcp(session));
  ASSERT_TRUE(bye);
  EXPECT_FALSE(drop_of(session.receive(packet(old, 2), peer, start)));
}

TEST(Session, TakesAnEchoForALoopAndKeepsItsSsrc) {
  auto session = session_with(config());
  (void)session.receive(packet(session.ssrc(), 1), peer, start);
  const auto chosen = session.ssrc();

  EXPECT_EQ(drop_of(session.receive(packet(chosen, 2), peer, start)), DropReason::loop);

  EXPECT_EQ(session.ssrc(), chosen);
  EXPECT_EQ(session.dropped(DropReason::loop), 2u);
}

TEST(Session, AcceptsAnEchoWhenToldTo) {
  auto with_echo = config();
  with_echo.accept_reflected = true;
  auto session = session_with(with_echo);

  EXPECT_FALSE(drop_of(session.receive(packet(session.ssrc(), 1), peer, start)));
}

TEST(Session, ReportsAboutEveryFiveSecondsAtRandom) {
  auto session = session_with(config());
  std::vector<Duration> gaps;
  TimePoint now = start, before = start;
  for (int i = 0; i < 200; ++i) {
    now = session.deadline();
    session.advance(now);
    EXPECT_FALSE(next_rtcp(session).empty());
    EXPECT_TRUE(next_rtcp(session).empty());
    gaps.push_back(now - before);
    before = now;
  }
  EXPECT_GE(gaps[0], 1250ms);
  EXPECT_LE(gaps[0], 3750ms);
  Duration total{};
  for (std::size_t i = 1; i < gaps.size(); ++i) {
    EXPECT_GE(gaps[i], 2500ms);
    EXPECT_LE(gaps[i], 7500ms);
    total += gaps[i];
  }
  EXPECT_NEAR(static_cast<double>(to_ms(total)) / 199, 5000, 300);
}

TEST(Session, SendsReportsToThePortAboveOrWhereTheyWereNegotiated) {
  auto plain = session_with(config());
  auto muxed_config = config();
  muxed_config.rtcp_mux = true;
  auto muxed = session_with(muxed_config);
  auto named = session_with(config());
  named.negotiate({.rtp = peer, .rtcp = elsewhere});

  const auto to = [](Session& session) {
    session.advance(session.deadline());
    return std::get<Session::SendRtcp>(*session.poll()).to;
  };

  EXPECT_EQ(to(plain), (Endpoint{peer.address, 40001}));
  EXPECT_EQ(to(muxed), peer);
  EXPECT_EQ(to(named), elsewhere);
}

TEST(Session, ReportsAsASenderOnlyWhileItSends) {
  auto session = session_with(config());
  for (int i = 0; i < 50; ++i) (void)sent(session, start + i * 20ms);

  session.advance(session.deadline());
  const auto while_sending = next_rtcp(session);
  session.advance(session.deadline());
  const auto while_silent = next_rtcp(session);

  const auto report = find<SenderReport>(while_sending);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->info.packets, 50u);
  EXPECT_EQ(report->info.octets, 8000u);
  EXPECT_EQ(find<SourceDescription>(while_sending)->cname(session.ssrc()), "x@parley");
  EXPECT_TRUE(find<ReceiverReport>(while_silent));
}

TEST(Session, MapsItsTimestampToTheWallClockInSenderReports) {
  auto session = session_with(config());
  const auto packet = sent(session, start);
  const auto now = session.deadline();

  session.advance(now);

  const auto datagram = next_rtcp(session);
  const auto report = find<SenderReport>(datagram);
  ASSERT_TRUE(report);
  const auto passed = std::chrono::duration<double>(now - start).count();
  EXPECT_EQ(report->info.ntp.seconds, 3'908'988'800u + static_cast<std::uint32_t>(passed));
  EXPECT_NEAR(report->info.rtp_timestamp - packet.timestamp.ticks(), passed * 8000, 2);
}

TEST(Session, MeasuresTheRoundTripAndThePeersViewOfUs) {
  auto a = session_with(config(), 1), b = session_with(config(), 2);
  const auto carry = [](Session& from, Session& to, TimePoint at) {
    const auto datagram = next_rtcp(from);
    ASSERT_FALSE(datagram.empty());
    const auto received = to.receive_rtcp(datagram, Endpoint{peer.address, 40001}, at);
    ASSERT_TRUE(std::holds_alternative<Session::Rtcp>(received));
  };
  std::array<std::byte, 200> buffer;
  for (int i = 0; i < 100; ++i) {
    const auto datagram = a.encode({.payload_type = 0, .payload = silence, .ticks = 160}, start + i * 20ms, buffer);
    if (i % 2 == 0) (void)b.receive(*datagram, peer, start + i * 20ms + 30ms);
  }

  // A's report takes 30 ms to B; B answers when its own is due, and that takes 40 ms back.
  const auto a_sends = a.deadline();
  a.advance(a_sends);
  carry(a, b, a_sends + 30ms);
  const auto b_sends = std::max(b.deadline(), a_sends + 1s);
  b.advance(b_sends);
  carry(b, a, b_sends + 40ms);

  ASSERT_TRUE(a.round_trip());
  EXPECT_NEAR(static_cast<double>(to_ms(*a.round_trip())), 70, 1);
  EXPECT_NEAR(a.quality().remote_loss, 0.5, 0.02);
  EXPECT_GT(b.quality().packets_received, 49u);
  EXPECT_LT(b.quality().mos, 3);
}

TEST(Session, SaysGoodbyeOnceAndNothingAfter) {
  auto session = session_with(config());
  (void)sent(session, start);

  session.end(start + 1s);
  session.end(start + 1s);

  const auto datagram = next_rtcp(session);
  const auto bye = find<Bye>(datagram);
  ASSERT_TRUE(bye);
  EXPECT_TRUE(bye->names(session.ssrc()));
  EXPECT_TRUE(next_rtcp(session).empty());
  EXPECT_EQ(session.deadline(), TimePoint::max());
}

TEST(Session, LeavesWithoutAWordWhenItNeverSpoke) {
  auto session = session_with(config());
  session.end(start + 1s);
  EXPECT_FALSE(session.poll());
}

TEST(Session, HearsGoodbyeAndThenBelievesTheNextSourceAtOnce) {
  auto session = session_with(config());
  (void)session.receive(packet(7, 1), peer, start);
  std::array<std::byte, 64> buffer;
  CompoundWriter writer{buffer};
  writer.receiver_report(7, {});
  writer.bye(7);

  const auto received = session.receive(writer.written(), peer, start);

  ASSERT_TRUE(std::holds_alternative<Session::Rtcp>(received));
  EXPECT_TRUE(std::get<Session::Rtcp>(received).bye);
  EXPECT_FALSE(drop_of(session.receive(packet(9, 1), peer, start)));
}

TEST(Session, DoesNotListenToAStrangersRtcp) {
  auto session = session_with(config());
  (void)session.receive(packet(7, 1), peer, start);
  std::array<std::byte, 64> buffer;
  CompoundWriter writer{buffer};
  writer.receiver_report(7, {});
  writer.bye(7);

  EXPECT_EQ(drop_of(session.receive(writer.written(), elsewhere, start)), DropReason::wrong_source);

  EXPECT_EQ(session.remote_ssrc(), 7u);
}

TEST(Session, LatchesRtcpOnlyOntoTheAddressOfTheMedia) {
  auto session = session_with(config());
  std::array<std::byte, 64> buffer;
  CompoundWriter writer{buffer};
  writer.receiver_report(7, {});

  EXPECT_EQ(drop_of(session.receive_rtcp(writer.written(), elsewhere, start)), DropReason::wrong_source);
  EXPECT_FALSE(drop_of(session.receive_rtcp(writer.written(), Endpoint{peer.address, 61'000}, start)));

  session.advance(session.deadline());
  EXPECT_EQ(std::get<Session::SendRtcp>(*session.poll()).to, (Endpoint{peer.address, 61'000}));
}

TEST(Session, SendsNoReportsWhenToldNotTo) {
  auto quiet = config();
  quiet.rtcp = false;
  auto session = session_with(quiet);
  (void)sent(session, start);

  EXPECT_EQ(session.deadline(), TimePoint::max());
  session.end(start + 1min);
  EXPECT_FALSE(session.poll());
}

TEST(Session, SendsTheExtensionItIsGiven) {
  Session session = session_with(config());
  std::array<std::byte, 200> buffer;
  const std::array data{std::byte{0x40}, std::byte{'0'}, std::byte{0}, std::byte{0}};
  const HeaderExtension mid{0xBEDE, data};

  const auto encoded =
      session.encode({.payload_type = 0, .payload = silence, .ticks = 160, .extension = mid}, start, buffer);

  ASSERT_TRUE(encoded);
  const auto read = parse(*encoded);
  ASSERT_TRUE(read && read->extension);
  EXPECT_EQ(ExtensionReader{*read->extension}.next()->id, 4);
  EXPECT_EQ(read->payload.size(), silence.size());
}

TEST(Session, CountsFeedbackAndDoesNothingForIt) {
  Session session = session_with(config());
  std::array<std::byte, 128> buffer;
  CompoundWriter writer{buffer};
  const std::array missing{std::byte{0}, std::byte{1}, std::byte{0}, std::byte{0}};
  writer.receiver_report(9, {});
  writer.feedback({.format = 1, .sender_ssrc = 9, .media_ssrc = session.ssrc(), .control_information = missing});
  writer.feedback({.format = 15, .sender_ssrc = 9, .media_ssrc = session.ssrc()});
  writer.feedback({.layer = Feedback::Layer::payload, .format = 1, .sender_ssrc = 9, .media_ssrc = session.ssrc()});

  const auto received = session.receive(writer.written(), peer, start);

  EXPECT_TRUE(std::holds_alternative<Session::Rtcp>(received));
  EXPECT_EQ(session.feedback_received().nack, 1u);
  EXPECT_EQ(session.feedback_received().transport_cc, 1u);
  EXPECT_EQ(session.feedback_received().other, 1u);
  EXPECT_FALSE(session.poll());
}

}  // namespace
}  // namespace parley::rtp
