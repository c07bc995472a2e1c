#include "audio/codec.hpp"

#include "audio/codec/g711.hpp"
#include "audio/testing/signals.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::audio {
namespace {

using namespace testing;

struct Case {
  CodecName name;
  Rate rate;
  double snr_db;  // that a round trip must keep
};

std::string name_of(const ::testing::TestParamInfo<Case>& info) {
  return std::string{encoding_name(info.param.name)} + (info.param.rate == Rate::narrow ? "At8k" : "At16k");
}

std::vector<std::int16_t> round_trip(Encoder& encoder, Decoder& decoder, std::span<const std::int16_t> sound,
                                     std::size_t packet) {
  std::vector<std::int16_t> out;
  std::array<std::byte, max_payload_size> payload;
  std::array<std::int16_t, max_packet_samples(Rate::wide)> pcm;
  for (std::size_t at = 0; at + packet <= sound.size(); at += packet) {
    const std::size_t size = encoder.encode(sound.subspan(at, packet), payload);
    const std::size_t samples = decoder.decode(std::span{payload}.first(size), pcm);
    out.insert(out.end(), pcm.begin(), pcm.begin() + static_cast<std::ptrdiff_t>(samples));
  }
  return out;
}

class EveryCodec : public ::testing::TestWithParam<Case> {
 protected:
  CodecSpec spec{.name = GetParam().name, .rate = GetParam().rate};
  std::unique_ptr<Decoder> decoder = make_decoder(spec);
  std::unique_ptr<Encoder> encoder = make_encoder(spec);
  std::size_t ms = hertz(GetParam().rate) / 1000;
};

INSTANTIATE_TEST_SUITE_P(
    Codec, EveryCodec,
    ::testing::Values(Case{CodecName::pcmu, Rate::narrow, 30}, Case{CodecName::pcmu, Rate::wide, 25},
                      Case{CodecName::pcma, Rate::narrow, 30}, Case{CodecName::pcma, Rate::wide, 25},
                      Case{CodecName::g722, Rate::narrow, 18}, Case{CodecName::g722, Rate::wide, 18},
                      Case{CodecName::opus, Rate::narrow, 12}, Case{CodecName::opus, Rate::wide, 12}),
    name_of);

TEST_P(EveryCodec, KeepsASineThroughARoundTripOfEveryPacketLength) {
  for (const std::size_t length : {10u, 20u, 40u, 60u}) {
    decoder = make_decoder(spec);
    encoder = make_encoder(spec);
    const auto sound = sine(700, 8'000, spec.rate, 1'200 * ms);

    const auto heard = round_trip(*encoder, *decoder, sound, length * ms);

    ASSERT_EQ(heard.size(), sound.size()) << length << " ms";
    const auto tail = std::span{sound}.subspan(200 * ms, 800 * ms);
    const std::size_t delay = delay_between(tail, std::span{heard}.subspan(200 * ms), 12 * ms);
    EXPECT_GT(snr_db(tail, std::span{heard}.subspan(200 * ms + delay)), GetParam().snr_db) << length << " ms";
  }
}

TEST_P(EveryCodec, SaysHowLongAPayloadIsBeforeDecodingIt) {
  std::array<std::byte, max_payload_size> payload;
  std::array<std::int16_t, max_packet_samples(Rate::wide)> pcm;
  const auto sound = sine(700, 8'000, spec.rate, 60 * ms);

  const std::size_t size = encoder->encode(sound, payload);

  EXPECT_EQ(decoder->duration(std::span{payload}.first(size)), 60 * ms);
  EXPECT_EQ(decoder->decode(std::span{payload}.first(size), pcm), 60 * ms);
}

TEST_P(EveryCodec, RefusesWhatCannotBeDecoded) {
  std::array<std::int16_t, max_packet_samples(Rate::wide)> pcm;
  const std::vector<std::byte> huge(20'000, std::byte{0x7F});

  EXPECT_EQ(decoder->decode({}, pcm), 0u);
  EXPECT_EQ(decoder->duration(huge), 0u);
  EXPECT_EQ(decoder->decode(huge, pcm), 0u);
}

TEST_P(EveryCodec, RefusesAPayloadThatDoesNotFit) {
  std::array<std::byte, max_payload_size> payload;
  const std::size_t size = encoder->encode(sine(700, 8'000, spec.rate, 40 * ms), payload);
  std::vector<std::int16_t> small(39 * ms);

  EXPECT_EQ(decoder->decode(std::span{payload}.first(size), small), 0u);
}

TEST_P(EveryCodec, ConcealsASteadySoundWithOneAlikeAndThenFadesOut) {
  const auto sound = sine(200, 8'000, spec.rate, 400 * ms);
  round_trip(*encoder, *decoder, sound, 20 * ms);
  std::vector<std::int16_t> guess(20 * ms), later(20 * ms);

  decoder->conceal(guess);
  for (int i = 0; i < 10; ++i) decoder->conceal(later);

  const double one_frame = energy(std::span{sound}.first(20 * ms));
  EXPECT_GT(energy(guess), 0.3 * one_frame);
  EXPECT_LT(energy(guess), 2.0 * one_frame);
  EXPECT_LT(energy(later), 0.001 * one_frame);
}

TEST_P(EveryCodec, ConcealsWithoutAClickOnEitherSide) {
  const auto sound = sine(200, 8'000, spec.rate, 440 * ms);
  std::array<std::byte, max_payload_size> payload;
  std::vector<std::int16_t> line(440 * ms);
  for (std::size_t at = 0; at < sound.size(); at += 20 * ms) {
    const std::size_t size = encoder->encode(std::span{sound}.subspan(at, 20 * ms), payload);
    const auto out = std::span{line}.subspan(at, 20 * ms);
    if (at == 400 * ms) decoder->conceal(out);
    else decoder->decode(std::span{payload}.first(size), out);
  }
  line.erase(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(390 * ms));

  int largest_step = 0;
  for (std::size_t i = 1; i < line.size(); ++i) largest_step = std::max(largest_step, std::abs(line[i] - line[i - 1]));

  const double steepest = 8'000 * 2 * std::numbers::pi * 200 / hertz(spec.rate);
  EXPECT_LT(largest_step, 2.5 * steepest);
}

TEST_P(EveryCodec, IsAsNewAfterReset) {
  if (spec.name == CodecName::opus) spec.fec = false;
  std::array<std::byte, max_payload_size> payload;
  const std::size_t size = encoder->encode(speech_like(spec.rate, 20 * ms), payload);
  std::vector<std::int16_t> first(20 * ms), again(20 * ms);

  decoder->decode(std::span{payload}.first(size), first);
  decoder->conceal(again);
  decoder->reset();
  decoder->decode(std::span{payload}.first(size), again);

  EXPECT_EQ(first, again);
}

TEST(Codec, IsFoundByItsEncodingNameInAnyCase) {
  EXPECT_EQ(codec_named("pcmu"), CodecName::pcmu);
  EXPECT_EQ(codec_named("OPUS"), CodecName::opus);
  EXPECT_EQ(codec_named("G722"), CodecName::g722);
  EXPECT_EQ(codec_named("G729"), std::nullopt);
  EXPECT_EQ(codec_named(""), std::nullopt);
}

TEST(Opus, RecoversALostPacketFromTheNextOne) {
  const CodecSpec spec{.name = CodecName::opus, .rate = Rate::wide, .expected_loss_percent = 20};
  const auto encoder = make_encoder(spec);
  const auto decoder = make_decoder(spec), guesser = make_decoder(spec), complete = make_decoder(spec);
  const auto sound = speech_like(Rate::wide, 16'000 * 4);
  std::array<std::byte, max_payload_size> payload;
  std::vector<std::byte> previous;
  std::vector<std::int16_t> wanted(320), recovered(320), guessed(320);
  double error = 0, guess_error = 0;
  int recoveries = 0;

  for (std::size_t packet = 0; packet < 200; ++packet) {
    const std::size_t size = encoder->encode(std::span{sound}.subspan(packet * 320, 320), payload);
    const auto bytes = std::span{payload}.first(size);
    const bool lost = packet % 5 == 4;
    if (packet % 5 == 0 && packet > 0) {
      guesser->conceal(guessed);
      if (decoder->decode_fec(bytes, recovered)) {
        ++recoveries;
        for (std::size_t i = 0; i < 320; ++i) {
          error += std::pow(wanted[i] - recovered[i], 2);
          guess_error += std::pow(wanted[i] - guessed[i], 2);
        }
      } else {
        decoder->conceal(recovered);
      }
    }
    complete->decode(bytes, wanted);
    if (lost) continue;
    std::vector<std::int16_t> ignored(320);
    decoder->decode(bytes, ignored);
    guesser->decode(bytes, ignored);
  }

  EXPECT_GT(recoveries, 20);
  EXPECT_LT(error, 0.5 * guess_error);
}

TEST(Opus, HasNoFecToOfferWhereTheEncoderSentNone) {
  const CodecSpec spec{.name = CodecName::opus, .rate = Rate::wide, .fec = false};
  const auto encoder = make_encoder(spec);
  const auto decoder = make_decoder(spec);
  const auto sound = speech_like(Rate::wide, 16'000);
  std::array<std::byte, max_payload_size> payload;
  std::array<std::int16_t, 320> pcm;

  for (std::size_t at = 0; at < sound.size(); at += 320) {
    const std::size_t size = encoder->encode(std::span{sound}.subspan(at, 320), payload);
    EXPECT_FALSE(decoder->decode_fec(std::span{payload}.first(size), pcm));
    decoder->decode(std::span{payload}.first(size), pcm);
  }
}

TEST(Opus, SendsNothingInSilenceWhenDtxIsAskedFor) {
  const auto encoder = make_encoder({.name = CodecName::opus, .rate = Rate::wide, .dtx = true});
  std::array<std::byte, max_payload_size> payload;
  const std::vector<std::int16_t> silence(320);
  int sent = 0;

  for (int i = 0; i < 100; ++i) sent += encoder->encode(silence, payload) > 0;

  EXPECT_LT(sent, 40);
}

TEST(Opus, RefusesAFrameLengthThatItDoesNotHave) {
  const auto encoder = make_encoder({.name = CodecName::opus, .rate = Rate::wide});
  std::array<std::byte, max_payload_size> payload;

  EXPECT_EQ(encoder->encode(std::vector<std::int16_t>(16 * 30), payload), 0u);
}

TEST(G711, MatchesTheItuVectorsInBothDirections) {
  const auto folder = test_data_folder() / "audio/g711";
  const auto samples = words_of(folder / "sweep.src");
  if (samples.empty()) GTEST_SKIP() << "no vectors in " << folder;
  const auto mu_codes = words_of(folder / "sweep-r.u"), a_codes = words_of(folder / "sweep-r.a");
  const auto mu_decoded = words_of(folder / "sweep-r.reu"), a_decoded = words_of(folder / "sweep-r.rea");
  ASSERT_EQ(samples.size(), 65'536u);

  for (std::size_t i = 0; i < samples.size(); ++i) {
    ASSERT_EQ(g711::mulaw_from(samples[i]), mu_codes[i] & 0xFF) << samples[i];
    ASSERT_EQ(g711::alaw_from(samples[i]), a_codes[i] & 0xFF) << samples[i];
    ASSERT_EQ(g711::from_mulaw(static_cast<std::uint8_t>(mu_codes[i])), mu_decoded[i]) << samples[i];
    ASSERT_EQ(g711::from_alaw(static_cast<std::uint8_t>(a_codes[i])), a_decoded[i]) << samples[i];
  }
}

TEST(G711, EveryCodeSurvivesBeingDecodedAndEncodedAgain) {
  for (int code = 0; code < 256; ++code) {
    const auto byte = static_cast<std::uint8_t>(code);
    const bool negative_zero = code == 0x7F;  // µ-law has two zeros
    EXPECT_EQ(g711::mulaw_from(g711::from_mulaw(byte)), negative_zero ? 0xFF : code);
    EXPECT_EQ(g711::alaw_from(g711::from_alaw(byte)), code);
  }
  EXPECT_EQ(g711::from_mulaw(g711::silence(g711::Law::mu)), 0);
  EXPECT_EQ(g711::from_alaw(g711::silence(g711::Law::a)), 8);
}

TEST(G722, MatchesTheItuVectorsInBothDirections) {
  const auto folder = test_data_folder() / "audio/g722";
  const auto sound = words_of(folder / "inpsp.bin"), decoded = words_of(folder / "outsp1.bin");
  const auto codes = words_of(folder / "codspw.cod");
  if (sound.empty()) GTEST_SKIP() << "no vectors in " << folder;
  const auto encoder = make_encoder({.name = CodecName::g722, .rate = Rate::wide});
  const auto decoder = make_decoder({.name = CodecName::g722, .rate = Rate::wide});
  std::array<std::byte, 160> payload;
  std::array<std::int16_t, 320> pcm;
  std::size_t wrong_codes = 0, wrong_samples = 0;

  for (std::size_t at = 0; at + 320 <= sound.size(); at += 320) {
    ASSERT_EQ(encoder->encode(std::span{sound}.subspan(at, 320), payload), 160u);
    for (std::size_t i = 0; i < 160; ++i) wrong_codes += std::to_integer<int>(payload[i]) != (codes[at / 2 + i] & 0xFF);
    for (std::size_t i = 0; i < 160; ++i) payload[i] = static_cast<std::byte>(codes[at / 2 + i] & 0xFF);
    ASSERT_EQ(decoder->decode(payload, pcm), 320u);
    for (std::size_t i = 0; i < 320; ++i) wrong_samples += pcm[i] != decoded[at + i];
  }

  EXPECT_EQ(wrong_codes, 0u);
  EXPECT_EQ(wrong_samples, 0u);
}

}  // namespace
}  // namespace parley::audio
