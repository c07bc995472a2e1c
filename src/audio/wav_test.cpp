#include "audio/wav.hpp"

#include "audio/mp3.hpp"
#include "audio/testing/signals.hpp"
#include "base/bytes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::audio {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using wav::Error;

std::string little(std::uint64_t value, std::size_t size) {
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(value >> 8 * i);
  return bytes;
}

std::string chunk(std::string_view id, const std::string& content, std::optional<std::uint32_t> declared = {}) {
  return std::string{id} + little(declared.value_or(static_cast<std::uint32_t>(content.size())), 4) + content +
         (content.size() % 2 != 0 ? std::string(1, '\0') : "");
}

std::string format(std::uint16_t tag, std::uint16_t channels, std::uint32_t rate_hz, std::uint16_t bits) {
  const auto block = static_cast<std::uint16_t>(channels * bits / 8);
  return chunk("fmt ", little(tag, 2) + little(channels, 2) + little(rate_hz, 4) + little(rate_hz * block, 4) +
                           little(block, 2) + little(bits, 2));
}

std::string riff(const std::string& chunks, std::optional<std::uint32_t> declared = {}) {
  return "RIFF" + little(declared.value_or(static_cast<std::uint32_t>(chunks.size() + 4)), 4) + "WAVE" + chunks;
}

Result<std::vector<std::int16_t>, Error> decoded(const std::string& file, std::uint32_t rate_hz = 8'000) {
  return wav::decode(as_bytes(file), rate_hz);
}

Error error_of(const std::string& file) {
  const auto result = wav::parse(as_bytes(file));
  EXPECT_FALSE(result);
  return result ? Error::cannot_write : result.error();
}

