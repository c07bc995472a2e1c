#include "providers/local/utterance_session.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "providers/local/testing.hpp"

namespace parley::providers::local {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::IsEmpty;
using ::testing::Le;
using ::testing::SizeIs;
using namespace std::chrono_literals;

class Utterances : public ::testing::Test, public speech::SttSink {
 protected:
  void on_transcript(const speech::Transcript& transcript) override {
    reports.push_back((transcript.final ? "final " : "interim ") + std::to_string(transcript.utterance) + ": " +
                      transcript.text);
    last = transcript;
    if (drop_session_on_report) session.reset();
  }
  void on_stt_failed(std::string_view reason) override { reports.push_back("failed " + std::string{reason}); }

  void speak(std::chrono::milliseconds duration, std::int16_t level = 3'000) {
    audio::Frame frame{audio::Rate::narrow};
    for (std::size_t i = 0; i < 160; ++i) frame.samples()[i] = i % 16 < 8 ? level : static_cast<std::int16_t>(-level);
    for (auto at = 0ms; at < duration; at += audio::frame_duration) session->write(frame);
  }
  void run() { testing::run_all(pool, *worker); }

  std::vector<std::string> reports;
  speech::Transcript last;
  bool drop_session_on_report = false;
  testing::ManualPool pool;
  std::shared_ptr<testing::ManualWorker> worker = std::make_shared<testing::ManualWorker>();
  std::shared_ptr<testing::CountingRecogniser> recogniser = std::make_shared<testing::CountingRecogniser>();
  std::unique_ptr<UtteranceSession> session = std::make_unique<UtteranceSession>(
      UtteranceSessionConfig{.rate = audio::Rate::narrow, .provider = "local"}, recogniser, pool, *this, worker);
};

TEST_F(Utterances, ReportTheirFinalOnceTheyEnd) {
  session->begin_utterance(7, 1s);
  speak(1s);
  session->end_utterance(2s);
  EXPECT_THAT(reports, IsEmpty());  // never from inside a function of the session
  run();

  EXPECT_THAT(reports, ElementsAre("final 7: 10"));
  EXPECT_EQ(last.started, 1s);
  EXPECT_EQ(last.ended, 2s);
  EXPECT_EQ(last.provider, "local");
}

TEST_F(Utterances, ReachTheModelAtSixteenKilohertz) {
  session->begin_utterance(1, 0s);
  speak(1s);
  session->end_utterance(1s);
  run();

  EXPECT_THAT(recogniser->sizes, ElementsAre(16'000));
}

TEST_F(Utterances, IgnoreSoundOutsideOfThem) {
  speak(1s);
  session->begin_utterance(1, 0s);
  speak(500ms);
  session->end_utterance(500ms);
  speak(1s);
  run();

  EXPECT_THAT(reports, ElementsAre("final 1: 5"));
}

TEST_F(Utterances, GoOnAfterAnEndThatWasResumedAndVoidItsFinal) {
  session->begin_utterance(1, 0s);
  speak(1s);
  session->end_utterance(1s);
  session->resume_utterance();
  speak(1s);
  run();
  EXPECT_THAT(reports, IsEmpty());
  EXPECT_THAT(recogniser->sizes, IsEmpty());  // not even begun

  session->end_utterance(2s);
  run();

  EXPECT_THAT(reports, ElementsAre("final 1: 20"));
}

TEST_F(Utterances, VoidAResultThatWasOnItsWayWhenSpeechResumed) {
  session->begin_utterance(1, 0s);
  speak(1s);
  session->end_utterance(1s);
  pool.run_one();
  session->resume_utterance();
  run();

  EXPECT_THAT(reports, IsEmpty());
}

TEST_F(Utterances, ReportAnotherFinalWhenResumedAfterTheFirst) {
  session->begin_utterance(1, 0s);
  speak(1s);
  session->end_utterance(1s);
  run();
  session->resume_utterance();
  speak(1s);
  session->end_utterance(2s);
  run();

  EXPECT_THAT(reports, ElementsAre("final 1: 10", "final 1: 20"));
}

TEST_F(Utterances, ReportInterimsWhileTheyAreLong) {
  session->begin_utterance(1, 0s);
  speak(2s);
  run();
  speak(2s);
  run();

  EXPECT_THAT(reports, ElementsAre("interim 1: 20", "interim 1: 40"));
}

TEST_F(Utterances, AskForOneInterimAtATimeAndForNoneWhenThePoolIsBusy) {
  session->begin_utterance(1, 0s);
  speak(8s);
  EXPECT_EQ(pool.depth(), 1u);
  run();
  (void)pool.try_submit([] {});
  speak(3s);

  EXPECT_EQ(pool.depth(), 1u);
  EXPECT_THAT(reports, ElementsAre("interim 1: 20"));
}

TEST_F(Utterances, NeverReportAnInterimAfterTheFinal) {
  session->begin_utterance(1, 0s);
  speak(2s);
  session->end_utterance(2s);
  pool.run_last();  // another thread was faster
  worker->run();
  run();

  EXPECT_THAT(reports, ElementsAre("final 1: 20"));
}

TEST_F(Utterances, AreRecognisedInPiecesWhenTheyAreLong) {
  session->begin_utterance(1, 0s);
  for (int i = 0; i < 4; ++i) {
    speak(11s);
    speak(400ms, 20);  // a pause
    run();
  }
  reports.clear();
  session->end_utterance(46s);
  run();

  ASSERT_THAT(reports, SizeIs(1));
  EXPECT_THAT(last.text, ::testing::MatchesRegex("11[0-9] 11[0-9] 11[0-9] 11[0-9]"));
  EXPECT_THAT(recogniser->sizes, Each(Le(15u * 16'000)));
}

TEST_F(Utterances, HoldThirtySecondsAtMostWhileThePoolIsFull) {
  pool.limit = 0;
  session->begin_utterance(1, 0s);
  speak(70s);
  pool.limit = 16;
  session->end_utterance(70s);
  run();

  ASSERT_THAT(reports, SizeIs(1));
  EXPECT_THAT(recogniser->sizes, Each(Le(15u * 16'000)));
}

TEST_F(Utterances, EndWithAnEmptyFinalWhenThePoolIsFull) {
  pool.limit = 0;
  session->begin_utterance(1, 0s);
  speak(1s);
  session->end_utterance(1s);
  run();

  EXPECT_THAT(reports, ElementsAre("final 1: "));
}

TEST_F(Utterances, EndWithAnEmptyFinalWhenTheModelFails) {
  recogniser->fails = true;
  session->begin_utterance(1, 0s);
  speak(1s);
  session->end_utterance(1s);
  run();

  EXPECT_THAT(reports, ElementsAre("final 1: "));
}

TEST_F(Utterances, OfSilenceAreNotShownToTheModel) {
  session->begin_utterance(1, 0s);
  speak(1s, 3);
  session->end_utterance(1s);
  session->begin_utterance(2, 1s);
  session->end_utterance(1s);
  run();

  EXPECT_THAT(reports, ElementsAre("final 1: ", "final 2: "));
  EXPECT_THAT(recogniser->sizes, IsEmpty());
}

TEST_F(Utterances, ReportTheirFinalsInOrder) {
  for (std::uint64_t i = 1; i <= 3; ++i) {
    session->begin_utterance(i, 0s);
    speak(std::chrono::milliseconds{i * 200});
    session->end_utterance(1s);
  }
  pool.run_last();
  worker->run();
  EXPECT_THAT(reports, IsEmpty());
  run();

  EXPECT_THAT(reports, ElementsAre("final 1: 2", "final 2: 4", "final 3: 6"));
}

TEST_F(Utterances, EndWhenTheNextOneBegins) {
  session->begin_utterance(1, 0s);
  speak(1s);
  session->begin_utterance(2, 1s);
  speak(500ms);
  session->end_utterance(2s);
  run();

  EXPECT_THAT(reports, ElementsAre("final 1: 10", "final 2: 5"));
}

TEST_F(Utterances, ReportNothingAfterTheSessionIsGone) {
  session->begin_utterance(1, 0s);
  speak(2s);
  session->end_utterance(2s);
  pool.run_one();
  session.reset();
  run();

  EXPECT_THAT(reports, IsEmpty());
}

TEST_F(Utterances, SurviveASinkThatDropsTheSession) {
  drop_session_on_report = true;
  for (std::uint64_t i = 1; i <= 2; ++i) {
    session->begin_utterance(i, 0s);
    speak(500ms);
    session->end_utterance(1s);
  }
  run();

  EXPECT_THAT(reports, SizeIs(1));
}

TEST_F(Utterances, SurviveEndsAndResumptionsOutOfOrder) {
  session->resume_utterance();
  session->end_utterance(1s);
  session->begin_utterance(1, 0s);
  session->resume_utterance();
  session->end_utterance(1s);
  session->end_utterance(2s);
  run();

  EXPECT_THAT(reports, ElementsAre("final 1: "));
}

TEST_F(Utterances, DoNotBelieveWordsThatAreHeardInNoise) {
  recogniser->says = "You";
  session->begin_utterance(1, 0s);
  speak(600ms, 60);
  session->end_utterance(1s);
  session->begin_utterance(2, 0s);
  speak(600ms, 3'000);
  session->end_utterance(1s);
  run();

  EXPECT_THAT(reports, ElementsAre("final 1: ", "final 2: You"));
}

}  // namespace
}  // namespace parley::providers::local
