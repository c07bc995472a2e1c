#include "call/routing.hpp"

#include <gtest/gtest.h>

namespace parley::call {
namespace {

RouteTarget assistant(std::string name) { return {.assistant = std::move(name)}; }

TEST(Routing, TheFirstMatchWins) {
  const std::vector<Route> routes{{.to = "1000", .target = assistant("first")},
                                  {.to = "1000", .target = assistant("second")}};

  const auto* route = find_route(routes, {.to = "1000"});

  ASSERT_TRUE(route);
  EXPECT_EQ(route->target.assistant, "first");
}

TEST(Routing, StarsStandForAnyText) {
  const std::vector<Route> routes{{.to = "+49*99*", .target = assistant("a")}};

  EXPECT_TRUE(find_route(routes, {.to = "+4930995"}));
  EXPECT_TRUE(find_route(routes, {.to = "+499999"}));
  EXPECT_FALSE(find_route(routes, {.to = "+49309"}));
  EXPECT_FALSE(find_route(routes, {.to = "0049309935"}));
}

TEST(Routing, ATrunkIsMatchedByNameAndAnEmptyPatternMatchesAll) {
  const std::vector<Route> routes{{.from = "trunk:pbx", .target = assistant("pbx")},
                                  {.from = "2*", .target = assistant("internal")},
                                  {.target = assistant("rest")}};

  EXPECT_EQ(find_route(routes, {.to = "1", .from = "2001", .trunk = "pbx"})->target.assistant, "pbx");
  EXPECT_EQ(find_route(routes, {.to = "1", .from = "2001"})->target.assistant, "internal");
  EXPECT_EQ(find_route(routes, {.to = "1", .from = "trunk:pbx"})->target.assistant, "rest");
}

TEST(Routing, NothingIsFoundWhereNothingMatches) {
  EXPECT_EQ(find_route({{.to = "1000", .target = {}}}, {.to = "1001"}), nullptr);
  EXPECT_EQ(find_route({}, {.to = "1001"}), nullptr);
}

}  // namespace
}  // namespace parley::call
