#include "protocol/sdp/webrtc_section.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "protocol/sdp/sections.hpp"

namespace parley::sdp::webrtc {
namespace {

constexpr std::size_t max_candidates = 64, max_fingerprints = 8, max_shown = 200;

// The first is what WebRTC says (RFC 8829 §5.1.2); the others mean the same where a fingerprint stands beside them.
constexpr std::array<std::string_view, 6> protocols{"UDP/TLS/RTP/SAVPF", "TCP/TLS/RTP/SAVPF", "UDP/TLS/RTP/SAVP",
                                                    "TCP/TLS/RTP/SAVP",  "RTP/SAVPF",         "RTP/SAVP"};

std::string_view take_word(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  const auto word = rest.substr(0, rest.find(' '));
  rest.remove_prefix(word.size());
  return word;
}

std::string_view value_of(const Attribute* attribute) {
  return attribute && attribute->value ? std::string_view{*attribute->value} : std::string_view{};
}

bool contains_word(std::string_view words, std::string_view word) {
  for (auto next = take_word(words); !next.empty(); next = take_word(words))
    if (next == word) return true;
  return false;
}

std::optional<Refusal> read_ice(const SessionDescription& session, const Section& section, Description& said) {
  const Attribute* const ufrag = section.find("ice-ufrag");
  const Attribute* const pwd = section.find("ice-pwd");
  if (!ufrag || !pwd) return refusal(Refusal::Reason::no_ice_credentials, section.media());
  said.ice = {std::string{value_of(ufrag)}, std::string{value_of(pwd)}};
  if (!ice::Credentials{said.ice.ufrag, std::string(22, 'x')}.acceptable())
    return refusal(Refusal::Reason::bad_ice_credentials, *ufrag);
  if (!said.ice.acceptable()) return refusal(Refusal::Reason::bad_ice_credentials, *pwd);
  said.ice_lite = session.attributes.has("ice-lite");
  for (const Attribute* options : section.all("ice-options"))
    said.trickle |= contains_word(value_of(options), "trickle");
  said.end_of_candidates = section.find("end-of-candidates") != nullptr;
  for (const Attribute* attribute : section.all("candidate")) {
    auto candidate = ice::Candidate::parse(value_of(attribute));
    // RFC 8839 §5.1: what is not understood is ignored, and so is what is broken: another one may work.
    if (!candidate || candidate->component != 1 || said.candidates.size() == max_candidates) ++said.candidates_skipped;
    else said.candidates.push_back(std::move(*candidate));
  }
  return std::nullopt;
}

std::optional<Refusal> read_dtls(const Section& section, Description& said) {
  const auto fingerprints = section.all("fingerprint");
  if (fingerprints.empty()) return refusal(Refusal::Reason::no_fingerprint, section.media());
  for (const Attribute* attribute : fingerprints) {
    if (said.fingerprints.size() == max_fingerprints) break;
    if (auto fingerprint = Fingerprint::parse(value_of(attribute)))
      said.fingerprints.push_back(std::move(*fingerprint));
  }
  if (said.fingerprints.empty()) return refusal(Refusal::Reason::bad_fingerprint, *fingerprints.front());
  const Attribute* const setup = section.find("setup");
  if (!setup) return refusal(Refusal::Reason::no_setup, section.media());
  const auto role = parse_setup(value_of(setup));
  if (!role) return refusal(Refusal::Reason::bad_setup, *setup);
  said.setup = *role;
  return std::nullopt;
}

/// `a=extmap:<id>[/<direction>] <uri>`; ids above 14 need the two-byte form (RFC 8285 §4.3), which we don't write.
void read_extension(std::string_view value, Extensions& extensions) {
  const auto id_and_direction = take_word(value);
  const auto uri = take_word(value);
  const auto slash = id_and_direction.find('/');
  if (slash != std::string_view::npos && id_and_direction.substr(slash) != "/sendrecv") return;
  const auto text = id_and_direction.substr(0, slash);
  std::uint8_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc{} || end != text.data() + text.size() || id < 1 || id > 14) return;
  if (uri == mid_uri) extensions.mid = id;
  else if (uri == audio_level_uri) extensions.audio_level = id;
  else if (uri == transport_cc_uri) extensions.transport_cc = id;
}

/// `a=ssrc:<id> cname:<value>`: the first source is the stream's, the others are retransmissions and the like.
void read_source(const Media& media, Description& said) {
  for (const auto value : media.attributes.values("ssrc")) {
    auto rest = value;
    const auto id = take_word(rest);
    const auto what = rest.substr(std::min(rest.find_first_not_of(' '), rest.size()));
    std::uint32_t ssrc = 0;
    const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), ssrc);
    if (error != std::errc{} || end != id.data() + id.size() || (said.ssrc && *said.ssrc != ssrc)) continue;
    said.ssrc = ssrc;
    if (what.starts_with("cname:")) said.cname = what.substr(6);
    else if (what.starts_with("msid:") && said.msid.empty()) said.msid = what.substr(5);
  }
}

}  // namespace

std::string shown(std::string_view line) { return std::string{line.substr(0, max_shown)}; }

Refusal refusal(Refusal::Reason reason, const Media& media) {
  return {.reason = reason, .line = media.line, .text = shown(line_text(media)), .detail = {}};
}
Refusal refusal(Refusal::Reason reason, const Attribute& attribute) {
  return {.reason = reason, .line = attribute.line, .text = shown(line_text(attribute)), .detail = {}};
}

