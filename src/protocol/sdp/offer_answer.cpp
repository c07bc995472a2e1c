#include "protocol/sdp/offer_answer.hpp"

#include <algorithm>

#include "protocol/sdp/sections.hpp"

namespace parley::sdp {
namespace {

/// One payload type that both sides understand.
struct Match {
  NegotiatedCodec codec;
  std::size_t preference;  // its place in our list
};

std::vector<Match> common_codecs(const Media& offered, const Local& local) {
  std::vector<Match> matches;
  for (const auto& format : offered.formats) {
    auto map = rtpmap(offered, format);
    if (!map) continue;
    const auto known = std::ranges::find_if(local.codecs, [&](const Codec& c) { return c.map.same_codec(*map); });
    const auto again = std::ranges::find_if(matches, [&](const Match& m) { return m.codec.map.same_codec(*map); });
    if (known == local.codecs.end() || again != matches.end()) continue;
    const auto payload_type = map->payload_type;
    matches.push_back({{std::move(*map), payload_type, std::string{fmtp(offered, format)}},
                       static_cast<std::size_t>(known - local.codecs.begin())});
  }
  if (local.own_order) std::ranges::sort(matches, {}, &Match::preference);
  if (local.single_codec && matches.size() > 1) matches.resize(1);
  return matches;
}

/// SRTP whose keys stand in the description; UDP/TLS/RTP/SAVP is not among them.
bool is_savp(std::string_view protocol) { return protocol == "RTP/SAVP" || protocol == "RTP/SAVPF"; }

/// The first line of theirs that we support and have a key for, as its answer with ours (RFC 4568 §5.1.2). What
/// cannot be read or is not known is passed over.
struct CryptoMatch {
  Crypto answer;
  srtp::Keys keys;
};
std::optional<CryptoMatch> common_crypto(const Media& offered, const Local& local) {
  for (const auto value : offered.attributes.values("crypto")) {
    auto theirs = Crypto::parse(value);
    if (!theirs || !theirs->supported()) continue;
    const auto ours = std::ranges::find(local.crypto, theirs->profile, &Crypto::profile);
    if (ours == local.crypto.end()) continue;
    CryptoMatch match{*ours, {theirs->profile, ours->keys.front().master, theirs->keys.front().master}};
    match.answer.tag = theirs->tag;
    return match;
  }
  return std::nullopt;
}

/// The answer names one line of our offer by its tag, with the same suite and the answerer's key; anything else is no
/// answer to it (RFC 4568 §5.1.3).
std::optional<srtp::Keys> accepted_crypto(const Media& offered, const Media& answered) {
  const auto values = answered.attributes.values("crypto");
  if (values.size() != 1) return std::nullopt;
  const auto theirs = Crypto::parse(values.front());
  if (!theirs || !theirs->supported()) return std::nullopt;
  for (const auto value : offered.attributes.values("crypto"))
    if (const auto ours = Crypto::parse(value); ours && ours->tag == theirs->tag && ours->profile == theirs->profile)
      return srtp::Keys{ours->profile, ours->keys.front().master, theirs->keys.front().master};
  return std::nullopt;
}

/// The direction that `media`'s sender wants, with the old way of holding: c=0.0.0.0 means "send me
/// nothing" (RFC 3264 §8.4).
Direction wanted(const SessionDescription& session, const Media& media) {
  const auto said = direction(session, media);
  const auto rtp = rtp_endpoint(session, media);
  return rtp && rtp->address.is_unspecified() ? common(said, Direction::sendonly) : said;
}

/// The attributes that offers and answers share, behind the codecs.
void add_transport(Media& media, const Local& local, std::chrono::milliseconds ptime, Direction direction, bool mux) {
  media.attributes.add("ptime", std::to_string(ptime.count()));
  if (local.max_ptime) media.attributes.add("maxptime", std::to_string(local.max_ptime->count()));
  if (mux) media.attributes.add("rtcp-mux");
  for (const Attribute& attribute : local.media_attributes) media.attributes.add(attribute.name, attribute.value);
  media.attributes.add(std::string{name(direction)});
}

SessionDescription session_of(const Local& local) {
  SessionDescription session;
  session.origin = {local.username, local.session_id, local.version, Connection::of(local.rtp.address)};
  session.connection = Connection::of(local.rtp.address);
  session.attributes = local.session_attributes;
  return session;
}

Result<Answer, Refusal::Reason> answer_line(const SessionDescription& offer, std::size_t index, const Local& local) {
  using enum Refusal::Reason;
  const Media& offered = offer.media[index];
  if (offered.port == 0) return std::unexpected(no_audio);
  if (std::ranges::find(local.protocols, offered.protocol) == local.protocols.end())
    return std::unexpected(bad_protocol);
  const auto rtp = rtp_endpoint(offer, offered);
  const auto rtcp = rtcp_endpoint(offer, offered);
  if (!rtp) return std::unexpected(no_address);
  const auto crypto = local.sdes == Sdes::off ? std::nullopt : common_crypto(offered, local);
  if (!crypto && is_savp(offered.protocol)) return std::unexpected(no_common_crypto);
  if (!crypto && local.sdes == Sdes::required)
    return std::unexpected(offered.attributes.has("crypto") ? no_common_crypto : srtp_required);
  const auto matches = common_codecs(offered, local);
  if (matches.empty()) return std::unexpected(no_common_codec);

  Answer answer{session_of(local), {}};
  Negotiated& agreed = answer.negotiated;
  agreed.media_index = index;
  for (const Match& match : matches) agreed.codecs.push_back(match.codec);
  if (local.telephone_event) agreed.telephone_event = event_at(offered, agreed.codec().clock);
  agreed.rtp = *rtp;
  agreed.rtcp = rtcp.value_or(Endpoint{rtp->address, 0});
  agreed.rtcp_mux = local.rtcp_mux && rtcp_mux(offered);
  if (agreed.rtcp_mux) agreed.rtcp = agreed.rtp;
  agreed.direction = common(reversed(wanted(offer, offered)), local.direction);
  agreed.ptime = ptime(offered);
  agreed.max_ptime = max_ptime(offered);
  if (crypto) agreed.keys = crypto->keys;

  Media media{.kind = "audio", .port = local.rtp.port, .protocol = offered.protocol};
  for (const Match& match : matches)
    add_codec(media, match.codec.map, match.codec.map.payload_type, local.codecs[match.preference].fmtp);
  if (agreed.telephone_event)
    add_codec(media, agreed.telephone_event->map, agreed.telephone_event->map.payload_type, "0-15");
  if (crypto) media.attributes.add("crypto", crypto->answer.to_string());
  add_transport(media, local, local.ptime, agreed.direction, agreed.rtcp_mux);
  for (const Media& each : offer.media) answer.description.media.push_back(rejected(each));
  answer.description.media[index] = std::move(media);
  return answer;
}

}  // namespace

std::vector<Codec> default_codecs() {
  return {{{111, "opus", 48'000, 2}, "useinbandfec=1"},
          {{9, "G722", 8'000}, ""},
          {{8, "PCMA", 8'000}, ""},
          {{0, "PCMU", 8'000}, ""}};
}

std::string_view describe(Refusal::Reason reason) {
  switch (reason) {
    case Refusal::Reason::no_audio: return "no audio offered";
    case Refusal::Reason::bad_protocol: return "transport protocol not supported";
    case Refusal::Reason::no_common_crypto: return "no SRTP keys in common";
    case Refusal::Reason::srtp_required: return "SRTP is required";
    case Refusal::Reason::no_address: return "no usable address";
    case Refusal::Reason::no_common_codec: return "no codec in common";
    case Refusal::Reason::bad_answer: return "answer does not fit the offer";
  }
  return "not acceptable";
}

SessionDescription make_offer(const Local& local, const SessionDescription* previous) {
  const Media* used = nullptr;
  if (previous) {
    const auto index = index_of_audio(*previous);
    if (index < previous->media.size()) used = &previous->media[index];
  }
  Media media{.kind = "audio", .port = local.rtp.port, .protocol = used ? used->protocol : local.protocols.front()};
  PayloadTypes types{used};
  for (const Codec& codec : local.codecs) add_codec(media, codec.map, types.choose(codec.map), codec.fmtp);
  if (local.telephone_event) {
    std::vector<std::uint32_t> clocks;
    for (const Codec& codec : local.codecs)
      if (std::ranges::find(clocks, codec.map.clock) == clocks.end()) clocks.push_back(codec.map.clock);
    for (const auto clock : clocks) {
      const Rtpmap event{static_cast<std::uint8_t>(clock == 8'000 ? 101 : 110), std::string{event_encoding}, clock};
      add_codec(media, event, types.choose(event), "0-15");
    }
  }
  if (local.sdes != Sdes::off)
    for (const Crypto& crypto : local.crypto) media.attributes.add("crypto", crypto.to_string());
  add_transport(media, local, local.ptime, local.direction, local.rtcp_mux);

  SessionDescription offer = session_of(local);
  if (previous)
    for (const Media& old : previous->media) offer.media.push_back(&old == used ? media : rejected(old));
  if (!used) offer.media.push_back(std::move(media));
  count_version(offer, previous);
  return offer;
}

Result<Answer, Refusal> answer(const SessionDescription& offer, const Local& local,
                               const SessionDescription* previous) {
  std::optional<Refusal> refusal;
  for (std::size_t i = 0; i < offer.media.size(); ++i) {
    if (offer.media[i].kind != "audio") continue;
    auto answer = answer_line(offer, i, local);
    if (answer) {
      count_version(answer->description, previous);
      return std::move(*answer);
    }
    // A disabled line explains less than one that was meant.
    if (!refusal || refusal->reason == Refusal::Reason::no_audio)
      refusal = Refusal{answer.error(), i, offer.media[i].line};
  }
  return std::unexpected(refusal.value_or(Refusal{Refusal::Reason::no_audio}));
}

Result<Negotiated, Refusal> accept_answer(const SessionDescription& offer, const SessionDescription& answer) {
  using enum Refusal::Reason;
  const auto index = index_of_audio(offer);
  if (index >= offer.media.size() || answer.media.size() != offer.media.size() || answer.media[index].kind != "audio")
    return std::unexpected(Refusal{bad_answer});
  const Media& offered = offer.media[index];
  const Media& answered = answer.media[index];
  const auto refuse = [&](Refusal::Reason reason) { return std::unexpected(Refusal{reason, index, answered.line}); };
  if (answered.port == 0) return refuse(no_audio);
  // Some answer RTP/AVP and its keys as RTP/SAVP: what they mean is plain.
  const bool upgraded =
      offered.protocol == "RTP/AVP" && answered.protocol == "RTP/SAVP" && offered.attributes.has("crypto");
  if (answered.protocol != offered.protocol && !upgraded) return refuse(bad_protocol);
  std::optional<srtp::Keys> keys;
  if (answered.attributes.has("crypto") && offered.attributes.has("crypto")) {
    keys = accepted_crypto(offered, answered);
    if (!keys) return refuse(no_common_crypto);
  } else if (is_savp(answered.protocol)) {
    return refuse(no_common_crypto);
  }
  const auto rtp = rtp_endpoint(answer, answered);
  if (!rtp) return refuse(no_address);

  Negotiated agreed{.media_index = index, .rtp = *rtp};
  agreed.keys = keys;
  agreed.codecs = answered_codecs(offered, answered);
  if (agreed.codecs.empty()) return refuse(no_common_codec);
  const auto clock = agreed.codec().clock;
  agreed.telephone_event = event_at(answered, clock);
  if (const auto ours = event_at(offered, clock); agreed.telephone_event && ours)
    agreed.telephone_event->receive_payload_type = ours->map.payload_type;
  else agreed.telephone_event.reset();
  agreed.rtcp_mux = rtcp_mux(offered) && rtcp_mux(answered);
  agreed.rtcp = agreed.rtcp_mux ? *rtp : rtcp_endpoint(answer, answered).value_or(Endpoint{rtp->address, 0});
  agreed.direction = common(reversed(wanted(answer, answered)), direction(offer, offered));
  agreed.ptime = ptime(answered);
  agreed.max_ptime = max_ptime(answered);
  return agreed;
}

}  // namespace parley::sdp
