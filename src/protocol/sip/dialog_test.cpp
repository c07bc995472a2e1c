// Routes, targets, tags and sequence numbers of one dialog.
#include "protocol/sip/dialog.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::sip {
namespace {

Message invite(const std::string& extra) {
  return parse(
             "INVITE sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa\r\nMax-Forwards: 70\r\n"
             "From: Alice <sip:alice@example.com>;tag=a\r\nTo: <sip:bob@example.com>\r\nCall-ID: 1\r\nCSeq: 7 INVITE\r\n" +
             extra + "Content-Length: 0\r\n\r\n")
      .value();
}

Message answer(const std::string& contact, std::vector<std::string> routes = {}) {
  Message response = make_response(invite(""), 200, "OK", "b");
  if (!contact.empty()) response.add("Contact", contact);
  for (auto& route : routes) response.add("Record-Route", route);
  return response;
}

TEST(Dialog, OfTheCalleeTurnsFromAndToAround) {
  auto dialog = Dialog::of_request(invite("Contact: <sip:alice@192.0.2.1>\r\n"), "b").value();

  const Message bye = dialog.request("BYE");

  EXPECT_EQ(bye.from.tag(), "b");
  EXPECT_EQ(bye.to.tag(), "a");
  EXPECT_EQ(bye.to.display, "Alice");
  EXPECT_EQ(bye.request_uri.to_string(), "sip:alice@192.0.2.1");
  EXPECT_EQ(bye.cseq, (CSeq{1, "BYE"}));
  EXPECT_EQ(dialog.request("INFO").cseq.number, 2u);
}

TEST(Dialog, NeedsAContactThatIsSip) {
  EXPECT_EQ(Dialog::of_request(invite(""), "b").error(), ParseError::missing_header);
  EXPECT_EQ(Dialog::of_request(invite("Contact: <mailto:alice@example.com>\r\n"), "b").error(), ParseError::bad_uri);
}

TEST(Dialog, OfTheCallerGoesTheRecordedRouteBackwards) {
  auto dialog = Dialog::of_response(invite(""), answer("<sip:bob@192.0.2.2>", {"<sip:p2;lr>", "<sip:p1;lr>"})).value();

  const Message bye = dialog.request("BYE");

  EXPECT_THAT(bye.header_list("Route"), testing::ElementsAre("<sip:p1;lr>", "<sip:p2;lr>"));
  EXPECT_EQ(bye.request_uri.to_string(), "sip:bob@192.0.2.2");
  EXPECT_EQ(next_hop_of(bye).host, "p1");
  EXPECT_EQ(bye.cseq.number, 8u);
}

TEST(Dialog, PutsAStrictRouterIntoTheRequestUri) {
  auto dialog = Dialog::of_response(invite(""), answer("<sip:bob@192.0.2.2>", {"<sip:p2;lr>", "<sip:p1>"})).value();

  const Message bye = dialog.request("BYE");

  EXPECT_EQ(bye.request_uri.to_string(), "sip:p1");
  EXPECT_THAT(bye.header_list("Route"), testing::ElementsAre("<sip:p2;lr>", "<sip:bob@192.0.2.2>"));
  EXPECT_EQ(dialog.next_hop().host, "p1");
}

TEST(Dialog, AcknowledgesWithTheCseqOfTheInvite) {
  auto dialog = Dialog::of_response(invite(""), answer("<sip:bob@192.0.2.2>")).value();
  (void)dialog.request("INFO");

  EXPECT_EQ(dialog.ack(7).cseq, (CSeq{7, "ACK"}));
}

TEST(Dialog, RefusesOldSequenceNumbersAndSkippedOnesAreFine) {
  auto dialog = Dialog::of_request(invite("Contact: <sip:alice@192.0.2.1>\r\n"), "b").value();

  EXPECT_FALSE(dialog.accept_cseq(7));
  EXPECT_TRUE(dialog.accept_cseq(100'000'000));
  EXPECT_FALSE(dialog.accept_cseq(8));
}

TEST(Dialog, FollowsTheTargetButNotTheRouteOfLaterMessages) {
  auto dialog = Dialog::of_response(invite(""), answer("<sip:bob@192.0.2.2>", {"<sip:p1;lr>"})).value();

  dialog.refresh_target(answer("<sip:bob@192.0.2.77>", {"<sip:elsewhere;lr>"}));
  const Message bye = dialog.request("BYE");

  EXPECT_EQ(bye.request_uri.host, "192.0.2.77");
  EXPECT_EQ(next_hop_of(bye).host, "p1");
}

TEST(Dialog, RefusesRoutesWithoutEnd) {
  std::vector<std::string> routes(100, "<sip:p;lr>");

  EXPECT_EQ(Dialog::of_response(invite(""), answer("<sip:bob@192.0.2.2>", routes)).error(), ParseError::too_large);
}

}  // namespace
}  // namespace parley::sip
