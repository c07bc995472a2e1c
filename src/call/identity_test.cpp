#include "call/identity.hpp"

#include <gtest/gtest.h>

namespace parley::call {
namespace {

using Level = IdentityLevel;

TEST(Identity, OwnsItsThingsWhereverItCallsFrom) {
  const Identity anna{Level::verified, "01ANNA", "Anna"};
  EXPECT_EQ(owner_of(anna, "sip:anna@example.com"), "user:01ANNA");
  EXPECT_EQ(owner_of(anna, "Anna"), "user:01ANNA");
}

TEST(Identity, OwnsByItsAddressWhileTheUserIsNotCertain) {
  EXPECT_EQ(owner_of({Level::claimed, "01ANNA", "Anna"}, "sip:anna@example.com"), "sip:anna@example.com");
  EXPECT_EQ(owner_of({.level = Level::network}, "+15551234567"), "+15551234567");
}

TEST(Identity, OwnsNothingThatTheNextAnonymousCallerWouldGet) { EXPECT_EQ(owner_of({}, "browser"), ""); }

TEST(Identity, IsKnownFromTheNetworkOn) {
  EXPECT_TRUE((Identity{Level::network, "01ANNA", "Anna"}).known());
  EXPECT_FALSE((Identity{Level::claimed, "01ANNA", "Anna"}).known());
  EXPECT_FALSE((Identity{Level::verified, "", ""}).known());
  EXPECT_EQ(to_string(Level::network), "network");
}

}  // namespace
}  // namespace parley::call
