#include "call/dial_policy.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace parley::call {
namespace {

constexpr TimePoint start{};

DialRules rules() {
  DialRules rules;
  rules.allowed = {"+49*", "0*", "sip:*@pbx.example.com"};
  rules.refused = {"+49900*", "0900*"};
  rules.per_agent = {.at_once = 2, .per_minute = 0};
  rules.trunks = {{"carrier", {.at_once = 3, .per_minute = 6}}};
  return rules;
}

std::string verdict(DialPolicy& policy, const std::string& to, const std::string& agent = "",
                    const std::string& trunk = "", TimePoint now = start) {
  const auto begun = policy.begin({to, agent, trunk}, now);
  return begun ? "yes" : std::string{to_string(begun.error())};
}

TEST(DialPolicy, OnlyWhatAPatternAllowsIsDialled) {
  DialPolicy policy{rules()};

  EXPECT_EQ(verdict(policy, "+4930123456"), "yes");
  EXPECT_EQ(verdict(policy, "+1 900 555 0100"), "not_allowed");
  EXPECT_EQ(verdict(policy, "sip:2001@pbx.example.com"), "yes");
  EXPECT_EQ(verdict(policy, "sip:2001@elsewhere.example"), "not_allowed");
  EXPECT_EQ(verdict(policy, ""), "not_allowed");
}

TEST(DialPolicy, RefusedGoesBeforeAllowedHoweverTheNumberIsWritten) {
  DialPolicy policy{rules()};

  EXPECT_EQ(verdict(policy, "+49900123"), "not_allowed");
  EXPECT_EQ(verdict(policy, "+49 (900) 123"), "not_allowed");
  EXPECT_EQ(verdict(policy, "0-9-0-0-1"), "not_allowed");
  EXPECT_EQ(verdict(policy, "SIP:x@PBX.example.com;user=phone"), "yes");
}

TEST(DialPolicy, WithoutAnyPatternNothingIsDialled) {
  DialPolicy policy{DialRules{}};

  EXPECT_EQ(verdict(policy, "+4930123456"), "not_allowed");
}

TEST(DialPolicy, AnAgentHasSoManyCallsAtOnce) {
  DialPolicy policy{rules()};
  EXPECT_EQ(verdict(policy, "030", "2001"), "yes");
  EXPECT_EQ(verdict(policy, "030", "2001"), "yes");

  EXPECT_EQ(verdict(policy, "030", "2001"), "too_many");
  EXPECT_EQ(verdict(policy, "030", "2002"), "yes") << "another agent";

  policy.over({"030", "2001", ""});
  EXPECT_EQ(verdict(policy, "030", "2001"), "yes");
}

TEST(DialPolicy, ATrunkHasItsRateAndItsLines) {
  DialPolicy policy{rules()};
  for (int i = 0; i < 3; ++i) EXPECT_EQ(verdict(policy, "030", "", "carrier"), "yes");
  EXPECT_EQ(verdict(policy, "030", "", "carrier"), "too_many");
  for (int i = 0; i < 3; ++i) {
    policy.over({"030", "", "carrier"});
    EXPECT_EQ(verdict(policy, "030", "", "carrier"), "yes");
  }
  policy.over({"030", "", "carrier"});

  EXPECT_EQ(verdict(policy, "030", "", "carrier"), "too_fast") << "six in a minute";
  EXPECT_EQ(verdict(policy, "030", "", "carrier", start + 10s), "yes");
}

TEST(DialPolicy, AnEmergencyIsNeverRefused) {
  DialRules none;
  none.per_agent = {.at_once = 1, .per_minute = 1};
  DialPolicy policy{none};

  for (int i = 0; i < 10; ++i) EXPECT_EQ(verdict(policy, "112", "2001"), "yes");

  EXPECT_TRUE(policy.is_emergency("9-1-1"));
  EXPECT_FALSE(policy.is_emergency("1120"));
  policy.over({"112", "2001", ""});
}

TEST(DialGate, APermitIsGivenBackWithTheCall) {
  DialGate gate{rules()};
  auto first = gate.ask({"030", "2001", ""}, start), second = gate.ask({"030", "2001", ""}, start);
  EXPECT_FALSE(gate.ask({"030", "2001", ""}, start));

  first->reset();

  EXPECT_TRUE(gate.ask({"030", "2001", ""}, start));
}

TEST(DialGate, WorkersThatAskTogetherDoNotGetMoreThanThereIs) {
  DialGate gate{rules()};
  std::atomic<int> granted = 0;
  std::vector<std::shared_ptr<DialGate::Permit>> held(400);
  {
    std::vector<std::jthread> workers;
    for (std::size_t w = 0; w < 4; ++w)
      workers.emplace_back([&, w] {
        for (std::size_t i = 0; i < 100; ++i)
          if (auto permit = gate.ask({"030", "2001", ""}, start)) held[w * 100 + i] = *permit, ++granted;
      });
  }

  EXPECT_EQ(granted, 2);
}

}  // namespace
}  // namespace parley::call
