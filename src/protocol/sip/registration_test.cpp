// Digest challenges to our requests, and registrations at a registrar that asks for them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/sip/digest.hpp"
#include "protocol/sip/stack_harness.hpp"

namespace parley::sip::test {
namespace {

/// A registrar of twenty lines: digest, a shortest interval, then a binding.
struct Registrar {
  explicit Registrar(Network& net) : network{net}, party{net.add("registrar")} {
    party.user = [this](Stack::Output& output) {
      if (const auto* asked = std::get_if<Stack::OutOfDialog>(&output))
        party.stack.respond(asked->handle, answer_to(asked->request), network.now);
    };
  }
  Reply answer_to(const Message& request) {
    const auto outcome = digest.verify(
        request, digest::Side::user_agent,
        [](std::string_view user, digest::Algorithm algorithm) {
          return digest::ha1(algorithm, user, "pbx", "secret");
        },
        network.now);
    if (outcome.verdict != digest::Verdict::ok) {
      Reply challenge{.status = 401};
      for (auto& value : digest.challenge(network.now)) challenge.headers.push_back({"WWW-Authenticate", value});
      return challenge;
    }
    contact = request.header("Contact").value_or("");
    if (request.header("Expires") != "0" && parse_u32(*request.header("Expires")).value() < 100)
      return {.status = 423, .headers = {{"Min-Expires", "100"}}};
    ++granted;
    return {.status = 200, .headers = {{"Expires", std::string{*request.header("Expires")}}}};
  }
  Network& network;
  Party& party;
  digest::Server digest{{.realm = "pbx", .secret = "s3cret"}};
  int granted = 0;
  std::string contact;  // of the last request that was let in
};

RegistrationOptions binding_at(const Party& registrar, const std::string& password) {
  RegistrationOptions options;
  options.registrar = uri("sip:" + registrar.at.to_string());
  options.aor = address("<sip:2000@pbx>");
  options.credentials = Credentials{"2000", password};
  options.expires = 60s;
  return options;
}

TEST(StackRegistration, BindsTheUserSoThatWhoIsCalledCanBeTold) {
  Network network;
  Registrar registrar{network};
  Party& phone = network.add("phone");

  phone.stack.register_(binding_at(registrar.party, "secret"), network.now);
  network.run_for(1s);

  EXPECT_THAT(registrar.contact, ::testing::StartsWith("<sip:2000@" + phone.at.address.to_string()));
}

TEST(StackRegistration, MeetsChallengeAndMinimumThenRefreshesAtHalfTimeAndLeaves) {
  Network network;
  Registrar registrar{network};
  Party& phone = network.add("phone");

  const auto id = phone.stack.register_(binding_at(registrar.party, "secret"), network.now);
  network.run_for(1s);
  ASSERT_NE(phone.last<Stack::Registered>(), nullptr);
  EXPECT_EQ(phone.last<Stack::Registered>()->expires, 100s);
  network.run_for(5min);
  EXPECT_EQ(phone.all<Stack::Registered>().size(), 6u);  // every 50 s, and 401 and 423 before the first

  EXPECT_TRUE(phone.stack.unregister(id, network.now));
  network.run_for(1s);
  EXPECT_NE(phone.last<Stack::Unregistered>(), nullptr);
  network.run_for(10min);
  EXPECT_EQ(phone.stack.deadline(), TimePoint::max());
}

TEST(StackRegistration, AsksToBeReachedByItsConnection) {
  Network network;
  Registrar registrar{network};
  Config config;
  config.instance = "urn:uuid:00000000-0000-1000-8000-000a95a0e128";
  Party& phone = network.add("phone", config);
  auto over_tcp = binding_at(registrar.party, "secret");
  over_tcp.registrar = uri("sip:" + registrar.party.at.to_string() + ";transport=tcp");

  phone.stack.register_(over_tcp, network.now);
  network.run_for(1s);

  EXPECT_THAT(registrar.contact,
              ::testing::HasSubstr(R"(;+sip.instance="<urn:uuid:00000000-0000-1000-8000-000a95a0e128>")"));
  EXPECT_THAT(registrar.contact, ::testing::HasSubstr(";reg-id=1"));
  ASSERT_NE(phone.last<Stack::Registered>(), nullptr);
}

TEST(StackRegistration, StopsAtAWrongPassword) {
  Network network;
  Registrar registrar{network};
  Party& phone = network.add("phone");

  phone.stack.register_(binding_at(registrar.party, "guess"), network.now);
  network.run_for(10min);

  ASSERT_EQ(phone.all<Stack::RegistrationFailed>().size(), 1u);
  EXPECT_EQ(phone.last<Stack::RegistrationFailed>()->status, 401);
  EXPECT_EQ(phone.last<Stack::RegistrationFailed>()->retry_in, 0s);
  EXPECT_EQ(registrar.granted, 0);
}

TEST(StackRegistration, TriesAgainMoreAndMoreSlowlyWhileTheRegistrarIsAway) {
  Network network{{.loss = 1.0}};
  Registrar registrar{network};
  Party& phone = network.add("phone");

  phone.stack.register_(binding_at(registrar.party, "secret"), network.now);
  network.run_for(10min);

  const auto failures = phone.all<Stack::RegistrationFailed>();
  ASSERT_GE(failures.size(), 4u);
  EXPECT_LT(failures.size(), 10u);
  EXPECT_GT(failures.back()->retry_in, failures.front()->retry_in);
}

TEST(StackAuthentication, AnswersTheChallengeToAnInviteAndToItsBye) {
  Network network;
  Party& alice = network.add("alice");
  Party& bob = network.add("bob");
  digest::Server digest{{.realm = "pbx", .secret = "s3cret"}};
  bob.user = [&](Stack::Output& output) {
    const auto* incoming = std::get_if<Stack::Incoming>(&output);
    if (!incoming) return;
    const auto outcome = digest.verify(
        incoming->invite, digest::Side::user_agent,
        [](std::string_view user, digest::Algorithm algorithm) {
          return digest::ha1(algorithm, user, "pbx", "secret");
        },
        network.now);
    if (outcome.verdict == digest::Verdict::ok)
      bob.stack.answer(incoming->session, std::string{an_answer}, network.now);
    else
      bob.stack.reject(incoming->session,
                       {.status = 401, .headers = {{"WWW-Authenticate", digest.challenge(network.now).back()}}},
                       network.now);
  };
  InviteOptions options = call_to(bob);
  options.credentials = Credentials{"alice", "secret"};

  alice.stack.invite(std::move(options), network.now);
  network.run_for(1s);

  EXPECT_NE(alice.last<Stack::Answered>(), nullptr);
  EXPECT_EQ(alice.all<Stack::Ended>().size(), 0u);
  EXPECT_EQ(bob.all<Stack::Acknowledged>().size(), 1u);
}

}  // namespace
}  // namespace parley::sip::test
