#include "protocol/sip/outbound.hpp"

#include <gtest/gtest.h>

namespace parley::sip {
namespace {

Outbound outbound(std::string_view contact, std::string_view headers = "Supported: path, outbound\r\n",
                  std::string_view more_via = "") {
  const std::string text = "REGISTER sip:example.com SIP/2.0\r\n" + std::string{more_via} +
                           "Via: SIP/2.0/WSS a7n2.invalid;branch=z9hG4bKx\r\nFrom: <sip:2001@example.com>;tag=f\r\n"
                           "To: <sip:2001@example.com>\r\nCall-ID: r\r\nCSeq: 1 REGISTER\r\nMax-Forwards: 70\r\n" +
                           std::string{headers} + "Contact: " + std::string{contact} + "\r\nContent-Length: 0\r\n\r\n";
  const auto request = parse(text);
  EXPECT_TRUE(request.has_value());
  return outbound_of(*request, request->addresses("Contact")->front());
}

constexpr std::string_view whole = R"(<sip:2001@a7n2.invalid;transport=ws;ob>;reg-id=1;+sip.instance="<urn:uuid:00>")";

TEST(Outbound, IsReachedByTheFlowOfItsRegistration) {
  const auto found = outbound(whole);

  EXPECT_EQ(found.use, OutboundUse::direct);
  EXPECT_EQ(found.binding, (OutboundBinding{"urn:uuid:00", 1}));
}

TEST(Outbound, NeedsThePhoneToSupportIt) { EXPECT_EQ(outbound(whole, "").use, OutboundUse::none); }

TEST(Outbound, KnowsAPhoneByItsInstanceAlone) {
  const auto found = outbound(R"(<sip:2001@10.0.0.1>;+sip.instance="<urn:uuid:00>")");

  EXPECT_EQ(found.use, OutboundUse::none);
  EXPECT_FALSE(found.binding);
  EXPECT_EQ(found.instance, "urn:uuid:00");
}

TEST(Outbound, IgnoresInstancesAndNumbersThatCannotBeRead) {
  for (const std::string_view contact :
       {R"(<sip:a@b>;reg-id=0;+sip.instance="<urn:uuid:00>")", R"(<sip:a@b>;reg-id=x;+sip.instance="<urn:uuid:00>")",
        R"(<sip:a@b>;reg-id=1;+sip.instance="urn:uuid:00")", R"(<sip:a@b>;reg-id=1;+sip.instance)",
        R"(<sip:a@b>;reg-id=1)"}) {
    EXPECT_FALSE(outbound(contact).binding) << contact;
    EXPECT_EQ(outbound(contact).use, OutboundUse::none) << contact;
  }
}

TEST(Outbound, NeedsAProxyBetweenToKeepTheFlow) {
  constexpr std::string_view proxy = "Via: SIP/2.0/TLS edge.example.com;branch=z9hG4bKp\r\n";

  EXPECT_EQ(outbound(whole, "Supported: outbound\r\n", proxy).use, OutboundUse::first_hop);
  EXPECT_EQ(outbound(whole, "Supported: outbound\r\nPath: <sip:t0ken@edge.example.com;lr;ob>\r\n", proxy).use,
            OutboundUse::direct);
}

}  // namespace
}  // namespace parley::sip
