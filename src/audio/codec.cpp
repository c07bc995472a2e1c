#include "audio/codec.hpp"

#include "audio/codec/codecs.hpp"
#include "base/assert.hpp"

#include <algorithm>
#include <array>

namespace parley::audio {
namespace {

constexpr std::array all_codecs{CodecName::pcmu, CodecName::pcma, CodecName::g722, CodecName::opus};

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::string_view encoding_name(CodecName codec) {
  switch (codec) {
    case CodecName::pcmu: return "PCMU";
    case CodecName::pcma: return "PCMA";
    case CodecName::g722: return "G722";
    case CodecName::opus: return "opus";
  }
  PARLEY_ASSERT(false);
}

std::optional<CodecName> codec_named(std::string_view name) {
  for (const CodecName codec : all_codecs)
    if (std::ranges::equal(encoding_name(codec), name, {}, lower, lower)) return codec;
  return std::nullopt;
}

std::unique_ptr<Decoder> make_decoder(const CodecSpec& spec) {
  switch (spec.name) {
    case CodecName::pcmu: return make_g711_decoder(g711::Law::mu, spec.rate);
    case CodecName::pcma: return make_g711_decoder(g711::Law::a, spec.rate);
    case CodecName::g722: return make_g722_decoder(spec.rate);
    case CodecName::opus: return make_opus_decoder(spec.rate);
  }
  PARLEY_ASSERT(false);
}

std::unique_ptr<Encoder> make_encoder(const CodecSpec& spec) {
  switch (spec.name) {
    case CodecName::pcmu: return make_g711_encoder(g711::Law::mu, spec.rate);
    case CodecName::pcma: return make_g711_encoder(g711::Law::a, spec.rate);
    case CodecName::g722: return make_g722_encoder(spec.rate);
    case CodecName::opus: return make_opus_encoder(spec);
  }
  PARLEY_ASSERT(false);
}

}  // namespace parley::audio
