#include "app/dialling.hpp"

#include <gmock/gmock.h>

namespace parley::app {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

struct DiallingTest : ::testing::Test {
  DiallingTest() {
    config.assistants["reception"].name = "reception";
    TrunkConfig carrier;
    carrier.name = "carrier";
    carrier.peers = {"sip:192.0.2.1", "sip:192.0.2.2:5080;transport=tcp"};
    config.trunks["carrier"] = carrier;
    config.dialling.allowed = {"030*"};
  }
  api::Origination to(std::string number) {
    api::Origination request;
    request.to = std::move(number);
    return request;
  }

  Config config;
  TrunkChoice trunk{"carrier", {"sip:192.0.2.1", "sip:192.0.2.2:5080;transport=tcp"}};
};

TEST_F(DiallingTest, ANumberGoesToTheTrunksPeersInTheirOrder) {
  const auto planned = plan_dialling(config, &trunk, to("030123"));

  ASSERT_TRUE(planned);
  EXPECT_EQ(planned->target.to_string(), "sip:030123@192.0.2.1");
  ASSERT_THAT(planned->flows, SizeIs(2));
  EXPECT_EQ(planned->flows[0], (sip::Flow{sip::Transport::udp, *Endpoint::parse("192.0.2.1:5060"), 0}));
  EXPECT_EQ(planned->flows[1], (sip::Flow{sip::Transport::tcp, *Endpoint::parse("192.0.2.2:5080"), 0}));
  EXPECT_FALSE(planned->credentials);
}

TEST_F(DiallingTest, ANameIsLookedUpAndBringsItsOwnAlternatives) {
  trunk.peers = {"sip:sbc.example.com", "sip:192.0.2.2"};

  const auto planned = plan_dialling(config, &trunk, to("030123"));

  ASSERT_TRUE(planned);
  EXPECT_EQ(planned->target.host, "sbc.example.com");
  EXPECT_THAT(planned->flows, IsEmpty());
}

TEST_F(DiallingTest, ANumberWithoutATrunkIsRefused) {
  const auto planned = plan_dialling(config, nullptr, to("030123"));

  ASSERT_FALSE(planned);
  EXPECT_EQ(planned.error().status, 422);
}

TEST_F(DiallingTest, OurOwnPeopleCallOutByATrunkWithinTheRules) {
  call::DialGate gate{dial_rules(config)};
  const auto status = [&](const std::string& to, const std::optional<TrunkChoice>& by) {
    const auto answer = call_outside(gate, by, "2001", to);
    const auto* reply = std::get_if<sip::Reply>(&answer);
    return reply ? reply->status : 0;
  };

  EXPECT_EQ(status("030123", trunk), 0);
  EXPECT_EQ(status("0900", trunk), 403);
  EXPECT_EQ(status("030123", std::nullopt), 404);
  EXPECT_EQ(status("nobody", trunk), 404);
  EXPECT_EQ(status("112", trunk), 0);
}

TEST_F(DiallingTest, TheRulesOfTheConfigurationAreAsked) {
  config.trunks["carrier"].limits = {.at_once = 1, .per_minute = 0};
  call::DialGate gate{dial_rules(config)};

  const auto first = may_dial(gate, {"030123", "", "carrier"});
  ASSERT_TRUE(first);
  const auto second = may_dial(gate, {"030124", "", "carrier"});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().status, 429);
  EXPECT_TRUE(second.error().retry_after_seconds);
  const auto premium = may_dial(gate, {"0900", "", "carrier"});
  ASSERT_FALSE(premium);
  EXPECT_EQ(premium.error().status, 403);
  EXPECT_TRUE(may_dial(gate, {"112", "", "carrier"}));
}

}  // namespace
}  // namespace parley::app
