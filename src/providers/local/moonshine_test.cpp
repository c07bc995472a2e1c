#include "providers/local/moonshine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "audio/codec/g711.hpp"
#include "audio/resampler.hpp"
#include "audio/wav.hpp"
#include "providers/local/models.hpp"
#include "providers/local/phrase_match.hpp"
#include "providers/local/testing.hpp"

namespace parley::providers::local {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

/// A directory of its own, gone afterwards.
class Directory {
 public:
  Directory() {
    std::string name = std::filesystem::temp_directory_path() / "parley-models-XXXXXX";
    path = ::mkdtemp(name.data());
  }
  ~Directory() { std::filesystem::remove_all(path); }
  void touch(const std::string& file) const {
    std::filesystem::create_directories((path / file).parent_path());
    std::ofstream{path / file} << "x";
  }
  std::filesystem::path path;
};

TEST(Models, AreLookedForBesideTheProgramAndAboveIt) {
  const char* set = std::getenv("PARLEY_MODELS");
  const std::string kept = set != nullptr ? set : "";
  ::unsetenv("PARLEY_MODELS");
  const auto directories = model_directories();
  if (!kept.empty()) ::setenv("PARLEY_MODELS", kept.c_str(), 1);

  const auto program = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  ASSERT_GE(directories.size(), 2u);
  EXPECT_EQ(directories[0], program / "models");
  EXPECT_EQ(directories[1], program.parent_path() / "models");
}

TEST(Models, AreLookedForOnlyWhereTheConfigurationSays) {
  EXPECT_EQ(model_directories("/somewhere"), std::vector<std::filesystem::path>{"/somewhere"});
}

TEST(Models, NameTheFileThatIsMissing) {
  const Directory directory;
  directory.touch("m/a");
  std::string missing;

  EXPECT_EQ(find_models({directory.path}, {"m/a", "m/b"}, missing), "");
  EXPECT_THAT(missing, HasSubstr((directory.path / "m/b").string()));
  EXPECT_THAT(missing, HasSubstr("fetch-models.sh"));

  directory.touch("m/b");
  EXPECT_EQ(find_models({"/nowhere", directory.path}, {"m/a", "m/b"}, missing), directory.path);
  EXPECT_EQ(missing, "");
}

struct Listener final : speech::SttSink {
  void on_transcript(const speech::Transcript& transcript) override {
    if (transcript.final) text = transcript.text;
  }
  void on_stt_failed(std::string_view reason) override { failure = reason; }
  std::string text, failure;
};

TEST(Moonshine, OpensNothingWithoutItsFilesAndSaysWhich) {
  const Directory empty;
  testing::ManualPool pool;
  Moonshine moonshine{{.models = empty.path}, pool};
  Listener listener;

  EXPECT_EQ(moonshine.open({}, listener, std::make_shared<testing::ManualWorker>()), nullptr);
  EXPECT_THAT(moonshine.missing(), HasSubstr("libmoonshine.so is missing"));
}

TEST(Moonshine, EndsUtterancesEmptyWhenItsFilesAreBroken) {
  const Directory broken;
  for (const char* file :
       {"libmoonshine.so", "tiny-en/encoder_model.ort", "tiny-en/decoder_model_merged.ort", "tiny-en/tokenizer.bin"})
    broken.touch(std::string{"moonshine/"} + file);
  testing::ManualPool pool;
  auto worker = std::make_shared<testing::ManualWorker>();
  Moonshine moonshine{{.models = broken.path}, pool};

  const auto heard = moonshine.recogniser()->recognise(std::vector<std::int16_t>(16'000));

  ASSERT_FALSE(heard.has_value());
  EXPECT_THAT(heard.error(), HasSubstr("libmoonshine.so cannot be opened"));
}

/// Needs the models, and for speech a directory of recordings (PARLEY_SPEECH_DATA).
class RealMoonshine : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!moonshine.missing().empty()) GTEST_SKIP() << moonshine.missing();
    const char* set = std::getenv("PARLEY_SPEECH_DATA");
    data = set != nullptr ? set : "";
  }

  std::string hear(const std::vector<std::int16_t>& narrow) {
    auto session = moonshine.open({}, listener, worker);
    session->begin_utterance(1, 0s);
    for (std::size_t at = 0; at + 160 <= narrow.size(); at += 160) {
      audio::Frame frame{audio::Rate::narrow};
      std::copy_n(narrow.begin() + static_cast<std::ptrdiff_t>(at), 160, frame.samples().begin());
      session->write(frame);
    }
    session->end_utterance(1s);
    testing::run_all(pool, *worker);
    return listener.text;
  }

  std::string hear_through_telephone(const std::string& name) {
    auto narrow = audio::wav::read(data / (name + ".wav"), 8'000);
    if (!narrow) return {};
    for (auto& sample : *narrow) sample = audio::g711::from_mulaw(audio::g711::mulaw_from(sample));
    return folded(hear(*narrow));
  }

  std::filesystem::path data;
  testing::ManualPool pool;
  std::shared_ptr<testing::ManualWorker> worker = std::make_shared<testing::ManualWorker>();
  Moonshine moonshine{{}, pool};
  Listener listener;
};

TEST_F(RealMoonshine, HearsNothingInSilenceAndLineNoise) {
  std::vector<std::int16_t> noise(8'000);
  EXPECT_EQ(hear(noise), "");
  std::uint32_t random = 1;
  for (auto& sample : noise) {
    random = random * 1'664'525u + 1'013'904'223u;
    sample = static_cast<std::int16_t>(static_cast<int>(random >> 27) - 16);
  }
  EXPECT_EQ(hear(noise), "");
}

TEST_F(RealMoonshine, UnderstandsSpeechThroughATelephone) {
  if (data.empty()) GTEST_SKIP() << "PARLEY_SPEECH_DATA names no directory of recordings";

  EXPECT_EQ(hear_through_telephone("goforward"), "go forward ten meters");
  EXPECT_EQ(hear_through_telephone("cards-003"), "seven of clubs");
  EXPECT_THAT(hear_through_telephone("librivox-0870"), HasSubstr("leisure to consider how much there might be"));
}

TEST_F(RealMoonshine, IsNotServedForOtherLanguages) {
  EXPECT_EQ(moonshine.open({.rate = audio::Rate::narrow, .language = "de", .vocabulary = {}}, listener, worker),
            nullptr);
}

}  // namespace
}  // namespace parley::providers::local
