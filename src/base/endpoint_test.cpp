#include "base/endpoint.hpp"

#include <gtest/gtest.h>

namespace parley {
namespace {

TEST(Endpoint, ReadsWhatItWrites) {
  for (const auto* text : {"192.0.2.1:5060", "[2001:db8::1]:65535", "0.0.0.0:0"}) {
    const auto endpoint = Endpoint::parse(text);
    ASSERT_TRUE(endpoint) << text;
    EXPECT_EQ(endpoint->to_string(), text);
  }
}

TEST(Endpoint, RefusesWhatIsNotAnAddressAndAPort) {
  for (const auto* text : {"", ":5060", "192.0.2.1", "192.0.2.1:", "192.0.2.1:65536", "192.0.2:5060",
                           "2001:db8::1:5060", "host:5060", "192.0.2.1:50x"})
    EXPECT_FALSE(Endpoint::parse(text)) << text;
}

TEST(IpAddress, KnowsLoopbackOfBothFamilies) {
  EXPECT_TRUE(IpAddress::parse("127.0.0.9")->is_loopback());
  EXPECT_TRUE(IpAddress::parse("[::1]")->is_loopback());
  EXPECT_FALSE(IpAddress::parse("128.0.0.1")->is_loopback());
  EXPECT_FALSE(IpAddress::parse("::2")->is_loopback());
}

}  // namespace
}  // namespace parley
