#include "legs/sip/negotiation.hpp"

#include <algorithm>

namespace parley::legs {
namespace {

SdpRefusal refusal_of(const sdp::Error& error) {
  return {"SDP line " + std::to_string(error.line) + ": " + std::string{sdp::describe(error.error)}};
}

SdpRefusal refusal_of(const sdp::Refusal& refusal) {
  std::string where = refusal.line == 0 ? "SDP" : "SDP line " + std::to_string(refusal.line);
  return {where + ": " + std::string{sdp::describe(refusal.reason)}};
}

std::vector<sdp::Codec> codecs_of(const std::vector<audio::CodecName>& names) {
  std::vector<sdp::Codec> codecs;
  for (const auto name : names)
    for (auto& codec : sdp::default_codecs())
      if (audio::codec_named(codec.map.encoding) == name) codecs.push_back(std::move(codec));
  return codecs;
}

MediaParameters parameters_of(const sdp::Negotiated& negotiated) {
  using namespace std::chrono_literals;
  MediaParameters media;
  const auto& codec = negotiated.codecs.front();
  media.codec = audio::codec_named(codec.map.encoding).value_or(audio::CodecName::pcmu);
  media.send_payload_type = codec.map.payload_type;
  media.receive_payload_type = codec.receive_payload_type;
  if (const auto& keys = negotiated.telephone_event)
    media.telephone_event = {{keys->map.payload_type, keys->receive_payload_type, keys->map.clock}};
  media.remote_rtp = negotiated.rtp;
  media.remote_rtcp = negotiated.rtcp;
  media.rtcp_mux = negotiated.rtcp_mux;
  media.ptime = std::clamp<std::chrono::milliseconds>(negotiated.ptime.value_or(20ms), 10ms, 60ms);
  if (negotiated.max_ptime)
    media.ptime = std::max<std::chrono::milliseconds>(10ms, std::min(media.ptime, *negotiated.max_ptime));
  media.sending =
      sdp::sends(negotiated.direction) && negotiated.rtp.port != 0 && !negotiated.rtp.address.is_unspecified();
  media.receiving = sdp::receives(negotiated.direction);
  return media;
}

}  // namespace

audio::Rate rate_of_offer(std::string_view offer, const std::vector<audio::CodecName>& codecs) {
  const auto description = sdp::SessionDescription::parse(offer);
  if (!description) return audio::Rate::narrow;
  sdp::Local ours;
  ours.codecs = codecs_of(codecs);
  ours.rtp = {IpAddress::loopback(), 9};
  const auto answer = sdp::answer(*description, ours);
  if (!answer) return audio::Rate::narrow;
  return audio::natural_rate(parameters_of(answer->negotiated).codec);
}

Negotiation::Negotiation(const Config& config) {
  ours_.session_id = config.session_id;
  ours_.codecs = codecs_of(config.codecs);
}

Result<MediaParameters, SdpRefusal> Negotiation::answer(std::string_view offer, const Endpoint& local) {
  const auto description = sdp::SessionDescription::parse(offer);
  if (!description) return std::unexpected(refusal_of(description.error()));
  ours_.rtp = local;
  auto answer = sdp::answer(*description, ours_, local_ ? &*local_ : nullptr);
  if (!answer) return std::unexpected(refusal_of(answer.error()));
  local_ = std::move(answer->description);
  return parameters_of(answer->negotiated);
}

std::string Negotiation::offer(const Endpoint& local) {
  ours_.rtp = local;
  local_ = sdp::make_offer(ours_, local_ ? &*local_ : nullptr);
  return local_->to_string();
}

Result<MediaParameters, SdpRefusal> Negotiation::accept(std::string_view answer) {
  const auto description = sdp::SessionDescription::parse(answer);
  if (!description) return std::unexpected(refusal_of(description.error()));
  if (!local_) return std::unexpected(SdpRefusal{"an answer without an offer"});
  const auto negotiated = sdp::accept_answer(*local_, *description);
  if (!negotiated) return std::unexpected(refusal_of(negotiated.error()));
  return parameters_of(*negotiated);
}

}  // namespace parley::legs
