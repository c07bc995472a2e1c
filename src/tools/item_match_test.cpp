#include "tools/item_match.hpp"

#include <gtest/gtest.h>

namespace parley::tools {
namespace {

using Items = std::vector<std::string>;

TEST(FindItem, IgnoresCasePunctuationAndArticles) {
  EXPECT_EQ(find_item({"Bread", "milk"}, "the Milk!"), 1U);
  EXPECT_EQ(find_item({"dentist's letter"}, "dentists letter"), 0U);
}

TEST(FindItem, PrefersTheSameOverTheSimilar) {
  EXPECT_EQ(find_item({"oat milk", "milk"}, "milk"), 1U);
  EXPECT_EQ(find_item({"bred", "bread"}, "bread"), 1U);
}

TEST(FindItem, TakesAPartForTheWholeAndTheWholeForAPart) {
  EXPECT_EQ(find_item({"call the dentist", "buy two litres of milk"}, "milk"), 1U);
  EXPECT_EQ(find_item({"eggs", "milk"}, "the milk from the shop"), 1U);
}

TEST(FindItem, ForgivesAMisheardWord) {
  EXPECT_EQ(find_item({"milk", "bread"}, "bred"), 1U);
  EXPECT_EQ(find_item({"tomatoes"}, "tomatos"), 0U);
}

TEST(FindItem, TakesTheOlderOfTwoThatFitEqually) { EXPECT_EQ(find_item({"milk", "milk"}, "milk"), 0U); }

TEST(FindItem, FindsNothingInWhatIsDifferent) {
  EXPECT_EQ(find_item({"milk", "bread"}, "eggs"), std::nullopt);
  EXPECT_EQ(find_item({"milk"}, "silk scarf"), std::nullopt);
  EXPECT_EQ(find_item({"tea"}, "pea"), std::nullopt);
  EXPECT_EQ(find_item({}, "milk"), std::nullopt);
  EXPECT_EQ(find_item({"milk"}, "the"), std::nullopt);
  EXPECT_EQ(find_item({"!!"}, "!!"), std::nullopt);
}

TEST(FindItem, KeepsLettersOfOtherAlphabets) { EXPECT_EQ(find_item({"молоко", "grüner Tee"}, "Grüner tee"), 1U); }

}  // namespace
}  // namespace parley::tools
