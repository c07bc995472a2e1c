// The makers behind make_decoder() and make_encoder().
#pragma once

#include "audio/codec.hpp"
#include "audio/codec/g711.hpp"

namespace parley::audio {

std::unique_ptr<Decoder> make_g711_decoder(g711::Law law, Rate rate);
std::unique_ptr<Encoder> make_g711_encoder(g711::Law law, Rate rate);
std::unique_ptr<Decoder> make_g722_decoder(Rate rate);
std::unique_ptr<Encoder> make_g722_encoder(Rate rate);
std::unique_ptr<Decoder> make_opus_decoder(Rate rate);
std::unique_ptr<Encoder> make_opus_encoder(const CodecSpec& spec);

}  // namespace parley::audio
