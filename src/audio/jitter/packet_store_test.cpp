#include "audio/jitter/packet_store.hpp"

#include <array>

#include <gtest/gtest.h>

namespace parley::audio {
namespace {

constexpr std::array payload{std::byte{1}, std::byte{2}};

TEST(PacketStore, GivesPacketsBackInTheOrderOfTheirNumbers) {
  PacketStore store{4, 16};
  for (const int sequence : {7, 5, 8, 6}) EXPECT_TRUE(store.insert(sequence, sequence * 160, payload));
  EXPECT_TRUE(store.full());

  for (const int sequence : {5, 6, 7, 8}) {
    EXPECT_EQ(store.front().sequence, sequence);
    EXPECT_EQ(store.front().position, sequence * 160);
    EXPECT_EQ(store.front().payload.size(), 2u);
    store.pop_front();
  }
  EXPECT_TRUE(store.empty());
}

TEST(PacketStore, RefusesANumberThatItHas) {
  PacketStore store{4, 16};
  store.insert(5, 0, payload);

  EXPECT_FALSE(store.insert(5, 0, payload));
  EXPECT_EQ(store.size(), 1u);
}

TEST(PacketStore, UsesItsSlotsAgainForEver) {
  PacketStore store{2, 16};
  for (int sequence = 0; sequence < 1'000; ++sequence) {
    const std::array marked{static_cast<std::byte>(sequence % 256)};
    if (store.full()) store.pop_front();
    store.insert(sequence, 0, marked);
  }

  EXPECT_EQ(store.front().payload[0], std::byte{998 % 256});
}

TEST(PacketStore, KnowsWhatFitsIntoASlot) {
  const PacketStore store{2, 16};

  EXPECT_TRUE(store.fits(16));
  EXPECT_FALSE(store.fits(17));
}

}  // namespace
}  // namespace parley::audio
