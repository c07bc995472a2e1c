#include "protocol/ice/candidate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/ice/credentials.hpp"

namespace parley::ice {
namespace {

CandidateError error_of(std::string_view value) {
  const auto candidate = Candidate::parse(value);
  EXPECT_FALSE(candidate) << value;
  return candidate ? CandidateError{} : candidate.error();
}

TEST(IceCandidate, ReadsWhatBrowsersSend) {
  const auto chromium = Candidate::parse(
      "candidate:842163049 1 udp 1677729535 203.0.113.5 46154 typ srflx raddr 192.168.1.2 rport 46154 generation 0 "
      "ufrag EEtu network-id 3 network-cost 10");
  const auto firefox = Candidate::parse("candidate:0 1 UDP 2122252543 192.168.1.2 51234 typ host");
  const auto tcp = Candidate::parse("candidate:2 1 TCP 2105524479 2001:db8::2 9 typ host tcptype active");

  ASSERT_TRUE(chromium && firefox && tcp);
  EXPECT_EQ(chromium->type, CandidateType::server_reflexive);
  EXPECT_EQ(chromium->address.to_string(), "203.0.113.5:46154");
  EXPECT_EQ(chromium->related->to_string(), "192.168.1.2:46154");
  EXPECT_EQ(chromium->ufrag, "EEtu");
  EXPECT_EQ(firefox->priority, 2122252543u);
  EXPECT_EQ(firefox->transport, Transport::udp);
  EXPECT_EQ(tcp->transport, Transport::tcp);
  EXPECT_EQ(tcp->tcp_type, TcpType::active);
  EXPECT_TRUE(tcp->address.address.is_v6());
}

TEST(IceCandidate, TellsWhatToIgnoreFromWhatIsBroken) {
  EXPECT_EQ(error_of("1 1 udp 1 d5a4b1c0-1f7e.local 9 typ host"), CandidateError::host_name);
  EXPECT_EQ(error_of("1 1 sctp 1 192.0.2.1 9 typ host"), CandidateError::not_understood);
  EXPECT_EQ(error_of("1 1 udp 1 192.0.2.1 9 typ teleport"), CandidateError::not_understood);
  EXPECT_EQ(error_of("1 1 tcp 1 192.0.2.1 9 typ host tcptype sideways"), CandidateError::not_understood);
  for (const auto* const broken :
       {"", "1", "1 1 udp 1 192.0.2.1 9", "1 0 udp 1 192.0.2.1 9 typ host", "1 257 udp 1 192.0.2.1 9 typ host",
        "1 1 udp 0 192.0.2.1 9 typ host", "1 1 udp 4294967296 192.0.2.1 9 typ host",
        "1 1 udp 1 192.0.2.1 65536 typ host", "1 1 udp 1 192.0.2.1 9 type host", "1 1 udp 1 192.0.2.1 9 typ",
        "1 1 tcp 1 192.0.2.1 9 typ host", "1 1 udp 1 192.0.2.1 9 typ host tcptype active",
        "123456789012345678901234567890123 1 udp 1 192.0.2.1 9 typ host"})
    EXPECT_EQ(error_of(broken), CandidateError::malformed) << broken;
}

TEST(IceCandidate, WritesWhatItReads) {
  for (const auto* const text :
       {"1 1 udp 2130706431 192.0.2.1 8189 typ host", "2 1 tcp 1518149375 2001:db8::1 8189 typ host tcptype passive",
        "x+/1 2 udp 7 192.0.2.9 1 typ relay raddr 192.0.2.1 rport 4 ufrag abcd"})
    EXPECT_EQ(Candidate::parse(text)->to_string(), text);
}

TEST(IceCandidate, PrioritiesAreThoseOfTheRfc) {
  EXPECT_EQ(candidate_priority(CandidateType::host, Transport::udp, 65'535), 2130706431u);
  EXPECT_EQ(candidate_priority(CandidateType::server_reflexive, Transport::udp, 65'535), 1694498815u);
  EXPECT_EQ(pair_priority(2, 1), (std::uint64_t{1} << 32) + 5);
  EXPECT_EQ(pair_priority(1, 2), (std::uint64_t{1} << 32) + 4);
  EXPECT_LT(candidate_priority(CandidateType::host, Transport::tcp, 65'535),
            candidate_priority(CandidateType::server_reflexive, Transport::udp, 0));
}

TEST(IceCandidate, HostCandidatesPreferUdpAndTheFirstAddress) {
  const std::array addresses{*IpAddress::parse("192.0.2.1"), *IpAddress::parse("2001:db8::1")};

  const auto candidates = host_candidates(addresses, 8189, true);

  ASSERT_EQ(candidates.size(), 4u);
  EXPECT_EQ(candidates[0].to_string(), "1 1 udp 2130706431 192.0.2.1 8189 typ host");
  EXPECT_EQ(candidates[1].tcp_type, TcpType::passive);
  EXPECT_GT(candidates[0].priority, candidates[2].priority);
  EXPECT_GT(candidates[2].priority, candidates[1].priority);
  EXPECT_GT(candidates[1].priority, candidates[3].priority);
  for (const auto& candidate : candidates) EXPECT_EQ(*Candidate::parse(candidate.to_string()), candidate);
}

TEST(IceCredentials, CarryTheWorkerThatMadeThem) {
  auto random = Random::seeded(1);

  for (const int worker : {0, 1, 9, 16, 255}) {
    const auto credentials = Credentials::make(worker, random);
    EXPECT_EQ(worker_of(credentials.ufrag), worker);
    EXPECT_TRUE(credentials.acceptable());
    EXPECT_GE(credentials.pwd.size(), 22u);
  }
  EXPECT_NE(Credentials::make(0, random), Credentials::make(0, random));
}

TEST(IceCredentials, OtherUfragsCarryNone) {
  for (const auto* const ufrag :
       {"", "w", "EEtu", "w0gabcdefghi", "x00abcdefghi", "w00abc", "w00abcdefghij", "W00abcdefghi"})
    EXPECT_EQ(worker_of(ufrag), std::nullopt) << ufrag;
}

TEST(IceCredentials, LimitsAreThoseOfTheRfcAndPaddedBase64IsTaken) {
  const std::string pwd(22, 'p');

  EXPECT_TRUE((Credentials{"abcd", pwd}.acceptable()));
  EXPECT_TRUE((Credentials{"a/b+", "CjNZCZvqIBtopQuJ/08/Bg=="}.acceptable()));
  EXPECT_FALSE((Credentials{"abc", pwd}.acceptable()));
  EXPECT_FALSE((Credentials{"abcd", std::string(21, 'p')}.acceptable()));
  EXPECT_FALSE((Credentials{std::string(257, 'u'), pwd}.acceptable()));
  EXPECT_FALSE((Credentials{"ab:d", pwd}.acceptable()));
  EXPECT_FALSE((Credentials{"ab d", pwd}.acceptable()));
}

}  // namespace
}  // namespace parley::ice
