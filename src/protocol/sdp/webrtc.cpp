#include "protocol/sdp/webrtc.hpp"

#include <algorithm>

#include "protocol/sdp/sections.hpp"
#include "protocol/sdp/webrtc_section.hpp"

namespace parley::sdp::webrtc {
namespace {

constexpr std::string_view key_presses = "0-15";

/// One line and where it stands; for what the parser of descriptions refuses.
std::string_view line_of(std::string_view text, std::size_t number) {
  for (; number > 1 && !text.empty(); --number) text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  const auto line = number == 0 ? std::string_view{} : text.substr(0, text.find('\n'));
  return line.substr(0, line.find('\r'));
}

Result<SessionDescription, Refusal> read_text(std::string_view text) {
  auto session = SessionDescription::parse(text);
  if (session) return std::move(*session);
  const auto& error = session.error();
  return std::unexpected(Refusal{.reason = Refusal::Reason::bad_sdp,
                                 .line = error.line,
                                 .text = shown(line_of(text, error.line)),
                                 .detail = std::string{describe(error.error)}});
}

const Media* audio_of(const SessionDescription* description) {
  if (!description) return nullptr;
  const auto index = index_of_audio(*description);
  return index < description->media.size() ? &description->media[index] : nullptr;
}

/// Our codecs in our order that the section has, with the fmtp that is ours.
struct Match {
  NegotiatedCodec codec;
  std::string_view fmtp;
};
std::optional<Match> best_codec(const Media& offered, const Local& local) {
  for (const Codec& ours : local.codecs)
    for (const auto& format : offered.formats) {
      auto map = rtpmap(offered, format);
      if (!map || !map->same_codec(ours.map)) continue;
      const auto payload_type = map->payload_type;
      return Match{{std::move(*map), payload_type, std::string{fmtp(offered, format)}}, ours.fmtp};
    }
  return std::nullopt;
}

/// Those at the codec's clock first: RFC 4733 §2.1 wants the stream's clock, but Firefox and WhatsApp offer
/// 8000 beside Opus and nothing else.
std::vector<NegotiatedCodec> events_for(const Media& media, const Rtpmap& codec) {
  std::vector<NegotiatedCodec> events;
  for (const auto clock : {codec.clock, std::uint32_t{48'000}, std::uint32_t{8'000}}) {
    auto event = event_at(media, clock);
    const bool known =
        std::ranges::any_of(events, [&](const NegotiatedCodec& each) { return each.map.clock == clock; });
    if (event && !known) events.push_back(std::move(*event));
  }
  return events;
}

void set_events(Negotiated& agreed, std::vector<NegotiatedCodec> events) {
  agreed.telephone_events = std::move(events);
  if (!agreed.telephone_events.empty()) agreed.telephone_event = agreed.telephone_events.front();
}

/// RFC 8842 §5.3: the answerer decides where it may, and keeps to it while the association lives.
std::optional<Setup> answering_setup(Setup offered, const Local& local, const Media* before) {
  if (offered == Setup::active) return Setup::passive;
  if (offered == Setup::passive) return Setup::active;
  if (offered == Setup::holdconn) return std::nullopt;
  const auto kept = before ? parse_setup(before->attributes.value("setup").value_or("")) : std::nullopt;
  if (kept == Setup::active || kept == Setup::passive) return kept;
  return local.preferred_setup == Setup::active ? Setup::active : Setup::passive;
}

/// The default candidate goes into m= and c= (RFC 8839 §4.2.1.2), 0.0.0.0:9 when there is none.
Endpoint default_address(const Local& local) {
  for (const auto& candidate : local.candidates)
    if (candidate.transport == ice::Transport::udp) return candidate.address;
  return {IpAddress{}, 9};
}

SessionDescription session_of(const Local& local, bool bundled, std::string_view mid) {
  SessionDescription session;
  const auto address = default_address(local).address;
  session.origin = {local.username, local.session_id, local.version,
                    Connection::of(address.is_unspecified() ? IpAddress::loopback() : address)};
  session.connection = Connection::of(address);
  if (bundled) session.attributes.add("group", "BUNDLE " + std::string{mid});
  if (local.ice_lite) session.attributes.add("ice-lite");
  session.attributes.add("ice-options", "trickle");  // we take candidates that come later
  return session;
}

void add_feedback(Media& media, std::uint8_t payload_type, bool transport_cc, bool nack) {
  const auto number = std::to_string(payload_type);
  if (transport_cc) media.attributes.add("rtcp-fb", number + " transport-cc");
  if (nack) media.attributes.add("rtcp-fb", number + " nack");
}

/// What offers and answers share behind the codecs.
void add_transport(Media& media, const Local& local, Setup setup, std::string_view mid, const Extensions& ids) {
  auto& attributes = media.attributes;
  const auto extension = [&](std::uint8_t id, std::string_view uri) {
    if (id != 0) attributes.add("extmap", std::to_string(id) + ' ' + std::string{uri});
  };
  attributes.add("ptime", std::to_string(local.ptime.count()));
  if (local.max_ptime) attributes.add("maxptime", std::to_string(local.max_ptime->count()));
  if (!mid.empty()) attributes.add("mid", std::string{mid});
  attributes.add("rtcp-mux");
  attributes.add("setup", std::string{name(setup)});
  attributes.add("fingerprint", local.fingerprint.text());
  attributes.add("ice-ufrag", local.ice.ufrag);
  attributes.add("ice-pwd", local.ice.pwd);
  for (const auto& candidate : local.candidates) attributes.add("candidate", candidate.to_string());
  if (local.end_of_candidates) attributes.add("end-of-candidates");
  extension(ids.mid, mid_uri);
  extension(ids.audio_level, audio_level_uri);
  extension(ids.transport_cc, transport_cc_uri);
}

void add_source(Media& media, const Local& local, Direction direction) {
  media.attributes.add(std::string{name(direction)});
  if (!sends(direction)) return;
  media.attributes.add("msid", local.stream_id + ' ' + local.track_id);
  if (local.ssrc != 0) media.attributes.add("ssrc", std::to_string(local.ssrc) + " cname:" + local.cname);
}

/// Port 0, and the mid that tells a browser which section this is.
Media rejected_with_mid(const Media& offered) {
  Media media = rejected(offered);
  if (const auto mid = offered.attributes.value("mid"); mid && !mid->empty())
    media.attributes.add("mid", std::string{*mid});
  return media;
}

Extensions common(const Extensions& offered, const Local& local, bool transport_cc) {
  return {.mid = local.mid_extension ? offered.mid : std::uint8_t{0},
          .audio_level = local.audio_level_extension ? offered.audio_level : std::uint8_t{0},
          .transport_cc = transport_cc ? offered.transport_cc : std::uint8_t{0}};
}

Result<Answer, Refusal> answer_section(const SessionDescription& offer, std::size_t index, const Local& local,
                                       const SessionDescription* previous) {
  const Media& offered = offer.media[index];
  auto said = read_section(offer, index);
  if (!said) return std::unexpected(said.error());
  if (said->ice_lite && local.ice_lite)
    return std::unexpected(refusal(Refusal::Reason::both_lite, *offer.attributes.find("ice-lite")));
  const auto setup = answering_setup(said->setup, local, audio_of(previous));
  if (!setup) return std::unexpected(refusal(Refusal::Reason::bad_setup, *Section{offer, index}.find("setup")));
  auto match = best_codec(offered, local);
  if (!match) return std::unexpected(refusal(Refusal::Reason::no_common_codec, offered));
  const auto payload_type = match->codec.map.payload_type;

  Answer answer{session_of(local, said->bundled, said->mid), {}};
  Negotiated& agreed = answer.negotiated;
  agreed.media_index = index;
  agreed.setup = *setup;
  agreed.feedback_transport_cc =
      local.transport_cc && said->extensions.transport_cc != 0 && has_feedback(offered, payload_type, "transport-cc");
  agreed.feedback_nack = local.nack && has_feedback(offered, payload_type, "nack");
  agreed.extensions = common(said->extensions, local, agreed.feedback_transport_cc);
  agreed.direction = sdp::common(reversed(said->direction), local.direction);
  if (local.telephone_event) set_events(agreed, events_for(offered, match->codec.map));

  Media media{.kind = "audio", .port = default_address(local).port, .protocol = offered.protocol};
  add_codec(media, match->codec.map, payload_type, match->fmtp);
  add_feedback(media, payload_type, agreed.feedback_transport_cc, agreed.feedback_nack);
  for (const auto& event : agreed.telephone_events) add_codec(media, event.map, event.map.payload_type, key_presses);
  add_transport(media, local, *setup, said->mid, agreed.extensions);
  if (said->rtcp_rsize) media.attributes.add("rtcp-rsize");
  add_source(media, local, agreed.direction);
  for (const Media& each : offer.media) answer.description.media.push_back(rejected_with_mid(each));
  answer.description.media[index] = std::move(media);
  agreed.codecs.push_back(std::move(match->codec));
  agreed.remote = std::move(*said);
  return answer;
}

}  // namespace

std::vector<Codec> default_codecs() {
  return {{{111, "opus", 48'000, 2}, "minptime=10;useinbandfec=1;usedtx=1"},
          {{9, "G722", 8'000}, ""},
          {{0, "PCMU", 8'000}, ""},
          {{8, "PCMA", 8'000}, ""}};
}

Result<Answer, Refusal> answer(const SessionDescription& offer, const Local& local,
                               const SessionDescription* previous) {
  std::optional<Refusal> first;
  for (std::size_t i = 0; i < offer.media.size(); ++i) {
    if (offer.media[i].kind != "audio") continue;
    if (Section{offer, i}.disabled()) {
      // Explains less than a section that was meant.
      if (!first) first = refusal(Refusal::Reason::no_audio, offer.media[i]);
      continue;
    }
    auto answer = answer_section(offer, i, local, previous);
    if (answer) {
      count_version(answer->description, previous);
      return answer;
    }
    if (!first || first->reason == Refusal::Reason::no_audio) first = std::move(answer.error());
  }
  return std::unexpected(first.value_or(Refusal{}));
}

Result<Answer, Refusal> answer(std::string_view offer, const Local& local, const SessionDescription* previous) {
  const auto session = read_text(offer);
  if (!session) return std::unexpected(session.error());
  return webrtc::answer(*session, local, previous);
}

SessionDescription make_offer(const Local& local, const SessionDescription* previous) {
  const Media* const used = audio_of(previous);
  const std::string mid{used ? used->attributes.value("mid").value_or("") : std::string_view{local.mid}};
  Extensions ids{.mid = local.mid_extension ? std::uint8_t{1} : std::uint8_t{0},
                 .audio_level = local.audio_level_extension ? std::uint8_t{2} : std::uint8_t{0},
                 .transport_cc = local.transport_cc ? std::uint8_t{3} : std::uint8_t{0}};
  if (used) ids = extensions_of(*used);

  Media media{.kind = "audio",
              .port = default_address(local).port,
              .protocol = used ? used->protocol : std::string{"UDP/TLS/RTP/SAVPF"}};
  PayloadTypes types{used};
  for (const Codec& codec : local.codecs) {
    const auto payload_type = types.choose(codec.map);
    add_codec(media, codec.map, payload_type, codec.fmtp);
    add_feedback(media, payload_type, ids.transport_cc != 0, local.nack);
  }
  for (const auto clock : {48'000U, 8'000U}) {
    const bool used_by_codec = std::ranges::any_of(local.codecs, [&](const Codec& c) { return c.map.clock == clock; });
    // 8000 stands beside Opus, too: some know no other.
    if (!local.telephone_event || (!used_by_codec && clock != 8'000)) continue;
    const Rtpmap event{static_cast<std::uint8_t>(clock == 8'000 ? 126 : 110), std::string{event_encoding}, clock};
    add_codec(media, event, types.choose(event), key_presses);
  }
  add_transport(media, local, Setup::actpass, mid, ids);
  media.attributes.add("rtcp-rsize");
  add_source(media, local, local.direction);

  SessionDescription offer = session_of(local, !mid.empty(), mid);
  if (previous)
    for (const Media& old : previous->media) offer.media.push_back(&old == used ? media : rejected_with_mid(old));
  if (!used) offer.media.push_back(std::move(media));
  count_version(offer, previous);
  return offer;
}

Result<Negotiated, Refusal> accept_answer(const SessionDescription& offer, const SessionDescription& answer) {
  const auto index = index_of_audio(offer);
  if (index >= offer.media.size() || answer.media.size() != offer.media.size())
    return std::unexpected(Refusal{.reason = Refusal::Reason::bad_answer, .line = 0, .text = {}, .detail = {}});
  const Media& offered = offer.media[index];
  const Media& answered = answer.media[index];
  if (answered.kind != "audio") return std::unexpected(refusal(Refusal::Reason::bad_answer, answered));
  if (answered.port == 0) return std::unexpected(refusal(Refusal::Reason::no_audio, answered));
  auto said = read_section(answer, index);
  if (!said) return std::unexpected(said.error());
  if (said->ice_lite && offer.attributes.has("ice-lite"))
    return std::unexpected(refusal(Refusal::Reason::both_lite, *answer.attributes.find("ice-lite")));
  if (said->setup != Setup::active && said->setup != Setup::passive)
    return std::unexpected(refusal(Refusal::Reason::bad_setup, *Section{answer, index}.find("setup")));

  Negotiated agreed{.media_index = index};
  agreed.setup = said->setup == Setup::active ? Setup::passive : Setup::active;
  agreed.codecs = answered_codecs(offered, answered);
  if (agreed.codecs.empty()) return std::unexpected(refusal(Refusal::Reason::no_common_codec, answered));
  auto events = events_for(answered, agreed.codec().map);
  for (auto& event : events)
    if (const auto ours = event_at(offered, event.map.clock)) event.receive_payload_type = ours->map.payload_type;
  set_events(agreed, std::move(events));
  const auto payload_type = agreed.codec().map.payload_type;
  const auto ours = extensions_of(offered);
  agreed.feedback_transport_cc = ours.transport_cc != 0 && said->extensions.transport_cc == ours.transport_cc &&
                                 has_feedback(answered, payload_type, "transport-cc");
  agreed.feedback_nack = has_feedback(answered, payload_type, "nack") &&
                         has_feedback(offered, agreed.codec().receive_payload_type, "nack");
  // An answerer keeps the offerer's ids (RFC 8285 §6); others would be a mistake that we don't make with it.
  const auto kept = [](std::uint8_t a, std::uint8_t b) { return a == b ? a : std::uint8_t{0}; };
  agreed.extensions = {.mid = kept(ours.mid, said->extensions.mid),
                       .audio_level = kept(ours.audio_level, said->extensions.audio_level),
                       .transport_cc = agreed.feedback_transport_cc ? ours.transport_cc : std::uint8_t{0}};
  agreed.direction = sdp::common(reversed(said->direction), direction(offer, offered));
  agreed.remote = std::move(*said);
  return agreed;
}

Result<Negotiated, Refusal> accept_answer(const SessionDescription& offer, std::string_view answer) {
  const auto session = read_text(answer);
  if (!session) return std::unexpected(session.error());
  return webrtc::accept_answer(offer, *session);
}

Changes changes(const Negotiated& before, const Negotiated& now) {
  return {.ice_restart = before.remote.ice.ufrag != now.remote.ice.ufrag && before.remote.ice.pwd != now.remote.ice.pwd,
          .dtls_restart = before.remote.fingerprints != now.remote.fingerprints,
          .direction = before.direction != now.direction,
          .codec = before.codecs != now.codecs,
          .candidates = before.remote.candidates != now.remote.candidates};
}

}  // namespace parley::sdp::webrtc
