// Nothing of ours allocates per tick (DESIGN §5), counted over the whole path.
#include <gmock/gmock.h>

#include "sim/sim_fixture.hpp"

namespace parley::sim {
namespace {

constexpr auto narrow = audio::Rate::narrow;

/// A recorder hands one block a second to the pool: the job's closure. The blocks come back.
constexpr std::uint64_t per_second_of_recording = 1;

struct Listening {
  explicit Listening(std::uint64_t number) : world{number, {.record = true, .denoise = true, .detect_speech = true}} {
    auto& config = world.assistant_config;
    config.stt = std::make_shared<ScriptedStt>(world.timeline);
    config.llm = std::make_shared<ScriptedLlm>(world.timeline);
    config.tts =
        std::make_shared<ScriptedTts>(world.timeline, [number](std::string_view) { return vowels(number, 1, narrow); });
    config.greeting = "Hello.";
    config.turns.idle.prompt_after = 0s;  // off
    phone = &world.call("1000");
    world.run_for(5s);
  }
  std::uint64_t allocations_in(Duration duration) {
    const auto before = world.tick_allocations;
    world.run_for(duration);
    return world.tick_allocations - before;
  }
  World world;
  Phone* phone = nullptr;
};

TEST(Allocation, NoneInATickWhileTheCallerIsSilent) {
  const auto number = seed();
  PARLEY_SIM_SEED(number);
  Listening scene{number};

  const auto count = scene.allocations_in(10s);

  std::printf("silent caller: %llu allocations in 10 s of ticks\n", static_cast<unsigned long long>(count));
  EXPECT_LE(count, 10 * per_second_of_recording);
}

TEST(Allocation, NoneInATickWhileTheCallerSpeaks) {
  const auto number = seed();
  PARLEY_SIM_SEED(number);
  Listening scene{number};
  scene.phone->say(vowels(number, 14, narrow));
  scene.world.run_for(2s);  // the beginning of a turn is an event

  const auto count = scene.allocations_in(10s);

  std::printf("speaking caller: %llu allocations in 10 s of ticks\n", static_cast<unsigned long long>(count));
  EXPECT_LE(count, 10 * per_second_of_recording);
}

TEST(Allocation, NoneInATickWhileCallerAndAgentTalkNorInMusic) {
  const auto number = seed();
  PARLEY_SIM_SEED(number);
  Listening scene{number};
  Phone& agent = scene.world.add_phone({.rings_for = 5s});
  agent.say(vowels(number, 30, narrow));
  ASSERT_TRUE(scene.world.live_call()->transfer({.to = World::uri_of(agent)}).has_value());
  scene.world.run_for(3s);
  const auto music = scene.allocations_in(1s);
  scene.world.run_for(6s);  // the agent's first words are an event
  ASSERT_EQ(scene.world.live_call()->state(), call::State::with_agent);
  const auto talk = scene.allocations_in(10s);

  std::printf("music: %llu allocations in 1 s of ticks; with an agent: %llu in 10 s\n",
              static_cast<unsigned long long>(music), static_cast<unsigned long long>(talk));
  EXPECT_LE(music, 2 * per_second_of_recording);
  EXPECT_LE(talk, 11 * per_second_of_recording);
}

}  // namespace
}  // namespace parley::sim
