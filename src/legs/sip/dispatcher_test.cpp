#include "legs/sip/dispatcher.hpp"

#include <gtest/gtest.h>

namespace parley::legs {
namespace {

sip::Message request(std::string method, std::string call_id, std::string to_tag = {}) {
  sip::Message message;
  message.method = std::move(method);
  message.call_id = std::move(call_id);
  message.via.push_back({.transport = "UDP", .host = "192.0.2.1"});
  message.via.back().params.set("branch", "z9hG4bKtheirs");
  if (!to_tag.empty()) message.to.params.set("tag", to_tag);
  return message;
}

TEST(Dispatcher, SpreadsInvitesAndKeepsWhatBelongsTogether) {
  int next = 0;
  Dispatcher dispatcher{3, [&] { return next++ % 3; }};
  const TimePoint now{};

  EXPECT_EQ(dispatcher.worker_for(request("INVITE", "a"), now), 0);
  EXPECT_EQ(dispatcher.worker_for(request("INVITE", "b"), now), 1);
  EXPECT_EQ(dispatcher.worker_for(request("INVITE", "c"), now), 2);
  EXPECT_EQ(dispatcher.worker_for(request("CANCEL", "b"), now + 1s), 1);
  EXPECT_EQ(dispatcher.worker_for(request("INVITE", "c"), now + 1s), 2);
  EXPECT_EQ(dispatcher.worker_for(request("ACK", "b"), now + 2s), 1);
}

TEST(Dispatcher, ForgetsACallIdAfterItsTransactionsAreOver) {
  int next = 0;
  Dispatcher dispatcher{2, [&] { return next++ % 2; }};
  const TimePoint now{};

  EXPECT_EQ(dispatcher.worker_for(request("INVITE", "a"), now), 0);
  EXPECT_EQ(dispatcher.worker_for(request("INVITE", "a"), now + 65s), 1);
}

TEST(Dispatcher, SendsWhatBelongsToNoInviteToTheWorkerOfSharedThings) {
  Dispatcher dispatcher{3, [] { return 2; }};
  EXPECT_EQ(dispatcher.worker_for(request("REGISTER", "a"), TimePoint{}), 0);
  EXPECT_EQ(dispatcher.worker_for(request("CANCEL", "stray"), TimePoint{}), 0);
}

}  // namespace
}  // namespace parley::legs
