#include "providers/local/sentence_tts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "providers/local/testing.hpp"

namespace parley::providers::local {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Sentences : public ::testing::Test, public speech::TtsSink {
 protected:
  void on_audio(std::uint64_t sentence, std::span<const std::int16_t> samples) override {
    reports.push_back("audio " + std::to_string(sentence) + ": " + std::to_string(samples.size()));
    if (cancel_on_audio) session->cancel();
  }
  void on_sentence_done(std::uint64_t sentence) override { reports.push_back("done " + std::to_string(sentence)); }
  void on_tts_failed(std::uint64_t sentence, std::string_view reason) override {
    reports.push_back("failed " + std::to_string(sentence) + ": " + std::string{reason});
  }
  void run() { testing::run_all(pool, *worker); }

  std::vector<std::string> reports;
  bool cancel_on_audio = false;
  testing::ManualPool pool;
  std::shared_ptr<testing::ManualWorker> worker = std::make_shared<testing::ManualWorker>();
  std::shared_ptr<testing::CountingVoice> voice = std::make_shared<testing::CountingVoice>();
  SentenceTts tts{{}, voice, pool};
  std::unique_ptr<speech::TtsSession> session = tts.open({}, *this, worker);
};

TEST_F(Sentences, AreDeliveredWholeAndInOrder) {
  session->say(1, "one");
  session->say(2, "three");
  EXPECT_THAT(reports, IsEmpty());
  run();

  EXPECT_THAT(reports, ElementsAre("audio 1: 300", "done 1", "audio 2: 500", "done 2"));
}

TEST_F(Sentences, HaveTheRateOfTheSession) {
  auto wide = tts.open({.rate = audio::Rate::wide, .language = "en", .voice = {}}, *this, worker);
  wide->say(1, "one");
  run();

  EXPECT_THAT(reports, ElementsAre("audio 1: 600", "done 1"));
}

TEST_F(Sentences, AreRenderedOnceAndThenRemembered) {
  session->say(1, "one");
  run();
  session->say(2, "one");
  EXPECT_EQ(pool.depth(), 0u);  // needs no pool
  run();

  EXPECT_EQ(voice->rendered, 1);
  EXPECT_THAT(reports, ElementsAre("audio 1: 300", "done 1", "audio 2: 300", "done 2"));
}

TEST_F(Sentences, CanBeRenderedAhead) {
  const std::vector<std::string> phrases{"one moment", "goodbye"};
  tts.prerender(phrases, audio::Rate::narrow);
  run();
  session->say(1, "goodbye");
  worker->run();

  EXPECT_EQ(voice->rendered, 2);
  EXPECT_THAT(reports, ElementsAre("audio 1: 700", "done 1"));
}

TEST_F(Sentences, AreNotDeliveredAfterCancel) {
  session->say(1, "one");
  session->say(2, "two");
  pool.run_one();
  session->cancel();
  run();
  EXPECT_THAT(reports, IsEmpty());

  session->say(3, "three");
  run();

  EXPECT_THAT(reports, ElementsAre("audio 3: 500", "done 3"));
}

TEST_F(Sentences, AreNotRenderedWhenCancelledInTime) {
  session->say(1, "one");
  session->cancel();
  run();

  EXPECT_EQ(voice->rendered, 0);
}

TEST_F(Sentences, StopWithTheSessionsEnd) {
  session->say(1, "one");
  pool.run_one();
  session.reset();
  run();

  EXPECT_THAT(reports, IsEmpty());
}

TEST_F(Sentences, MayBeCancelledFromInsideTheSink) {
  cancel_on_audio = true;
  session->say(1, "one");
  session->say(2, "two");
  run();

  EXPECT_THAT(reports, ElementsAre("audio 1: 300"));
}

TEST_F(Sentences, FailAloneAndTheNextOneGoesOn) {
  voice->fails = true;
  session->say(1, "one");
  session->say(2, "two");
  pool.run_one();
  voice->fails = false;
  run();

  EXPECT_THAT(reports, ElementsAre("failed 1: no breath", "audio 2: 300", "done 2"));
}

TEST_F(Sentences, FailWhenThePoolIsFull) {
  pool.limit = 0;
  session->say(1, "one");
  EXPECT_THAT(reports, IsEmpty());
  run();

  EXPECT_THAT(reports, ElementsAre("failed 1: speech pool full"));
}

TEST_F(Sentences, FailWhenTooManyWait) {
  for (std::uint64_t i = 0; i <= SentenceTts::max_waiting; ++i) session->say(i, "one");
  worker->run();

  EXPECT_THAT(reports, ElementsAre("failed 64: too many sentences are waiting"));
}

TEST_F(Sentences, WithoutSoundAreDoneAtOnce) {
  session->say(1, "");
  run();

  EXPECT_THAT(reports, ElementsAre("done 1"));
}

TEST_F(Sentences, OfOtherLanguagesAreLeftToOtherProviders) {
  EXPECT_EQ(tts.open({.rate = audio::Rate::narrow, .language = "de", .voice = {}}, *this, worker), nullptr);
}

TEST(SentenceCache, ForgetsWhatWasNotUsedLongest) {
  const auto pcm = std::make_shared<const std::vector<std::int16_t>>(100);
  SentenceCache cache{850};
  for (const char* text : {"a", "b", "c", "d"}) cache.insert(text, 8'000, pcm);
  EXPECT_NE(cache.find("a", 8'000), nullptr);

  cache.insert("e", 8'000, pcm);

  EXPECT_NE(cache.find("a", 8'000), nullptr);
  EXPECT_EQ(cache.find("b", 8'000), nullptr);
  EXPECT_EQ(cache.find("a", 16'000), nullptr);
  EXPECT_LE(cache.bytes(), 850u);
}

TEST(SentenceCache, DoesNotKeepWhatWouldPushOutEverythingElse) {
  SentenceCache cache{1'000};

  cache.insert("long", 8'000, std::make_shared<const std::vector<std::int16_t>>(1'000));

  EXPECT_EQ(cache.bytes(), 0u);
}

}  // namespace
}  // namespace parley::providers::local