TEST(Wav, ReadsEveryEncoding) {
  const auto half = [](std::uint16_t tag, std::uint16_t bits, std::uint64_t value) {
    return *decoded(riff(format(tag, 1, 8'000, bits) + chunk("data", little(value, bits / 8u))));
  };
  EXPECT_THAT(half(1, 8, 0xC0), ElementsAre(16'384));
  EXPECT_THAT(half(1, 16, 0x4000), ElementsAre(16'384));
  EXPECT_THAT(half(1, 24, 0x400000), ElementsAre(16'384));
  EXPECT_THAT(half(1, 32, 0x40000000), ElementsAre(16'384));
  EXPECT_THAT(half(3, 32, std::bit_cast<std::uint32_t>(0.5f)), ElementsAre(16'384));
  EXPECT_THAT(half(3, 64, std::bit_cast<std::uint64_t>(0.5)), ElementsAre(16'384));
  EXPECT_THAT(half(6, 8, 0xD5), ElementsAre(8));
  EXPECT_THAT(half(7, 8, 0x80), ElementsAre(32'124));
  EXPECT_THAT(half(3, 32, std::bit_cast<std::uint32_t>(std::numeric_limits<float>::quiet_NaN())), ElementsAre(0));
  EXPECT_THAT(half(3, 32, std::bit_cast<std::uint32_t>(-9e9f)), ElementsAre(-32'768));
}

TEST(Wav, ReadsTheExtensibleFormat) {
  const std::string extensible = chunk("fmt ", little(0xFFFE, 2) + little(1, 2) + little(8'000, 4) + little(16'000, 4) +
                                                   little(2, 2) + little(16, 2) + little(22, 2) + little(16, 2) +
                                                   little(4, 4) + little(1, 2) + std::string(14, '\0'));
  EXPECT_THAT(*decoded(riff(extensible + chunk("data", little(1'234, 2)))), ElementsAre(1'234));
}

TEST(Wav, AveragesTheChannels) {
  EXPECT_THAT(*decoded(riff(format(1, 2, 8'000, 16) + chunk("data", little(1'000, 2) + little(3'000, 2)))),
              ElementsAre(2'000));
}

TEST(Wav, ConvertsTheRate) {
  const auto sound = *decoded(riff(format(1, 1, 44'100, 16) + chunk("data", std::string(88'200, '\0'))), 16'000);
  EXPECT_EQ(sound.size(), 16'000u);
}

TEST(Wav, SkipsChunksThatItDoesNotKnowEvenOddOnes) {
  const auto file = riff(chunk("LIST", "abc") + format(1, 1, 8'000, 16) + chunk("fact", "12345") +
                         chunk("data", little(77, 2)) + chunk("id3 ", "xy"));
  EXPECT_THAT(*decoded(file), ElementsAre(77));
}

TEST(Wav, BelievesNoSizeThatGoesPastTheEnd) {
  for (const std::uint32_t lie : {0u, 5'000u, 0xFFFF'FFFFu}) {
    const auto file = riff(format(1, 1, 8'000, 16) + chunk("data", little(1, 2) + little(2, 2), lie), lie);
    EXPECT_THAT(*decoded(file), ElementsAre(1, 2)) << lie;
  }
}

TEST(Wav, LeavesOutAHalfBlockAtTheEnd) {
  EXPECT_THAT(*decoded(riff(format(1, 1, 8'000, 16) + chunk("data", std::string("\1\0\2", 3)))), ElementsAre(1));
}

TEST(Wav, NamesWhatIsWrong) {
  const std::string data = chunk("data", "1234");
  EXPECT_EQ(error_of(""), Error::not_wav);
  EXPECT_EQ(error_of("RIFF"), Error::not_wav);
  EXPECT_EQ(error_of("OggS0000WAVE"), Error::not_wav);
  EXPECT_EQ(error_of(riff("")), Error::no_format);
  EXPECT_EQ(error_of(riff(data)), Error::no_format);
  EXPECT_EQ(error_of(riff(chunk("fmt ", "short") + data)), Error::no_format);
  EXPECT_EQ(error_of(riff(format(0x55, 1, 8'000, 16) + data)), Error::unsupported_format);
  EXPECT_EQ(error_of(riff(format(1, 1, 8'000, 40) + data)), Error::unsupported_format);
  EXPECT_EQ(error_of(riff(format(1, 0, 8'000, 16) + data)), Error::bad_channels);
  EXPECT_EQ(error_of(riff(format(1, 999, 8'000, 16) + data)), Error::bad_channels);
  EXPECT_EQ(error_of(riff(format(1, 1, 0, 16) + data)), Error::bad_rate);
  EXPECT_EQ(error_of(riff(format(1, 1, 4'000'000, 16) + data)), Error::bad_rate);
  EXPECT_EQ(error_of(riff(format(1, 1, 8'000, 16))), Error::no_data);
  EXPECT_EQ(error_of(riff(format(1, 1, 8'000, 16) + chunk("data", ""))), Error::no_data);
  EXPECT_EQ(wav::read("/nonexistent/file.wav", 8'000).error(), Error::cannot_open);
  EXPECT_EQ(wav::read(std::filesystem::temp_directory_path(), 8'000).error(), Error::cannot_open);
}

TEST(Wav, EveryPrefixOfAFileIsReadOrRefused) {
  const auto file = riff(chunk("LIST", "abc") + format(1, 2, 8'000, 24) + chunk("data", std::string(60, 'x')));
  for (std::size_t size = 0; size < file.size(); ++size) {
    const auto layout = wav::parse(as_bytes(file).first(size));
    EXPECT_EQ(layout ? layout->data.size() % 6 : 0, 0u);
  }
}

/// A folder of this test's own.
class Files : public ::testing::Test {
 protected:
  Files() { std::filesystem::create_directories(folder); }
  ~Files() override { std::filesystem::remove_all(folder); }

  void write(const std::string& name, const std::string& bytes) {
    std::ofstream{folder / name, std::ios::binary} << bytes;
  }
  std::string recording(std::uint32_t seconds, std::uint64_t declared) {
    const auto front = wav::header(8'000, 2, declared);
    std::string bytes{as_text(front)};
    for (const std::int16_t sample : sine(500, 9'000, Rate::narrow, 8'000 * seconds))
      bytes += little(static_cast<std::uint16_t>(sample), 2) + little(0, 2);
    return bytes;
  }

  std::filesystem::path folder =
      std::filesystem::temp_directory_path() /
      ("parley-audio-" + std::string{::testing::UnitTest::GetInstance()->current_test_info()->name()});
};

TEST_F(Files, AHeaderOfOursIsReadBack) {
  write("a.wav", recording(1, 32'000));
  const auto sound = wav::read(folder / "a.wav", 8'000);

  ASSERT_TRUE(sound);
  EXPECT_EQ(sound->size(), 8'000u);
  EXPECT_NEAR(amplitude_at(*sound, 500, 8'000), 4'500, 50);  // one of two channels was silent
}

TEST_F(Files, RepairSetsTheSizesOfARecordingCutOffByACrash) {
  write("a.wav", recording(1, 0) + "xyz");

  const auto repaired = wav::repair(folder / "a.wav");

  ASSERT_TRUE(repaired);
  EXPECT_EQ(*repaired, 32'000u);
  const auto bytes = bytes_of(folder / "a.wav");
  EXPECT_EQ(bytes.size(), 32'044u);
  EXPECT_TRUE(std::ranges::equal(std::span{bytes}.first(44), wav::header(8'000, 2, 32'000)));
  EXPECT_EQ(*wav::repair(folder / "a.wav"), 32'000u);
}

TEST_F(Files, RepairRefusesWhatIsNoRecordingOfOurs) {
  write("a.wav", "RIFF");
  write("b.wav", riff(chunk("LIST", "abcd") + format(1, 1, 8'000, 16) + chunk("data", std::string(100, 'x'))));

  EXPECT_EQ(wav::repair(folder / "a.wav").error(), Error::not_wav);
  EXPECT_EQ(wav::repair(folder / "b.wav").error(), Error::not_wav);
  EXPECT_EQ(wav::repair(folder / "none.wav").error(), Error::cannot_open);
}

TEST_F(Files, ARecordingSurvivesMp3) {
  write("a.wav", recording(3, 96'000));

  const auto encoded = mp3::encode_wav(folder / "a.wav", folder / "a.mp3");
  const auto sound = mp3::read(folder / "a.mp3", 16'000);

  ASSERT_TRUE(encoded);
  ASSERT_TRUE(sound);
  EXPECT_NEAR(static_cast<double>(sound->size()) / 16'000, 3, 0.2);
  EXPECT_NEAR(amplitude_at(std::span{*sound}.subspan(16'000, 16'000), 500, 16'000), 4'500, 300);
  EXPECT_LT(std::filesystem::file_size(folder / "a.mp3"), 96'000u / 3);
  EXPECT_FALSE(std::filesystem::exists(folder / "a.mp3.part"));
}

TEST_F(Files, Mp3RefusesWhatItCannotReadOrEncode) {
  write("noise.mp3", std::string(5'000, 'x'));
  write("float.wav", riff(format(3, 1, 8'000, 32) + chunk("data", std::string(400, '\0'))));

  EXPECT_EQ(mp3::read(folder / "noise.mp3", 8'000).error(), mp3::Error::not_mp3);
  EXPECT_EQ(mp3::read(folder / "none.mp3", 8'000).error(), mp3::Error::cannot_open);
  EXPECT_EQ(mp3::encode_wav(folder / "none.wav", folder / "a.mp3").error(), mp3::Error::cannot_open);
  EXPECT_EQ(mp3::encode_wav(folder / "float.wav", folder / "a.mp3").error(), mp3::Error::cannot_encode);
  EXPECT_EQ(mp3::encode_wav(folder / "float.wav", folder / "no/such/a.mp3").error(), mp3::Error::cannot_encode);
  EXPECT_FALSE(std::filesystem::exists(folder / "a.mp3"));
}

}  // namespace
}  // namespace parley::audio
