#include "providers/local/rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "providers/local/dialogue.hpp"
#include "providers/local/reply_template.hpp"
#include "providers/local/testing.hpp"

namespace parley::providers::local {
namespace {

using speech::Message;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

const Rules& rules() {
  static const Rules parsed = [] {
    auto result = parse_rules(default_rules(), "rules.yaml");
    if (!result) throw std::runtime_error(result.error());
    return std::move(*result);
  }();
  return parsed;
}

/// A conversation as an assistant leads it.
class Talk {
 public:
  Talk() {
    for (const char* tool : {"todo_add", "todo_list", "todo_done", "note", "time", "transfer", "end_call"})
      request.tools.push_back({tool, "", "{}"});
  }

  /// What is answered: the text, then the tool calls in brackets.
  std::string say(const std::string& text) {
    add(Message::Role::user, text);
    return reply();
  }
  /// The results of all the calls of the last reply, alike.
  std::string result(const std::string& json) {
    const auto calls = request.messages.back().tool_calls;
    for (const auto& call : calls) {
      add(Message::Role::tool, json);
      request.messages.back().tool_call_id = call.id;
    }
    return reply();
  }
  std::string reply() {
    const Reply made = answer(rules(), request);
    add(Message::Role::assistant, made.text);
    request.messages.back().tool_calls = made.tool_calls;
    std::string out = made.text;
    for (const auto& call : made.tool_calls) out += "[" + call.name + " " + call.arguments + "]";
    return out;
  }
  void add(Message::Role role, const std::string& text) {
    request.messages.push_back({.role = role, .text = text, .tool_calls = {}, .tool_call_id = {}});
  }

