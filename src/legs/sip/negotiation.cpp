#include "legs/sip/negotiation.hpp"

#include <algorithm>
#include <array>

#include "protocol/sdp/sections.hpp"
#include "protocol/sdp/webrtc_section.hpp"

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

/// Best first: what costs least among what is strong.
constexpr std::array suites{srtp::Profile::aead_aes_256_gcm, srtp::Profile::aead_aes_128_gcm,
                            srtp::Profile::aes128_cm_sha1_80, srtp::Profile::aes128_cm_sha1_32};

sdp::Crypto fresh_crypto(std::uint32_t tag, srtp::Profile profile, Random& random) {
  std::array<std::byte, srtp::max_key_size> key;
  std::array<std::byte, srtp::max_salt_size> salt;
  random.fill(key), random.fill(salt);
  sdp::Crypto::Key master;
  master.master = {std::span{key}.first(srtp::key_size(profile)), std::span{salt}.first(srtp::salt_size(profile))};
  sdp::Crypto crypto;
  crypto.tag = tag;
  crypto.profile = profile;
  crypto.keys.push_back(std::move(master));
  return crypto;
}

std::vector<std::string> protocols_of(const Negotiation::Config& config) {
  if (config.fingerprint) return {"UDP/TLS/RTP/SAVP", "UDP/TLS/RTP/SAVPF"};
  if (config.sdes == sdp::Sdes::off) return {"RTP/AVP", "RTP/AVPF"};
  if (config.sdes == sdp::Sdes::required) return {"RTP/SAVP", "RTP/SAVPF", "RTP/AVP", "RTP/AVPF"};
  return {"RTP/AVP", "RTP/AVPF", "RTP/SAVP", "RTP/SAVPF"};
}

/// Codecs are looked for whatever carries them.
sdp::SessionDescription as_plain(sdp::SessionDescription description) {
  for (auto& media : description.media) media.protocol = "RTP/AVP";
  return description;
}

}  // namespace

MediaKind kind_of_offer(std::string_view offer) {
  const auto description = sdp::SessionDescription::parse(offer);
  if (!description) return MediaKind::rtp;
  const auto index = sdp::index_of_audio(*description);
  if (index >= description->media.size()) return MediaKind::rtp;
  const sdp::webrtc::Section section{*description, index};
  const std::string_view protocol = section.media().protocol;
  const bool tls = protocol.starts_with("UDP/TLS/RTP/SAVP");
  // SAVP with a fingerprint is how DTLS was offered before its own profiles had a name.
  const bool old_tls = protocol.starts_with("RTP/SAVP") && !section.find("crypto");
  if (!section.find("fingerprint") || (!tls && !old_tls)) return MediaKind::rtp;
  if (section.find("ice-ufrag") && section.find("rtcp-mux")) return MediaKind::webrtc;
  return tls ? MediaKind::dtls : MediaKind::rtp;
}

audio::Rate rate_of_offer(std::string_view offer, const std::vector<audio::CodecName>& codecs) {
  const auto description = sdp::SessionDescription::parse(offer);
  if (!description) return audio::Rate::narrow;
  sdp::Local ours;
  ours.codecs = codecs_of(codecs);
  ours.rtp = {IpAddress::loopback(), 9};
  if (kind_of_offer(offer) == MediaKind::webrtc) {
    ours.codecs = sdp::webrtc::default_codecs();
    ours.own_order = true;
  }
  const auto answer = sdp::answer(as_plain(*description), ours);
  if (!answer) return audio::Rate::narrow;
  return audio::natural_rate(parameters_of(answer->negotiated).codec);
}

Negotiation::Negotiation(const Config& config) : random_{config.random}, fingerprint_{config.fingerprint} {
  ours_.session_id = config.session_id;
  ours_.codecs = codecs_of(config.codecs);
  ours_.sdes = config.fingerprint ? sdp::Sdes::off : config.sdes;
  ours_.protocols = protocols_of(config);
  if (ours_.sdes != sdp::Sdes::off) make_keys();
}

void Negotiation::make_keys() {
  ours_.crypto.clear();
  for (const auto profile : suites)
    ours_.crypto.push_back(fresh_crypto(static_cast<std::uint32_t>(ours_.crypto.size() + 1), profile, *random_));
}

