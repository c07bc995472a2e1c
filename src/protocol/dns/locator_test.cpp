#include "protocol/dns/locator.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

namespace parley::dns {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

/// A zone: what is not in it answers "no such name".
using Zone = std::map<std::pair<QueryType, std::string>, Answer>;

Answer addresses(std::initializer_list<const char*> list, seconds ttl = seconds{300}) {
  Answer answer{.status = Answer::Status::ok};
  for (const auto* text : list) answer.addresses.push_back({*IpAddress::parse(text), ttl});
  return answer;
}
Answer srv(std::vector<Srv> records) { return {.status = Answer::Status::ok, .srv = std::move(records)}; }
Answer naptr(std::vector<Naptr> records) { return {.status = Answer::Status::ok, .naptr = std::move(records)}; }
Naptr service(std::uint16_t order, std::uint16_t preference, std::string name, std::string replacement) {
  return {order, preference, "s", std::move(name), "", std::move(replacement), seconds{600}};
}

struct Outcome {
  std::vector<std::string> asked;    // `srv _sip._udp.example.com`
  std::vector<std::string> targets;  // `udp 192.0.2.1:5060`
  std::optional<Locator::FailureReason> failure;
  seconds ttl{};
};

std::string name_of(QueryType type) { return std::array{"naptr", "srv", "a", "aaaa"}[static_cast<std::size_t>(type)]; }

/// Runs a locator against a zone; query number `failing` (from 1) gets `instead`.
Outcome locate(Locator::Config config, const Zone& zone, std::size_t failing = 0,
               Answer::Status instead = Answer::Status::failed) {
  Locator locator{std::move(config), Random::seeded(5)};
  Outcome outcome;
  while (const auto output = locator.poll()) {
    if (const auto* query = std::get_if<Locator::Query>(&*output)) {
      outcome.asked.push_back(name_of(query->type) + " " + query->name);
      const auto found = zone.find({query->type, query->name});
      Answer answer{.status = Answer::Status::no_such_name};
      if (found != zone.end()) answer = found->second;
      if (outcome.asked.size() == failing) answer = {.status = instead};
      locator.receive(query->id, answer);
    } else if (const auto* located = std::get_if<Locator::Located>(&*output)) {
      for (const auto& target : located->targets)
        outcome.targets.push_back(std::array{"udp ", "tcp ", "tls "}[static_cast<std::size_t>(target.transport)] +
                                  target.endpoint.to_string());
      outcome.ttl = located->ttl;
    } else {
      outcome.failure = std::get<Locator::Failed>(*output).reason;
    }
  }
  EXPECT_TRUE(locator.ended());
  return outcome;
}

/// The example of RFC 3263 §4.1 and §4.2.
Zone whole_zone() {
  return {
      {{QueryType::naptr, "example.com"},
       naptr({service(50, 50, "SIPS+D2T", "_sips._tcp.example.com"),
              service(90, 50, "SIP+D2T", "_sip._tcp.example.com"),
              service(100, 50, "SIP+D2U", "_sip._udp.example.com")})},
      {{QueryType::srv, "_sips._tcp.example.com"}, srv({{0, 1, 5061, "server1.example.com", seconds{120}}})},
      {{QueryType::srv, "_sip._tcp.example.com"},
       srv({{0, 1, 5060, "server1.example.com", seconds{120}}, {1, 1, 5070, "server2.example.com", seconds{120}}})},
      {{QueryType::srv, "_sip._udp.example.com"}, srv({{0, 1, 5080, "server2.example.com", seconds{120}}})},
      {{QueryType::a, "server1.example.com"}, addresses({"192.0.2.1"})},
      {{QueryType::a, "server2.example.com"}, addresses({"192.0.2.2"}, seconds{60})},
      {{QueryType::aaaa, "server2.example.com"}, addresses({"2001:db8::2"})},
      {{QueryType::a, "example.com"}, addresses({"192.0.2.9"})},
  };
}

TEST(Locator, AsksNothingForANumericHost) {
  EXPECT_THAT(locate({.host = "192.0.2.7"}, {}).targets, ElementsAre("udp 192.0.2.7:5060"));
  EXPECT_THAT(locate({.host = "192.0.2.7", .port = 5070, .transport = "tcp"}, {}).targets,
              ElementsAre("tcp 192.0.2.7:5070"));
  EXPECT_THAT(locate({.host = "[2001:db8::7]", .sips = true}, {}).targets, ElementsAre("tls [2001:db8::7]:5061"));
  EXPECT_THAT(locate({.host = "192.0.2.7", .transport = "TLS"}, {}).targets, ElementsAre("tls 192.0.2.7:5061"));
}

TEST(Locator, AsksOnlyForAddressesWhenThePortIsGiven) {
  const auto outcome = locate({.host = "Server2.Example.com.", .port = 5090}, whole_zone());

  EXPECT_THAT(outcome.asked, ElementsAre("a server2.example.com", "aaaa server2.example.com"));
  EXPECT_THAT(outcome.targets, ElementsAre("udp 192.0.2.2:5090", "udp [2001:db8::2]:5090"));
}

TEST(Locator, AsksForOneServiceWhenTheTransportIsGiven) {
  const auto outcome = locate({.host = "example.com", .transport = "tcp"}, whole_zone());

  EXPECT_EQ(outcome.asked.front(), "srv _sip._tcp.example.com");
  EXPECT_THAT(outcome.targets, ElementsAre("tcp 192.0.2.1:5060", "tcp 192.0.2.2:5070", "tcp [2001:db8::2]:5070"));
  EXPECT_EQ(outcome.ttl, seconds{60});
}

TEST(Locator, FollowsTheLowestNaptrOrderThatItSupports) {
  const auto all = locate({.host = "example.com"}, whole_zone());
  EXPECT_THAT(all.asked, ElementsAre("naptr example.com", "srv _sips._tcp.example.com", "a server1.example.com",
                                     "aaaa server1.example.com"));
  EXPECT_THAT(all.targets, ElementsAre("tls 192.0.2.1:5061"));

  const auto no_tls = locate({.host = "example.com", .supported = {Transport::udp, Transport::tcp}}, whole_zone());
  EXPECT_THAT(no_tls.targets, ElementsAre("tcp 192.0.2.1:5060", "tcp 192.0.2.2:5070", "tcp [2001:db8::2]:5070"));
}

TEST(Locator, TakesServicesOfOneOrderByPreference) {
  auto zone = whole_zone();
  zone[{QueryType::naptr, "example.com"}] = naptr(
      {service(10, 20, "sip+d2u", "_sip._udp.example.com"), service(10, 10, "SIP+D2T", "_sip._tcp.example.com.")});

  EXPECT_THAT(locate({.host = "example.com", .families = Locator::Families::v4_only}, zone).targets,
              ElementsAre("tcp 192.0.2.1:5060", "tcp 192.0.2.2:5070", "udp 192.0.2.2:5080"));
}

TEST(Locator, SkipsNaptrRecordsOfOtherApplications) {
  auto zone = whole_zone();
  auto enum_record = service(1, 1, "E2U+sip", "_sip._udp.example.com");
  auto rewriting = service(1, 1, "SIP+D2U", "_sip._udp.example.com");
  rewriting.regexp = "!^.*$!sip:x@example.com!";
  auto non_terminal = service(1, 1, "SIP+D2U", "other.example.com");
  non_terminal.flags = "";
  zone[{QueryType::naptr, "example.com"}] =
      naptr({enum_record, rewriting, non_terminal, service(2, 1, "SIP+D2U", "_sip._udp.example.com")});

  EXPECT_THAT(locate({.host = "example.com", .families = Locator::Families::v4_only}, zone).targets,
              ElementsAre("udp 192.0.2.2:5080"));
}

TEST(Locator, TriesEachServiceWhereThereIsNoNaptr) {
  auto zone = whole_zone();
  zone.erase({QueryType::naptr, "example.com"});

  const auto outcome = locate({.host = "example.com", .families = Locator::Families::v4_only}, zone);

  EXPECT_THAT(outcome.targets,
              ElementsAre("udp 192.0.2.2:5080", "tcp 192.0.2.1:5060", "tcp 192.0.2.2:5070", "tls 192.0.2.1:5061"));
}

TEST(Locator, FallsBackToTheDomainsOwnAddresses) {
  const Zone zone{{{QueryType::a, "example.com"}, addresses({"192.0.2.9"})}};

  EXPECT_THAT(locate({.host = "example.com"}, zone).targets, ElementsAre("udp 192.0.2.9:5060"));
  EXPECT_THAT(locate({.host = "example.com", .transport = "tcp"}, zone).targets, ElementsAre("tcp 192.0.2.9:5060"));
  EXPECT_THAT(locate({.host = "example.com", .sips = true}, zone).targets, ElementsAre("tls 192.0.2.9:5061"));
}

TEST(Locator, NeverLeavesTlsForSips) {
  const auto outcome = locate({.host = "example.com", .sips = true}, whole_zone());
  EXPECT_THAT(outcome.targets, ElementsAre("tls 192.0.2.1:5061"));

  auto insecure = whole_zone();
  insecure[{QueryType::naptr, "example.com"}] = naptr({service(1, 1, "SIP+D2U", "_sip._udp.example.com")});
  for (const auto& target : locate({.host = "example.com", .sips = true}, insecure).targets)
    EXPECT_TRUE(target.starts_with("tls ")) << target;
  EXPECT_THAT(locate({.host = "example.com", .transport = "tcp", .sips = true}, whole_zone()).targets,
              ElementsAre("tls 192.0.2.1:5061"));
  EXPECT_EQ(locate({.host = "example.com", .transport = "udp", .sips = true}, whole_zone()).failure,
            Locator::FailureReason::unsupported_transport);
}

TEST(Locator, OrdersTheFamiliesAsAsked) {
  const auto targets = [](Locator::Families families) {
    return locate({.host = "server2.example.com", .port = 5060, .families = families}, whole_zone()).targets;
  };
  EXPECT_THAT(targets(Locator::Families::v6_first), ElementsAre("udp [2001:db8::2]:5060", "udp 192.0.2.2:5060"));
  EXPECT_THAT(targets(Locator::Families::v6_only), ElementsAre("udp [2001:db8::2]:5060"));
  EXPECT_THAT(targets(Locator::Families::v4_only), ElementsAre("udp 192.0.2.2:5060"));
}

TEST(Locator, HearsThatAServiceIsDecidedlyNotThere) {
  auto zone = whole_zone();
  zone[{QueryType::srv, "_sip._tcp.example.com"}] = srv({{0, 0, 0, ".", seconds{60}}});

  EXPECT_EQ(locate({.host = "example.com", .transport = "tcp"}, zone).failure, Locator::FailureReason::service_refused);
}

TEST(Locator, NamesWhyItFailed) {
  EXPECT_EQ(locate({.host = "no one here"}, {}).failure, Locator::FailureReason::bad_host);
  EXPECT_EQ(locate({.host = ""}, {}).failure, Locator::FailureReason::bad_host);
  EXPECT_EQ(locate({.host = "a..b"}, {}).failure, Locator::FailureReason::bad_host);
  EXPECT_EQ(locate({.host = std::string(64, 'a') + ".com"}, {}).failure, Locator::FailureReason::bad_host);
  EXPECT_EQ(locate({.host = "example.com", .transport = "sctp"}, {}).failure,
            Locator::FailureReason::unsupported_transport);
  EXPECT_EQ(locate({.host = "example.com"}, {}).failure, Locator::FailureReason::no_address);
  EXPECT_EQ(locate({.host = "example.com"}, {}, 3).failure, Locator::FailureReason::resolver_failed);
}

TEST(Locator, EndsWhicheverOfItsStepsFails) {
  const auto steps = locate({.host = "example.com"}, whole_zone()).asked.size();
  for (const auto status :
       {Answer::Status::no_data, Answer::Status::no_such_name, Answer::Status::failed, Answer::Status::timed_out}) {
    for (std::size_t step = 1; step <= steps; ++step) {
      const auto outcome = locate({.host = "example.com"}, whole_zone(), step, status);
      // NAPTR and SRV have their fallbacks; of the addresses, one family is enough.
      if (step == 3) {
        EXPECT_TRUE(outcome.failure) << step;
      } else {
        EXPECT_FALSE(outcome.targets.empty()) << step;
      }
    }
  }
}

TEST(Locator, TakesAnswersInAnyOrderAndIgnoresStrayOnes) {
  Locator locator{{.host = "server2.example.com", .port = 5060}, Random::seeded(1)};
  const auto a = std::get<Locator::Query>(*locator.poll());
  const auto aaaa = std::get<Locator::Query>(*locator.poll());

  locator.receive(99, addresses({"203.0.113.1"}));
  locator.receive(aaaa.id, addresses({"2001:db8::2"}));
  locator.receive(aaaa.id, addresses({"2001:db8::3"}));
  EXPECT_FALSE(locator.poll());
  locator.receive(a.id, addresses({"192.0.2.2"}));

  EXPECT_EQ(std::get<Locator::Located>(*locator.poll()).targets.size(), 2u);
  EXPECT_TRUE(locator.ended());
}

TEST(Locator, StaysBoundedAgainstAHostileZone) {
  Zone zone;
  std::vector<Naptr> many_services;
  std::vector<Srv> many_servers;
  for (std::uint16_t i = 0; i < 5000; ++i) {
    many_services.push_back(service(1, i, "SIP+D2U", "_sip._udp.evil" + std::to_string(i) + ".example.com"));
    many_servers.push_back({i, i, 5060, "host" + std::to_string(i) + ".example.com", seconds{1}});
  }
  zone[{QueryType::naptr, "example.com"}] = naptr(many_services);
  for (int i = 0; i < 64; ++i)
    zone[{QueryType::srv, "_sip._udp.evil" + std::to_string(i) + ".example.com"}] = srv(many_servers);
  auto flood = addresses({});
  for (std::uint32_t i = 1; i < 5000; ++i) flood.addresses.push_back({IpAddress::v4(i), seconds{1}});
  for (int i = 0; i < 64; ++i) zone[{QueryType::a, "host" + std::to_string(i) + ".example.com"}] = flood;

  const auto outcome = locate({.host = "example.com"}, zone);

  EXPECT_LE(outcome.asked.size(), 25u);
  EXPECT_EQ(outcome.targets.size(), 16u);
}

TEST(Locator, DoesNotAskForNamesThatCannotBe) {
  auto zone = whole_zone();
  zone[{QueryType::naptr, "example.com"}] =
      naptr({service(1, 1, "SIP+D2U", "_sip._udp.exa mple.com"), service(1, 1, "SIP+D2U", std::string(300, 'a'))});
  zone[{QueryType::srv, "_sip._udp.example.com"}] = srv({{0, 0, 5060, std::string{"a\0b", 3}, seconds{1}}});

  for (const auto& asked : locate({.host = "example.com"}, zone).asked) {
    EXPECT_EQ(asked.find("mple.com "), std::string::npos);
    EXPECT_EQ(asked.find('\0'), std::string::npos);
    EXPECT_LT(asked.size(), 260u);
  }
}

TEST(LocatorConfig, TakesWhatItNeedsOfAUri) {
  sip::Uri uri;
  uri.scheme = "sips";
  uri.host = "example.com";
  uri.port = 5071;

  const auto config = locator_config(uri);

  EXPECT_EQ(config.host, "example.com");
  EXPECT_EQ(config.port, 5071);
  EXPECT_TRUE(config.sips);
  EXPECT_THAT(config.transport, IsEmpty());
}

TEST(OrderSrv, PutsPrioritiesFirstAndWeighsWithinThem) {
  auto random = Random::seeded(9);
  const std::vector<Srv> records{
      {1, 0, 1, "last", {}}, {0, 0, 1, "zero", {}}, {0, 30, 1, "light", {}}, {0, 90, 1, "heavy", {}}};
  std::map<std::string, int> first;

  for (int i = 0; i < 10'000; ++i) {
    const auto ordered = order_srv(records, random);
    ASSERT_EQ(ordered.size(), 4u);
    EXPECT_EQ(ordered.back().target, "last");
    std::set<std::string> names;
    for (const auto& one : ordered) names.insert(one.target);
    EXPECT_EQ(names.size(), 4u);
    ++first[ordered.front().target];
  }

  EXPECT_NEAR(first["heavy"], 7440, 200);  // 90 of 121 draws
  EXPECT_NEAR(first["light"], 2480, 200);
  EXPECT_NEAR(first["zero"], 83, 50);
}

}  // namespace
}  // namespace parley::dns