  speech::LlmRequest request;
};

struct Row {
  const char* heard;
  const char* answer;  // begins with this, or contains it when it begins with …
};

std::ostream& operator<<(std::ostream& out, const Row& row) { return out << row.heard; }

class Understanding : public ::testing::TestWithParam<Row> {};

TEST_P(Understanding, FindsWhatWasMeant) {
  Talk talk;

  EXPECT_THAT(talk.say(GetParam().heard), HasSubstr(GetParam().answer)) << GetParam().heard;
}

INSTANTIATE_TEST_SUITE_P(
    Wishes, Understanding,
    ::testing::Values(
        Row{"Hello.", "Hi there."}, Row{"hi, good morning", "Hi there."}, Row{"Hello, can you hear me?", "Hi there."},
        Row{"Help.", "I can tell you the time"}, Row{"What can you do?", "I can tell you the time"},
        Row{"Uh, help me please", "I can tell you the time"}, Row{"how does this work", "I can tell you the time"},
        Row{"Who are you?", "I am Parley"}, Row{"am I talking to a robot? Are you a robot?", "I am Parley"},
        Row{"What time is it?", "[time {}]"}, Row{"whats the time", "[time {}]"},
        Row{"Hello. What time is it?", "[time {}]"}, Row{"could you please tell me the time", "[time {}]"},
        Row{"what tyme is it", "[time {}]"}, Row{"what dime is it", "[time {}]"},
        Row{"What day is it today?", "[time {}]"}, Row{"what is today's date", "[time {}]"},
        Row{"What's the date?", "[time {}]"}, Row{"Add milk to my list.", R"([todo_add {"item":"milk"}])"},
        Row{"ad milk to my list", R"([todo_add {"item":"milk"}])"},
        Row{"at milk to the list", R"([todo_add {"item":"milk"}])"},
        Row{"Please add milk to my to-do list", R"([todo_add {"item":"milk"}])"},
        Row{"add milk to my lisst", R"([todo_add {"item":"milk"}])"},
        Row{"Add brown bread", R"([todo_add {"item":"brown bread"}])"},
        Row{"put eggs on my shopping list", R"([todo_add {"item":"eggs"}])"},
        Row{"could you add a birthday cake for the kids to my list",
            R"([todo_add {"item":"birthday cake for the kids"}])"},
        Row{"Add milk, eggs, and bread to my list.",
            R"([todo_add {"item":"milk"}][todo_add {"item":"eggs"}][todo_add {"item":"bread"}])"},
        Row{"Remind me to call the dentist.", R"([todo_add {"item":"call the dentist"}])"},
        Row{"What is on my list?", "[todo_list {}]"}, Row{"what's on my to do list", "[todo_list {}]"},
        Row{"Read me my list, please.", "[todo_list {}]"}, Row{"what do I have to do", "[todo_list {}]"},
        Row{"what is on my last", "[todo_list {}]"}, Row{"Well, so what's on the list then?", "[todo_list {}]"},
        Row{"Remove milk from my list.", R"([todo_done {"item":"milk"}])"},
        Row{"I bought the milk.", R"([todo_done {"item":"milk"}])"},
        Row{"cross off the bread", R"([todo_done {"item":"bread"}])"},
        Row{"mark milk as done", R"([todo_done {"item":"milk"}])"},
        Row{"delete milk and bread from the list", R"([todo_done {"item":"milk"}][todo_done {"item":"bread"}])"},
        Row{"Talk to a human.", "[transfer"}, Row{"tock to a human", "[transfer"},
        Row{"I want to speak to a real person, please", "[transfer"}, Row{"can I talk to an agent", "[transfer"},
        Row{"operator", "[transfer"}, Row{"speak to someone", "[transfer"}, Row{"Representative!", "[transfer"},
        Row{"talk to a humen", "[transfer"}, Row{"put me through", "[transfer"},
        Row{"transfer me to extension 2001", R"([transfer {"to":"2001"}])"},
        Row{"connect me to two zero zero one", R"([transfer {"to":"2001"}])"}, Row{"Take a note.", "write down"},
        Row{"leave a message", "write down"},
        Row{"Take a note that John called about the invoice.",
            R"([note {"text":"Take a note that John called about the invoice."}])"},
        Row{"Call me back tomorrow at nine.", R"([note {"text":"Call me back tomorrow at nine."}])"},
        Row{"call me back", "your number"}, Row{"Goodbye.", "[end_call {}]"}, Row{"good bye", "[end_call {}]"},
        Row{"Okay, thank you, bye bye.", "[end_call {}]"}, Row{"bye", "[end_call {}]"},
        Row{"no thanks, goodbye", "[end_call {}]"}, Row{"please hang up", "[end_call {}]"},
        Row{"Thank you very much.", "You are welcome."}, Row{"thanks", "You are welcome."},
        Row{"Never mind.", "All right."}));

// What the recogniser made of a synthetic caller (espeak-ng, American and British, 120 to 150 words
// per minute) over µ-law.
INSTANTIATE_TEST_SUITE_P(
    MishearingsOfASyntheticCaller, Understanding,
    ::testing::Values(
        Row{"Talk to human.", "[transfer"}, Row{"Talk to a few men.", "[transfer"}, Row{"Talk to humans.", "[transfer"},
        Row{"Can I talk to an agent to clean?", "[transfer"}, Row{"Can I talk to an agent's plea?", "[transfer"},
        Row{"Connect meet extension 201.", R"([transfer {"to":"201"}])"},
        Row{"Ah, milk for my loos.", R"([todo_add {"item":"milk"}])"},
        Row{"I'd milk for my list.", R"([todo_add {"item":"milk"}])"},
        Row{"Aired meal for my loos.", R"([todo_add {"item":"meal"}])"},
        Row{"\"Earn meal\" to my louves.", R"([todo_add {"item":"meal"}])"},
        Row{"\"Aard meal\" for my loos.", R"([todo_add {"item":"meal"}])"},
        Row{"I'd milk to my lift.", R"([todo_add {"item":"milk"}])"},
        Row{"I'd milk, or my lyst.", R"([todo_add {"item":"milk"}])"},
        Row{"I'd milk till my list.", R"([todo_add {"item":"milk till"}])"},
        Row{"Ah, bread for my loose.", R"([todo_add {"item":"bread"}])"}, Row{"Working on my list.", "[todo_list {}]"},
        Row{"Working on my live.", "[todo_list {}]"}, Row{"What in mind my list?", "[todo_list {}]"},
        Row{"What am on my list?", "[todo_list {}]"}, Row{"Whatever my life.", "[todo_list {}]"},
        Row{"What the monk my list?", "[todo_list {}]"}, Row{"Worked in on my list.", "[todo_list {}]"},
        Row{"What him on my list?", "[todo_list {}]"}, Row{"Don't buy.", "[end_call {}]"},
        Row{"Not by.", "[end_call {}]"}, Row{"Go by.", "[end_call {}]"}, Row{"Not bye.", "[end_call {}]"},
        Row{"What time in it?", "[time {}]"}, Row{"What may in it?", "[time {}]"}, Row{"What pain is it?", "[time {}]"},
        Row{"Remove meals from my louvre.", R"([todo_done {"item":"meals"}])"}, Row{"Call me Mac tomorrow.", "[note"},
        Row{"Felt.", "I can tell you the time"}));

INSTANTIATE_TEST_SUITE_P(NothingInParticular, Understanding,
                         ::testing::Values(Row{"The weather in Paris is lovely in spring.", "not get that"},
                                           Row{"I do not have much time for books", "not get that"},
                                           Row{"I'm not sure about the red car", "not get that"},
                                           Row{"banana", "not get that"}, Row{"could you", "not get that"},
                                           Row{"...", "not get that"},
                                           Row{"And then we went to the lake with everybody", "not get that"},
                                           Row{"Don't call the police", "not get that"}));

TEST(Dialogue, GreetsWhenNobodyHasSpoken) {
  Talk talk;

  EXPECT_EQ(talk.reply(), "Hello, this is Parley. How can I help you?");
}

TEST(Dialogue, TellsTheTimeOfTheToolsResult) {
  Talk talk;
  talk.say("what time is it");

  EXPECT_THAT(talk.result(R"({"time":"15:04","date":"2026-11-21","weekday":"Saturday"})"), HasSubstr("3:04 PM"));
}

TEST(Dialogue, TellsTheDateOfTheSameToolsResult) {
  Talk talk;
  talk.say("what day is it");

  EXPECT_THAT(talk.result(R"({"time":"15:04","date":"2026-11-21","weekday":"Saturday"})"),
              HasSubstr("Saturday, November 21st"));
}

TEST(Dialogue, TellsWhatIsOnTheList) {
  Talk talk;
  talk.say("what is on my list");

  EXPECT_THAT(talk.result(R"({"items":["milk","bread"]})"), HasSubstr("two things on your list: milk and bread."));
  talk.say("what is on my list");
  EXPECT_THAT(talk.result(R"({"items":[]})"),
              ::testing::AnyOf(HasSubstr("nothing on your list"), HasSubstr("list is empty")));
  talk.say("what is on my list");
  EXPECT_THAT(talk.result(R"({"items":["milk"]})"), HasSubstr("one thing on your list: milk."));
}

TEST(Dialogue, TellsTheResultsOfSeveralCallsInOneSentence) {
  Talk talk;
  talk.say("add milk and bread to my list");
  const auto calls = talk.request.messages.back().tool_calls;
  ASSERT_THAT(calls, SizeIs(2));
  EXPECT_NE(calls[0].id, calls[1].id);
  for (int i = 0; i < 2; ++i) {
    talk.add(Message::Role::tool, i == 0 ? R"({"added":"milk","count":1})" : R"({"added":"bread","count":2})");
    talk.request.messages.back().tool_call_id = calls[static_cast<std::size_t>(i)].id;
  }

  EXPECT_EQ(talk.reply(), "I put milk and bread on your list. That makes two things.");
}

TEST(Dialogue, TellsWhatIsOnTheListWhenAnItemIsNot) {
  Talk talk;
  talk.say("remove cheese from my list");

  EXPECT_EQ(talk.result(R"({"error":"not_found","items":["milk","bread"]})"),
            "I did not find that on your list. It has milk and bread.");
}

TEST(Dialogue, OffersANoteAfterAFailedTransferAndTakesIt) {
  Talk talk;
  EXPECT_THAT(talk.say("talk to a human"), HasSubstr("[transfer"));
  EXPECT_THAT(talk.result(R"({"status":"failed","cause":"no_agent"})"),
              AllOf(HasSubstr("nobody is free"), HasSubstr("note")));
  EXPECT_THAT(talk.say("Yes, please."), HasSubstr("write down"));

  EXPECT_EQ(talk.say("Tell Anna that the milk is ready."), R"([note {"text":"Tell Anna that the milk is ready."}])");
  EXPECT_THAT(talk.result(R"({"saved":true})"), HasSubstr("?"));
  EXPECT_THAT(talk.say("No, that is all."), AllOf(HasSubstr("oodbye"), HasSubstr("[end_call {}]")));
  EXPECT_EQ(talk.result(R"({"ok":true})"), "");
}

TEST(Dialogue, GoesOnWhenTheOfferOfANoteIsDeclined) {
  Talk talk;
  talk.say("talk to a human");
  talk.result(R"({"status":"failed","cause":"busy"})");

  EXPECT_THAT(talk.say("No."), StartsWith("All right."));
  EXPECT_THAT(talk.say("Add milk to my list."), R"([todo_add {"item":"milk"}])");
}

TEST(Dialogue, LetsAWishTakeThePlaceOfYesOrNo) {
  Talk talk;
  talk.say("talk to a human");
  talk.result(R"({"status":"failed","cause":"no_agent"})");

  EXPECT_EQ(talk.say("No, add milk to my list."), R"([todo_add {"item":"milk"}])");
}

TEST(Dialogue, TakesEverythingForANoteButAClearChangeOfMind) {
  for (const auto& [said, answer] : std::vector<std::pair<std::string, std::string>>{
           {"Never mind.", "All right."}, {"What time is the meeting?", "[note"}, {"Goodbye.", "[end_call"}}) {
    Talk talk;
    talk.say("take a note");

    EXPECT_THAT(talk.say(said), HasSubstr(answer)) << said;
  }
}

TEST(Dialogue, SaysNothingMoreWhenATransferIsOnItsWay) {
  Talk talk;
  talk.say("talk to a human");

  EXPECT_EQ(talk.result(R"({"status":"started"})"), "");
}

TEST(Dialogue, DoesNotTakeAYesForAnAnswerToAQuestionThatWasNotHeard) {
  Talk talk;
  talk.say("talk to a human");
  talk.result(R"({"status":"failed","cause":"no_agent"})");
  talk.request.messages.back().text = "I am sorry, nobody is";
  talk.request.messages.back().interrupted = true;

  EXPECT_THAT(talk.say("yes"), HasSubstr("can I do for you"));
}

TEST(Dialogue, KnowsAQuestionThatWasCutOffNearItsEnd) {
  Talk talk;
  talk.say("talk to a human");
  const std::string asked = talk.result(R"({"status":"failed","cause":"no_agent"})");
  talk.request.messages.back().text = asked.substr(0, asked.size() - 8);
  talk.request.messages.back().interrupted = true;

  EXPECT_THAT(talk.say("yes"), HasSubstr("write down"));
}

TEST(Dialogue, RepeatsWhatItSaidLast) {
  Talk talk;
  talk.say("what is on my list");
  const std::string told = talk.result(R"({"items":["milk"]})");

  EXPECT_EQ(talk.say("Could you repeat that, please?"), told);
}

TEST(Dialogue, HelpsWhenItDidNotUnderstandTwice) {
  Talk talk;
  const std::string first = talk.say("colourless green ideas");
  const std::string second = talk.say("sleep furiously");

  EXPECT_THAT(first, HasSubstr("did not"));
  EXPECT_THAT(second, HasSubstr("add milk to my list"));
  EXPECT_NE(talk.say("colourless green ideas"), first);
}

TEST(Dialogue, SaysSoWhenItDoesNotHaveTheTool) {
  Talk talk;
  talk.request.tools.clear();

  EXPECT_THAT(talk.say("what time is it"), "I am sorry, I cannot do that here.");
}

TEST(Dialogue, SaysSoWhenAToolFails) {
  for (const char* result : {R"({"error":"timeout"})", "not json", "[]", "", "{}"}) {
    Talk talk;
    talk.say("what time is it");

    EXPECT_EQ(talk.result(result), "I am sorry, that did not work.") << result;
  }
}

TEST(Dialogue, SpeaksTheResultsOfCallsThatAnotherModelMade) {
  Talk talk;
  talk.add(Message::Role::user, "and my list?");
  talk.add(Message::Role::assistant, "");
  talk.request.messages.back().tool_calls = {{"call_abc123", "todo_list", "{}"}};
  talk.add(Message::Role::tool, R"({"items":["milk"]})");
  talk.request.messages.back().tool_call_id = "call_abc123";

  EXPECT_THAT(talk.reply(), HasSubstr("one thing on your list: milk"));
}

TEST(Dialogue, AnswersTheSameRequestTheSameWay) {
  Talk talk;
  talk.add(Message::Role::user, "hello");

  EXPECT_EQ(answer(rules(), talk.request).text, answer(rules(), talk.request).text);
}

TEST(Dialogue, SurvivesVeryLongAndStrangeUtterances) {
  std::string endless;
  for (int i = 0; i < 20'000; ++i) endless += "add milk and ";
  for (const std::string& said :
       {endless, std::string(50'000, 'a'), std::string("\xff\xfe add \x80 to my list"), std::string("{item} {")}) {
    Talk talk;
    talk.say(said);
    EXPECT_LE(talk.request.messages.back().tool_calls.size(), 8u);
  }
}

std::string error_of(const std::string& yaml) {
  const auto parsed = parse_rules(yaml, "my.yaml");
  return parsed ? "" : parsed.error();
}

TEST(RulesFile, NamesTheLineAndColumnOfAMistake) {
  EXPECT_THAT(error_of("intents:\n  a:\n    phrase: [x]\n"),
              StartsWith("my.yaml:3:5: unknown key 'phrase'; known are: phrases"));
  EXPECT_THAT(error_of("intents:\n  a:\n    phrases: ['x {y']\n    say: z\n"),
              StartsWith("my.yaml:3:15: 'x {y': '{' without '}'"));
  EXPECT_THAT(error_of("yes: [\n"), StartsWith("my.yaml:2:1: "));
  EXPECT_THAT(error_of("intents:\n  a: { phrases: [x], say: y, asks: z }\n"),
              StartsWith("my.yaml:2:36: there is no question 'z'"));
  EXPECT_THAT(error_of("intents:\n  a: { phrases: [x] }\n"), HasSubstr("my.yaml:2:6: nothing to do"));
  EXPECT_THAT(error_of("greeting: a\ngreeting: b\n"), HasSubstr("my.yaml:2:1: 'greeting' stands here twice"));
  EXPECT_THAT(error_of("greeting: a\n"), HasSubstr("'not_understood' is missing"));
  EXPECT_THAT(error_of("just text"), HasSubstr("expected a map"));
  EXPECT_THAT(error_of(""), Not(IsEmpty()));
}

TEST(RulesFile, RefusesPhrasesThatCannotMatchAnything) {
  const std::string words = "stop_words: [the, a]\n";
  EXPECT_THAT(error_of(words + "yes: [the a]"), HasSubstr("nothing but stop words"));
  EXPECT_THAT(error_of(words + "yes: ['']"), HasSubstr("no word in it"));
  EXPECT_THAT(error_of(words + "yes: ['say {x} {y}']"), HasSubstr("two slots"));
  EXPECT_THAT(error_of(words + "yes: ['say {x:rest} on']"), HasSubstr("must be the last"));
  EXPECT_THAT(error_of(words + "yes: ['say {x:what}']"), HasSubstr("unknown kind of slot 'what'"));
}

TEST(RulesFile, IsReadFromWhereTheConfigurationSays) {
  EXPECT_TRUE(RuleBasedLlm::load().has_value());
  const auto absent = RuleBasedLlm::load("/nowhere/rules.yaml");

  ASSERT_FALSE(absent.has_value());
  EXPECT_EQ(absent.error(), "/nowhere/rules.yaml: cannot be read");
}

TEST(WordPrice, AllowsMoreSlipsInLongerWords) {
  EXPECT_EQ(word_price("list", "list"), 0);
  EXPECT_TRUE(word_price("list", "lists").has_value());
  EXPECT_TRUE(word_price("goodbye", "goodbey").has_value());
  EXPECT_TRUE(word_price("extension", "extention").has_value());
  EXPECT_FALSE(word_price("not", "note").has_value());
  EXPECT_FALSE(word_price("milk", "bread").has_value());
  EXPECT_FALSE(word_price("repeat", "rabbit").has_value());
}

TEST(SpokenDigits, AreReadFromWordsAndNumerals) {
  EXPECT_EQ(spoken_digits("two zero zero one"), "2001");
  EXPECT_EQ(spoken_digits("2 0 0 1"), "2001");
  EXPECT_EQ(spoken_digits("two thousand"), "2000");
  EXPECT_EQ(spoken_digits("two apples"), std::nullopt);
  EXPECT_EQ(spoken_digits(""), std::nullopt);
}

TEST(ReplyTemplate, FillsItsBlanks) {
  EXPECT_EQ(fill("{a}, {b:clock}, {c:date}, {missing}.", {R"({"a":["x","y","z"],"b":"00:30","c":"2026-03-02"})"}),
            "x, y and z, 12:30 AM, March 2nd, .");
  EXPECT_EQ(fill("{n:thing|things}", {R"({"n":1})"}), "one thing");
  EXPECT_EQ(fill("{n:thing|things}", {R"({"n":-5})"}), "no things");
  EXPECT_EQ(fill("{b:clock} {c:date} {", {R"({"b":"99:99","c":"soon"})"}), "99:99 soon ");
}

struct Recorder final : speech::LlmSink {
  void on_text(std::string_view delta) override { events.push_back("text " + std::string{delta}); }
  void on_tool_call(speech::ToolCall call) override { events.push_back("call " + call.name); }
  void on_done() override { events.push_back("done"); }
  void on_llm_failed(std::string_view reason) override { events.push_back("failed " + std::string{reason}); }
  std::vector<std::string> events;
};

class RuleBased : public ::testing::Test {
 protected:
  std::unique_ptr<speech::LlmGeneration> ask(const std::string& text) {
    Talk talk;
    talk.add(Message::Role::user, text);
    return (*llm)->generate(talk.request, sink, worker);
  }
  Result<std::unique_ptr<RuleBasedLlm>, std::string> llm = RuleBasedLlm::load();
  Recorder sink;
  std::shared_ptr<testing::ManualWorker> worker = std::make_shared<testing::ManualWorker>();
};

TEST_F(RuleBased, ReportsOnTheWorkerAndNeverFromInsideGenerate) {
  const auto generation = ask("goodbye");
  EXPECT_THAT(sink.events, IsEmpty());
  worker->run();

  EXPECT_THAT(sink.events, ElementsAre(StartsWith("text "), "call end_call", "done"));
}

TEST_F(RuleBased, ReportsNothingOnceTheGenerationIsGone) {
  auto generation = ask("goodbye");
  generation.reset();
  worker->run();

  EXPECT_THAT(sink.events, IsEmpty());
}

}  // namespace
}  // namespace parley::providers::local
