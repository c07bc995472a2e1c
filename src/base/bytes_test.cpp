#include "base/bytes.hpp"

#include <gtest/gtest.h>

namespace parley {
namespace {

TEST(Bytes, ReaderTakesWhatTheWriterPut) {
  std::array<std::byte, 18> buffer{};
  ByteWriter out{buffer};
  out.u8(0x01);
  out.u16(0x0203);
  out.u24(0x040506);
  out.u32(0x0708090a);
  out.u64(0x0b0c0d0e0f101112);
  ASSERT_FALSE(out.failed());
  ASSERT_EQ(out.size(), 18u);

  ByteReader in{out.written()};
  EXPECT_EQ(in.u8(), 0x01);
  EXPECT_EQ(in.u16(), 0x0203);
  EXPECT_EQ(in.u24(), 0x040506u);
  EXPECT_EQ(in.u32(), 0x0708090au);
  EXPECT_EQ(in.u64(), 0x0b0c0d0e0f101112u);
  EXPECT_TRUE(in.empty());
  EXPECT_FALSE(in.failed());
}

TEST(Bytes, ReaderYieldsZerosPastTheEndAndRemembers) {
  const std::array<std::byte, 3> bytes{std::byte{1}, std::byte{2}, std::byte{3}};
  ByteReader in{bytes};
  EXPECT_EQ(in.u16(), 0x0102);
  EXPECT_EQ(in.u16(), 0);
  EXPECT_EQ(in.u8(), 0);
  EXPECT_TRUE(in.failed());
}

TEST(Bytes, WriterStopsAtTheEndAndRemembers) {
  std::array<std::byte, 3> buffer{};
  ByteWriter out{buffer};
  out.u16(0xffff);
  out.u16(0xffff);
  out.u8(0xff);
  EXPECT_TRUE(out.failed());
  EXPECT_EQ(out.size(), 2u);
}

}  // namespace
}  // namespace parley
