#include "protocol/sip/digest.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::sip::digest {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

const TimePoint start{1h};

Message a_register() {
  return *parse(
      "REGISTER sip:example.com SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:2001@example.com>;tag=1\r\n"
      "To: <sip:2001@example.com>\r\nCall-ID: c\r\nCSeq: 1 REGISTER\r\n\r\n");
}

Server a_server(std::size_t max_nonces = 100) {
  return Server{{.realm = "parley", .secret = "secret", .max_nonces = max_nonces}};
}

std::optional<std::string> the_users(std::string_view user, Algorithm algorithm) {
  if (user != "2001") return std::nullopt;
  return ha1(algorithm, user, "parley", "right");
}

Client a_client(std::string password = "right") { return {{"2001", std::move(password)}, Random::seeded(1)}; }

Message unauthorized(const Message& request, const std::vector<std::string>& challenges) {
  auto response = make_response(request, 401, reason_phrase(401), "t");
  for (const auto& value : challenges) response.add("WWW-Authenticate", value);
  return response;
}

Verdict verdict(Server& server, const Message& request, TimePoint now) {
  return server.verify(request, Side::user_agent, the_users, now).verdict;
}

TEST(Digest, ComputesTheExamplesOfTheRfcs) {
  const auto mufasa = ha1(Algorithm::md5, "Mufasa", "testrealm@host.com", "Circle Of Life");
  EXPECT_EQ(response(Algorithm::md5, {.ha1 = mufasa,  // RFC 2617 §3.5
                                      .method = "GET",
                                      .uri = "/dir/index.html",
                                      .nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093",
                                      .qop = "auth",
                                      .nc = "00000001",
                                      .cnonce = "0a4f113b"}),
            "6629fae49393a05397450978507c4ef1");

  for (const auto& [algorithm, expected] :  // RFC 7616 §3.9.1
       {std::pair{Algorithm::md5, "8ca523f5e9506fed4657c9700eebdbec"},
        std::pair{Algorithm::sha256, "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"}})
    EXPECT_EQ(response(algorithm, {.ha1 = ha1(algorithm, "Mufasa", "http-auth@example.org", "Circle of Life"),
                                   .method = "GET",
                                   .uri = "/dir/index.html",
                                   .nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
                                   .qop = "auth",
                                   .nc = "00000001",
                                   .cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"}),
              expected);

  EXPECT_EQ(response(Algorithm::md5, {.ha1 = ha1(Algorithm::md5, "Mufasa", "testrealm@host.com", "CircleOfLife"),
                                      .method = "GET",  // RFC 2069 §2.4 with its erratum
                                      .uri = "/dir/index.html",
                                      .nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093"}),
            "1949323746fe6a43ef61f9606e7febea");
}

TEST(DigestHeader, ReadsAndRefuses) {
  const auto header = Header::parse("digest realm=\"a, \\\"b\\\"\" ,, nonce = \"n\", qop=auth");
  ASSERT_TRUE(header);
  EXPECT_TRUE(header->is_digest());
  EXPECT_EQ(header->params.value("realm"), "a, \"b\"");
  EXPECT_EQ(*Header::parse(header->to_string()), *header);

  for (const auto* text : {"", "Digest realm", "Digest a=1, A=2", "Digest a=\"b", "Digest a=\"b\"c", "Digest a=b c",
                           "Digest =b", "Digest a=\"b\rc\""})
    EXPECT_FALSE(Header::parse(text)) << text;
  EXPECT_FALSE(Header::parse("Bearer abc.def==")->is_digest());
}

TEST(DigestServer, OffersTheStrongestFirst) {
  auto server = a_server();

  const auto both = server.challenge(start);
  ASSERT_THAT(both, SizeIs(2));
  EXPECT_THAT(both[0], HasSubstr("algorithm=SHA-256, qop=\"auth\""));
  EXPECT_THAT(both[1], HasSubstr("algorithm=MD5"));
  EXPECT_THAT(server.challenge(start, {.stale = true, .md5_only = true}), ElementsAre(HasSubstr("stale=true")));
}

TEST(DigestServer, AcceptsTheRightPasswordOnceForEachCount) {
  for (const bool md5_only : {false, true}) {
    auto server = a_server();
    auto client = a_client();
    auto request = a_register();
    EXPECT_EQ(verdict(server, request, start), Verdict::no_credentials);
    ASSERT_TRUE(client.challenged(request, unauthorized(request, server.challenge(start, {.md5_only = md5_only}))));

    client.authorize(request);
    const auto outcome = server.verify(request, Side::user_agent, the_users, start);
    EXPECT_EQ(outcome.verdict, Verdict::ok);
    EXPECT_EQ(outcome.user, "2001");
    EXPECT_EQ(verdict(server, request, start), Verdict::stale) << "a replay";

    client.authorize(request);
    EXPECT_EQ(verdict(server, request, start), Verdict::ok);
    EXPECT_EQ(server.verify(request, Side::proxy, the_users, start).verdict, Verdict::no_credentials);
  }
}

TEST(DigestServer, TakesCountsOutOfOrderButNotTwice) {
  auto server = a_server();
  auto client = a_client();
  auto request = a_register();
  ASSERT_TRUE(client.challenged(request, unauthorized(request, server.challenge(start))));
  std::vector<Message> requests(3, request);
  for (auto& each : requests) client.authorize(each);

  EXPECT_EQ(verdict(server, requests[2], start), Verdict::ok);
  EXPECT_EQ(verdict(server, requests[0], start), Verdict::ok);
  EXPECT_EQ(verdict(server, requests[0], start), Verdict::stale);
  EXPECT_EQ(verdict(server, requests[1], start), Verdict::ok);
}

TEST(DigestServer, RefusesWrongPasswordsUsersAndMethods) {
  auto server = a_server();
  auto request = a_register();
  auto client = a_client("wrong");
  ASSERT_TRUE(client.challenged(request, unauthorized(request, server.challenge(start))));
  client.authorize(request);
  EXPECT_EQ(verdict(server, request, start), Verdict::wrong);
  EXPECT_FALSE(client.challenged(request, unauthorized(request, server.challenge(start)))) << "no endless loop";

  auto right = a_client();
  auto fresh = a_register();
  ASSERT_TRUE(right.challenged(fresh, unauthorized(fresh, server.challenge(start))));
  right.authorize(fresh);
  EXPECT_EQ(
      server.verify(fresh, Side::user_agent, [](auto, auto) { return std::nullopt; }, start).verdict, Verdict::wrong);
  fresh.method = "INVITE";
  EXPECT_EQ(verdict(server, fresh, start), Verdict::wrong);
  EXPECT_EQ(server.nonces(), 0u) << "strangers cost no memory";
}

TEST(DigestServer, AnOldOrForeignNonceIsStaleAndTheClientTriesAgain) {
  auto server = a_server();
  auto client = a_client();
  auto request = a_register();
  ASSERT_TRUE(client.challenged(request, unauthorized(request, server.challenge(start))));
  client.authorize(request);

  EXPECT_EQ(verdict(server, request, start + 6min), Verdict::stale);
  Server other{{.realm = "parley", .secret = "another"}};
  EXPECT_EQ(verdict(other, request, start), Verdict::stale);

  ASSERT_TRUE(client.challenged(request, unauthorized(request, server.challenge(start + 6min, {.stale = true}))));
  client.authorize(request);
  EXPECT_EQ(verdict(server, request, start + 6min), Verdict::ok);
}

TEST(DigestServer, ForgettingANonceNeverMakesItNewAgain) {
  auto server = a_server(2);
  std::vector<Message> requests;
  for (int i = 0; i < 4; ++i) {
    auto client = a_client();
    auto request = a_register();
    ASSERT_TRUE(client.challenged(request, unauthorized(request, server.challenge(start))));
    client.authorize(request);
    EXPECT_EQ(verdict(server, request, start), Verdict::ok);
    requests.push_back(request);
  }

  EXPECT_EQ(server.nonces(), 2u);
  for (const auto& request : requests) EXPECT_EQ(verdict(server, request, start), Verdict::stale);
}

TEST(DigestServer, NamesMalformedCredentials) {
  auto server = a_server();
  for (const auto* text : {"Digest realm=\"parley\"", "Digest realm=\"parley",
                           "Digest realm=\"parley\", username=\"2001\", "
                           "nonce=\"n\", uri=\"u\", response=\"r\", qop=auth, cnonce=\"c\", nc=0"})
    EXPECT_EQ(server.verify(text, "REGISTER", the_users, start).verdict, Verdict::malformed) << text;
  for (const auto* text : {"Bearer x", "Digest realm=\"other\""})
    EXPECT_EQ(server.verify(text, "REGISTER", the_users, start).verdict, Verdict::no_credentials) << text;
}

TEST(DigestClient, AnswersServersWithoutQopAndIgnoresWhatItDoesNotKnow) {
  auto client = a_client();
  auto request = a_register();
  EXPECT_FALSE(client.challenged(request, unauthorized(request, {"Basic realm=\"x\"",
                                                                 "Digest realm=\"x\", nonce=\"n\", "
                                                                 "algorithm=SHA-512-256, qop=\"auth\""})));

  ASSERT_TRUE(client.challenged(request, unauthorized(request, {"Digest realm=\"x\", nonce=\"n\", opaque=\"o\""})));
  client.authorize(request);

  const auto header = Header::parse(*request.header("Authorization"));
  EXPECT_EQ(header->params.value("opaque"), "o");
  EXPECT_FALSE(header->params.has("qop"));
  EXPECT_EQ(header->params.value("response"),
            response(Algorithm::md5, {.ha1 = ha1(Algorithm::md5, "2001", "x", "right"),
                                      .method = "REGISTER",
                                      .uri = "sip:example.com",
                                      .nonce = "n"}));
}

TEST(DigestClient, TakesUpTheNextNonce) {
  auto client = a_client();
  auto request = a_register();
  ASSERT_TRUE(
      client.challenged(request, unauthorized(request, {"Digest realm=\"x\", nonce=\"n\", qop=\"auth,auth-int\""})));
  client.authorize(request);
  auto ok = make_response(request, 200, "OK", "t");
  ok.add("Authentication-Info", "nextnonce=\"m\"");

  client.succeeded(ok);
  client.authorize(request);

  const auto header = Header::parse(*request.header("Authorization"));
  EXPECT_EQ(header->params.value("nonce"), "m");
  EXPECT_EQ(header->params.value("nc"), "00000001");
  EXPECT_EQ(header->params.value("qop"), "auth");
}

}  // namespace
}  // namespace parley::sip::digest