std::vector<std::string_view> bundle_of(const SessionDescription& session, std::string_view mid) {
  if (mid.empty()) return {};
  for (auto group : session.attributes.values("group")) {
    if (take_word(group) != "BUNDLE") continue;
    std::vector<std::string_view> mids;
    for (auto each = take_word(group); !each.empty(); each = take_word(group)) mids.push_back(each);
    if (std::ranges::find(mids, mid) != mids.end()) return mids;
  }
  return {};
}

Section::Section(const SessionDescription& session, std::size_t index)
    : session_{session}, media_{session.media[index]} {
  const auto mids = bundle_of(session, media_.attributes.value("mid").value_or(""));
  if (mids.empty()) return;
  const auto tagged = std::ranges::find_if(
      session.media, [&](const Media& media) { return media.attributes.value("mid") == mids.front(); });
  tagged_ = tagged == session.media.end() ? &media_ : &*tagged;
}

const Attribute* Section::find(std::string_view name) const {
  if (const Attribute* own = media_.attributes.find(name)) return own;
  if (const Attribute* bundled = tagged_ ? tagged_->attributes.find(name) : nullptr) return bundled;
  return session_.attributes.find(name);
}

std::vector<const Attribute*> Section::all(std::string_view name) const {
  for (const Attributes* attributes :
       {&media_.attributes, tagged_ ? &tagged_->attributes : nullptr, &session_.attributes}) {
    std::vector<const Attribute*> found;
    if (attributes)
      for (const Attribute& attribute : *attributes)
        if (attribute.name == name) found.push_back(&attribute);
    if (!found.empty()) return found;
  }
  return {};
}

bool Section::disabled() const { return media_.port == 0 && !media_.attributes.has("bundle-only"); }

Result<Description, Refusal> read_section(const SessionDescription& session, std::size_t index) {
  const Section section{session, index};
  const Media& media = section.media();
  if (std::ranges::find(protocols, media.protocol) == protocols.end())
    return std::unexpected(refusal(Refusal::Reason::bad_protocol, media));
  Description said;
  said.mid = media.attributes.value("mid").value_or("");
  said.bundled = section.bundled();
  if (const Attribute* only = media.attributes.find("bundle-only"); only && !said.bundled)
    return std::unexpected(refusal(Refusal::Reason::not_bundled, *only));
  if (auto trouble = read_ice(session, section, said)) return std::unexpected(std::move(*trouble));
  if (auto trouble = read_dtls(section, said)) return std::unexpected(std::move(*trouble));
  said.rtcp_mux = section.find("rtcp-mux") != nullptr;
  if (!said.rtcp_mux) return std::unexpected(refusal(Refusal::Reason::no_rtcp_mux, media));
  said.rtcp_rsize = media.attributes.has("rtcp-rsize");
  for (const auto& format : media.formats)
    if (auto map = rtpmap(media, format)) said.codecs.push_back(std::move(*map));
  for (const auto value : session.attributes.values("extmap")) read_extension(value, said.extensions);
  for (const auto value : media.attributes.values("extmap")) read_extension(value, said.extensions);
  said.direction = direction(session, media);
  said.msid = media.attributes.value("msid").value_or("");
  read_source(media, said);
  said.ptime = ptime(media);
  said.max_ptime = max_ptime(media);
  return said;
}

Extensions extensions_of(const Media& media) {
  Extensions extensions;
  for (const auto value : media.attributes.values("extmap")) read_extension(value, extensions);
  return extensions;
}

bool has_feedback(const Media& media, std::uint8_t payload_type, std::string_view kind) {
  const auto number = std::to_string(payload_type);
  return std::ranges::any_of(media.attributes.values("rtcp-fb"), [&](std::string_view value) {
    const auto format = take_word(value);
    const auto what = value.substr(std::min(value.find_first_not_of(' '), value.size()));
    return (format == number || format == "*") && what == kind;
  });
}

std::optional<Setup> parse_setup(std::string_view value) {
  for (const auto setup : {Setup::active, Setup::passive, Setup::actpass, Setup::holdconn})
    if (value == name(setup)) return setup;
  return std::nullopt;
}

std::string_view name(Setup setup) {
  switch (setup) {
    case Setup::active: return "active";
    case Setup::passive: return "passive";
    case Setup::actpass: return "actpass";
    case Setup::holdconn: break;
  }
  return "holdconn";
}

std::string_view describe(Refusal::Reason reason) {
  switch (reason) {
    case Refusal::Reason::bad_sdp: return "not a session description";
    case Refusal::Reason::no_audio: return "no audio is offered";
    case Refusal::Reason::bad_protocol: return "this transport is not WebRTC's";
    case Refusal::Reason::not_bundled: return "a bundle-only section is in no BUNDLE group";
    case Refusal::Reason::no_ice_credentials: return "no a=ice-ufrag and a=ice-pwd";
    case Refusal::Reason::bad_ice_credentials: return "ICE credentials too short, too long, or with other characters";
    case Refusal::Reason::both_lite: return "both sides are ice-lite: nobody would check";
    case Refusal::Reason::no_fingerprint: return "no a=fingerprint";
    case Refusal::Reason::bad_fingerprint: return "no fingerprint that can be read";
    case Refusal::Reason::no_setup: return "no a=setup";
    case Refusal::Reason::bad_setup: return "this a=setup cannot be answered";
    case Refusal::Reason::no_rtcp_mux: return "no a=rtcp-mux";
    case Refusal::Reason::no_common_codec: return "no codec in common";
    case Refusal::Reason::bad_answer: return "the answer's sections are not the offer's";
  }
  return "not acceptable";
}

std::string Refusal::to_string() const {
  std::string out{describe(reason)};
  if (!detail.empty()) out += " (" + detail + ')';
  if (line != 0) out += ", line " + std::to_string(line) + ": " + text;
  return out;
}

}  // namespace parley::sdp::webrtc
