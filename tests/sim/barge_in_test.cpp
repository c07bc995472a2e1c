// The caller cuts in: from the network to the assistant and back.
#include <gmock/gmock.h>

#include "sim/sim_fixture.hpp"

namespace parley::sim {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr auto narrow = audio::Rate::narrow;
constexpr int audible = 300;
constexpr Duration one_way = 10ms;  // of the network

/// A call to an assistant that says 20 s of one sentence without a pause.
class BargeIn : public ::testing::Test {
 protected:
  struct Scene {
    explicit Scene(std::uint64_t number)
        : world{number, {.denoise = true, .detect_speech = true}},
          voice{vowels(number + 500, 20, narrow)},
          stt{std::make_shared<ScriptedStt>(world.timeline)},
          llm{std::make_shared<ScriptedLlm>(world.timeline)} {
      auto& config = world.assistant_config;
      config.stt = stt;
      config.llm = llm;
      config.tts = std::make_shared<ScriptedTts>(world.timeline, [this](std::string_view) { return voice; });
      config.greeting = "This goes on and on for as long as nobody cuts in.";
      config.turns.idle.prompt_after = 0s;  // off
      phone = &world.call("1000");
    }
    /// When the last packet with speech left Parley, before a second without any.
    TimePoint last_speech_after(TimePoint from) const {
      TimePoint last{};
      for (const auto& packet : phone->packets()) {
        if (packet.peak < audible) continue;
        if (last != TimePoint{} && packet.arrival - last > 700ms && last > from) break;
        last = packet.arrival;
      }
      return last - one_way;
    }
    double longest_silence_ms(TimePoint from, TimePoint to) const {
      TimePoint last = from;
      Duration longest{};
      for (const auto& packet : phone->packets()) {
        if (packet.peak < audible || packet.arrival < from || packet.arrival > to) continue;
        longest = std::max(longest, packet.arrival - last);
        last = packet.arrival;
      }
      return ms(std::max(longest, to - last));
    }

    World world;
    std::vector<std::int16_t> voice;
    std::shared_ptr<ScriptedStt> stt;
    std::shared_ptr<ScriptedLlm> llm;
    Phone* phone = nullptr;
  };
};

TEST_F(BargeIn, StopsTheAssistantWithinThePauseThresholdAndEightyMilliseconds) {
  std::vector<double> at_parley, at_phone;
  for (const auto number : seeds(100)) {
    PARLEY_SIM_SEED(number);
    Scene scene{number};
    scene.stt->texts = {"I have a question"};
    auto random = Random::seeded(number + 9);
    scene.world.run_for(3s + std::chrono::microseconds{random.below(3'000'000)});
    scene.phone->say(vowels(number, 1.5, narrow));
    scene.world.run_for(2s);
    ASSERT_TRUE(scene.phone->began_saying());
    const auto first_packet = scene.phone->left_at(*scene.phone->began_saying());
    scene.world.run_for(2s);
    scene.phone->hang_up();
    scene.world.run_for(all_timers);

    const auto last_packet = scene.last_speech_after(first_packet);
    at_parley.push_back(ms(last_packet - (first_packet + one_way)));
    at_phone.push_back(ms(last_packet + one_way - first_packet));
    EXPECT_LE(at_parley.back(), 380);
    EXPECT_GT(at_parley.back(), 200) << "what stopped it was not the caller";
    EXPECT_THAT(scene.world.event_data(scene.world.call_id(), "assistant.speech_stopped"),
                Contains(HasSubstr("\"interrupted\":true")));
    EXPECT_EQ(scene.world.leftovers(), "");
  }
  std::printf(
      "barge-in, first speech packet in to last speech packet out: p50 %.0f p99 %.0f max %.0f ms "
      "(as the phone sees it: p50 %.0f max %.0f)\n",
      percentile(at_parley, 0.5), percentile(at_parley, 0.99), percentile(at_parley, 1.0), percentile(at_phone, 0.5),
      percentile(at_phone, 1.0));
}

TEST_F(BargeIn, ACoughDoesNotStopTheAssistant) {
  for (const auto number : seeds(20)) {
    PARLEY_SIM_SEED(number);
    Scene scene{number};
    scene.world.run_for(4s);
    const auto from = scene.world.timeline.now();
    scene.phone->say(cough(number, 0.1, narrow));
    scene.world.run_for(4s);

    EXPECT_LT(scene.longest_silence_ms(from, scene.world.timeline.now()), 100);
    EXPECT_THAT(scene.world.event_data(scene.world.call_id(), "assistant.speech_stopped"), IsEmpty());
  }
}

TEST_F(BargeIn, AfterAFalseAlarmTheAssistantGoesOnAtThePausedSample) {
  for (const auto number : seeds(20)) {
    PARLEY_SIM_SEED(number);
    Scene scene{number};
    scene.world.run_for(4s);
    scene.phone->say(vowels(number, 0.5, narrow));  // no words in it
    scene.world.run_for(6s);

    // Where the pause is in what was heard.
    const auto& packets = scene.phone->packets();
    std::size_t pause_begins = 0, pause_ends = 0;
    for (std::size_t i = 1; i < packets.size(); ++i) {
      if (packets[i].peak >= audible || pause_ends != 0) continue;
      if (packets[i - 1].peak >= audible && packets[i].position > 24'000) pause_begins = packets[i].position;
      if (pause_begins != 0 && i + 1 < packets.size() && packets[i + 1].peak >= audible)
        pause_ends = packets[i + 1].position;
    }
    ASSERT_GT(pause_begins, 0u) << "it never paused";
    ASSERT_GT(pause_ends, pause_begins) << "it never went on";

    const auto& heard = scene.phone->heard();
    const auto before = fit(scene.voice, heard, pause_begins - 9'000, 8'000, 0, 32'000);
    const auto after = fit(scene.voice, heard, pause_ends + 400, 8'000, 0, 48'000);
    EXPECT_GT(before.correlation, 0.98);
    EXPECT_GT(after.correlation, 0.98);
    // Nothing lost and nothing said twice: the pause is all that the rest is later by. The frame in
    // which it faded counts as pause, because its samples come again.
    const auto later = after.lag - before.lag;
    const auto pause = static_cast<std::int64_t>(pause_ends - pause_begins);
    EXPECT_GE(later, pause);
    EXPECT_LE(later, pause + 160);
    if (number <= 3)
      std::printf("false alarm: paused for %.1f ms, the rest is %.1f ms later\n", static_cast<double>(pause) / 8,
                  static_cast<double>(later) / 8);
  }
}

}  // namespace
}  // namespace parley::sim
