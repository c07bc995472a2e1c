#include "speech/sentence_splitter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace parley::speech {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<std::string> drain(SentenceSplitter& splitter) {
  std::vector<std::string> out;
  while (auto sentence = splitter.poll()) out.push_back(std::move(*sentence));
  return out;
}

std::vector<std::string> split(std::string_view text) {
  SentenceSplitter splitter;
  splitter.feed(text);
  splitter.finish();
  return drain(splitter);
}

TEST(SentenceSplitter, LeavesWholeSentences) {
  EXPECT_THAT(split("Good morning. How are you? Fine!"), ElementsAre("Good morning.", "How are you?", "Fine!"));
}

TEST(SentenceSplitter, GivesTheFirstClauseEarlyAndTheRestBySentences) {
  EXPECT_THAT(
      split("You have two things on your list: milk, bread, and eggs. Anything else, or is "
            "that all?"),
      ElementsAre("You have two things on your list:", "milk, bread, and eggs.", "Anything else, or is that all?"));
}

TEST(SentenceSplitter, KeepsAFirstClauseThatIsTooShortToSpeakAlone) {
  EXPECT_THAT(split("Well, yes, I can do that for you, of course."),
              ElementsAre("Well, yes, I can do that for you,", "of course."));
}

TEST(SentenceSplitter, WaitsForTheCharacterThatConfirmsAFullStop) {
  SentenceSplitter splitter;

  splitter.feed("It costs $29.");
  EXPECT_THAT(drain(splitter), IsEmpty());
  splitter.feed("99 a month.");
  EXPECT_THAT(drain(splitter), IsEmpty());
  splitter.feed(" Shall I");

  EXPECT_THAT(drain(splitter), ElementsAre("It costs $29.99 a month."));
}

TEST(SentenceSplitter, EndsAPriceAtASentenceEnd) {
  EXPECT_THAT(split("It costs $29. Next one."), ElementsAre("It costs $29.", "Next one."));
}

TEST(SentenceSplitter, NeedsNoConfirmationAfterAQuestionAndASpace) {
  SentenceSplitter splitter;

  splitter.feed("Are you there? ");

  EXPECT_THAT(drain(splitter), ElementsAre("Are you there?"));
}

TEST(SentenceSplitter, DoesNotEndASentenceAtAnAbbreviation) {
  EXPECT_THAT(split("Ask Mr. Smith or Dr. J. Jones. They know."),
              ElementsAre("Ask Mr. Smith or Dr. J. Jones.", "They know."));
  EXPECT_THAT(split("Some fruit, e.g. Granny Smith, i.e. Apples. Good."),
              ElementsAre("Some fruit, e.g. Granny Smith,", "i.e. Apples.", "Good."));
  EXPECT_THAT(split("No. That is No. 5."), ElementsAre("No.", "That is No. 5."));
  EXPECT_THAT(split("It is 3 p.m. in Rome. It is 9 a.m. here."), SizeIs(2));
}

TEST(SentenceSplitter, DoesNotSplitNumbersAddressesAndTimes) {
  EXPECT_THAT(split("Pi is 3.14159 and 10,000 people at 15:04 read example.com/index.html today."),
              ElementsAre("Pi is 3.14159 and 10,000 people at 15:04 read example.com/index.html today."));
}

TEST(SentenceSplitter, GivesTheSamePiecesHoweverTheTextIsCutUp) {
  constexpr std::string_view text =
      "Of course, let me look at this: **two** things — see [the "
      "list](https://example.com/a.b?c=d). "
      "It costs $29.99! ```code. here.``` Ask Mr. Smith \xF0\x9F\x98\x80. <b>Done</b>?\n- milk\n- "
      "bread\nThat is all";
  const auto whole = split(text);

  for (std::size_t size = 1; size < 12; ++size) {
    SentenceSplitter splitter;
    std::vector<std::string> pieces;
    for (std::size_t at = 0; at < text.size(); at += size) {
      splitter.feed(text.substr(at, size));
      for (auto& piece : drain(splitter)) pieces.push_back(std::move(piece));
    }
    splitter.finish();
    for (auto& piece : drain(splitter)) pieces.push_back(std::move(piece));

    EXPECT_EQ(pieces, whole) << "in deltas of " << size;
  }
}

TEST(SentenceSplitter, NeverSpeaksMarkdown) {
  EXPECT_THAT(split("# Your list\n\nHere is **everything** on *your* `list`:\n\n* milk\n* brown bread\n"),
              ElementsAre("Your list.", "Here is everything on your list:", "milk.", "brown bread."));
  EXPECT_THAT(split("> A quote with snake_case and _emphasis_."), ElementsAre("A quote with snake case and emphasis."));
  EXPECT_THAT(split("1. Open the door.\n2. Go in."), ElementsAre("1. Open the door.", "2. Go in."));
  EXPECT_THAT(split("above\n---\nbelow"), ElementsAre("above", "below"));
}

TEST(SentenceSplitter, NeverSpeaksCodeLinksTagsReasoningOrPictures) {
  EXPECT_THAT(split("See [our page](https://example.com/x_(y) today."), ElementsAre("See our page today."));
  EXPECT_THAT(split("Before.\n```python\nprint('no.')\n```\nAfter."), ElementsAre("Before.", "After."));
  EXPECT_THAT(split("<think>Do I know? Yes.</think>Hello <b>you</b>."), ElementsAre("Hello you."));
  EXPECT_THAT(split("Great \xF0\x9F\x8E\x89\xEF\xB8\x8F work \xE2\x9C\x85."), ElementsAre("Great work ."));
}

TEST(SentenceSplitter, KeepsSignsThatAreNoMarkup) {
  EXPECT_THAT(split("-5 degrees, and 3 < 4, and [sic] too."), ElementsAre("-5 degrees, and 3 < 4,", "and sic too."));
}

TEST(SentenceSplitter, KeepsLettersOfOtherLanguages) {
  EXPECT_THAT(split("Grüße aus Köln. Ça va ?"), ElementsAre("Grüße aus Köln.", "Ça va ?"));
}

TEST(SentenceSplitter, SaysNothingForTextWithoutSound) {
  EXPECT_THAT(split(""), IsEmpty());
  EXPECT_THAT(split(" ... \n --- \n **!** "), IsEmpty());
}

TEST(SentenceSplitter, CutsASentenceThatDoesNotEnd) {
  std::string endless;
  for (int i = 0; i < 500; ++i) endless += "and then ";

  const auto pieces = split(endless);

  EXPECT_THAT(pieces, Each(::testing::Property(&std::string::size, ::testing::Le(SentenceSplitter::max_sentence))));
  EXPECT_GT(pieces.size(), 10u);
}

TEST(SentenceSplitter, CutsTextWithoutSpacesBetweenCharacters) {
  std::string endless;
  for (int i = 0; i < 400; ++i) endless += "é";

  const auto pieces = split(endless);

  ASSERT_GE(pieces.size(), 2u);
  EXPECT_EQ(pieces[0].size() % 2, 0u);
}

TEST(SentenceSplitter, TreatsAnUnfinishedMarkAtTheEndAsText) {
  EXPECT_THAT(split("Is 3 <b"), ElementsAre("Is 3 <b"));
  EXPECT_THAT(split("see [here](https://exam"), ::testing::SizeIs(1));
}

TEST(SentenceSplitter, KeepsUpWithAHugeDelta) {
  std::string huge;
  for (int i = 0; i < 20'000; ++i) huge += "<a Another sentence. ";

  EXPECT_GT(split(huge).size(), 10'000u);
}

}  // namespace
}  // namespace parley::speech
