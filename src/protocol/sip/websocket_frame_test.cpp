#include "protocol/sip/websocket_frame.hpp"

#include <gtest/gtest.h>

#include <string>

namespace parley::sip {
namespace {

TEST(WebSocketFrame, HoldsOneMessage) {
  EXPECT_EQ(frame_kind("OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/WS x.invalid\r\n\r\n"), FrameKind::message);
  EXPECT_EQ(frame_kind("SIP/2.0 200 OK\r\nVia: SIP/2.0/WS x.invalid\r\n\r\nbody"), FrameKind::message);
  EXPECT_EQ(frame_kind("\r\nSIP/2.0 200 OK\r\n\r\n"), FrameKind::message);
}

TEST(WebSocketFrame, KeepsTheConnectionAlive) {
  EXPECT_EQ(frame_kind("\r\n\r\n"), FrameKind::ping);
  EXPECT_EQ(frame_kind("\r\n"), FrameKind::pong);
}

TEST(WebSocketFrame, IsForeignWithoutAStartLineAndAnEndOfTheHeader) {
  for (const std::string_view frame : {"", "hello", "{\"type\":\"offer\"}", "GET / HTTP/1.1\r\n\r\n", "SIP/2.0\r\n\r\n",
                                       "SIP/2.0 200 OK\r\nVia: x\r\n", "\r\n\r\n\r\n", "OPTIONS sip:a@b SIP/2.0"})
    EXPECT_EQ(frame_kind(frame), FrameKind::foreign) << frame;
}

TEST(WebSocketFrame, IsTextOnlyWhereItIsUtf8) {
  for (const std::string_view text :
       {"", "Anna", "Zoë", "漢字", "\xF0\x9F\x93\x9E", "\xED\x9F\xBF", "\xF4\x8F\xBF\xBF"})
    EXPECT_TRUE(is_utf8(text)) << text;
  for (const std::string_view text : {"Zo\xEB", "\xC3", "\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                                      "\xF0\x80\x80\x80", "\x80", "\xFF", "\xE2\x82", "\xE2\x28\xA1"})
    EXPECT_FALSE(is_utf8(text)) << testing::PrintToString(text);
}

}  // namespace
}  // namespace parley::sip