Result<MediaParameters, SdpRefusal> Negotiation::answer(std::string_view offer, const Endpoint& local) {
  const auto description = sdp::SessionDescription::parse(offer);
  if (!description) return std::unexpected(refusal_of(description.error()));
  ours_.rtp = local;
  if (fingerprint_)
    if (auto refusal = take_dtls(*description, sdp::index_of_audio(*description), true))
      return std::unexpected(std::move(*refusal));
  auto answer = sdp::answer(*description, ours_, local_ ? &*local_ : nullptr);
  if (!answer) return std::unexpected(refusal_of(answer.error()));
  const auto& keys = answer->negotiated.keys;
  if (keys && protection_.keys && keys->remote != protection_.keys->remote) {
    // With theirs ours is new, too: a peer that begins anew in both directions agrees with one that does not.
    make_keys();
    answer = sdp::answer(*description, ours_, local_ ? &*local_ : nullptr);
  }
  local_ = std::move(answer->description);
  protection_.keys = answer->negotiated.keys;
  return parameters_of(answer->negotiated);
}

std::string Negotiation::offer(const Endpoint& local) {
  ours_.rtp = local;
  auto offered = ours_;
  if (protection_.keys)  // what is in use goes on, alone
    std::erase_if(offered.crypto, [&](const auto& crypto) { return crypto.profile != protection_.keys->profile; });
  else if (local_) offered.sdes = sdp::Sdes::off;
  if (fingerprint_) {  // the roles are open in an offer, though they stay (RFC 8842 §5.5)
    offered.media_attributes = {};
    offered.media_attributes.add("setup", "actpass");
    offered.media_attributes.add("fingerprint", fingerprint_->text());
  }
  local_ = sdp::make_offer(offered, local_ ? &*local_ : nullptr);
  return local_->to_string();
}

Result<MediaParameters, SdpRefusal> Negotiation::accept(std::string_view answer) {
  const auto description = sdp::SessionDescription::parse(answer);
  if (!description) return std::unexpected(refusal_of(description.error()));
  if (!local_) return std::unexpected(SdpRefusal{"an answer without an offer"});
  const auto negotiated = sdp::accept_answer(*local_, *description);
  if (!negotiated) return std::unexpected(refusal_of(negotiated.error()));
  if (ours_.sdes == sdp::Sdes::required && !negotiated->keys) return std::unexpected(SdpRefusal{"SRTP is required"});
  if (fingerprint_)
    if (auto refusal = take_dtls(*description, negotiated->media_index, false))
      return std::unexpected(std::move(*refusal));
  protection_.keys = negotiated->keys;
  return parameters_of(*negotiated);
}

/// RFC 5763 §5. Who leaves the roles to us waits for no one: its first datagram shows the way through its NAT.
std::optional<SdpRefusal> Negotiation::take_dtls(const sdp::SessionDescription& theirs, std::size_t index,
                                                 bool offered) {
  using sdp::webrtc::Setup;
  if (index >= theirs.media.size()) return std::nullopt;  // answered elsewhere: there is no audio
  const sdp::webrtc::Section section{theirs, index};
  Protection::Dtls dtls;
  for (const auto* attribute : section.all("fingerprint"))
    if (auto fingerprint = dtls::Fingerprint::parse(attribute->value.value_or("")))
      dtls.fingerprints.push_back(std::move(*fingerprint));
  if (dtls.fingerprints.empty()) return SdpRefusal{"SDP: no fingerprint that can be read"};
  const auto* setup = section.find("setup");
  const auto said = setup ? sdp::webrtc::parse_setup(setup->value.value_or("")) : std::optional{Setup::actpass};
  if (!said || said == Setup::holdconn || (!offered && said == Setup::actpass))
    return SdpRefusal{"SDP: this a=setup cannot be answered"};
  const auto kept = protection_.dtls ? protection_.dtls->role : dtls::Role::server;
  dtls.role = said == Setup::passive ? dtls::Role::client : said == Setup::active ? dtls::Role::server : kept;
  ours_.media_attributes = {};
  ours_.media_attributes.add("setup", dtls.role == dtls::Role::client ? "active" : "passive");
  ours_.media_attributes.add("fingerprint", fingerprint_->text());
  protection_.dtls = std::move(dtls);
  return std::nullopt;
}

}  // namespace parley::legs
