// Offer and answer for one audio stream over ICE, DTLS-SRTP and BUNDLE: what browsers and their kin send (RFC 8829, RFC
// 9143).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/dtls/fingerprint.hpp"
#include "protocol/ice/candidate.hpp"
#include "protocol/ice/credentials.hpp"
#include "protocol/sdp/offer_answer.hpp"

namespace parley::sdp::webrtc {

using dtls::Fingerprint;  // `a=fingerprint` (RFC 8122)

/// `a=setup` (RFC 4145, RFC 5763): active is the DTLS client.
enum class Setup : std::uint8_t { active, passive, actpass, holdconn };
std::optional<Setup> parse_setup(std::string_view value);
std::string_view name(Setup setup);

/// The ids of RTP header extensions, 1 to 14; 0 where it is not used.
struct Extensions {
  std::uint8_t mid = 0;           // urn:ietf:params:rtp-hdrext:sdes:mid
  std::uint8_t audio_level = 0;   // urn:ietf:params:rtp-hdrext:ssrc-audio-level
  std::uint8_t transport_cc = 0;  // …draft-holmer-rmcat-transport-wide-cc-extensions-01
  bool operator==(const Extensions&) const = default;
};

/// One side's audio section, as plain data. Attributes at session level count where the section has none.
struct Description {
  ice::Credentials ice;
  bool ice_lite = false;
  bool trickle = false;                    // ice-options
  std::vector<ice::Candidate> candidates;  // of component 1; at most 64. Host names and unknown kinds are left out
  std::size_t candidates_skipped = 0;
  bool end_of_candidates = false;
  std::vector<Fingerprint> fingerprints;  // those whose hash we know; at least one
  Setup setup = Setup::actpass;
  std::string mid;  // may be empty when nothing is bundled
  bool bundled = false;
  bool rtcp_mux = false, rtcp_rsize = false;
  std::vector<Rtpmap> codecs;  // in order, telephone-event among them
  Extensions extensions;
  Direction direction = Direction::sendrecv;
  std::optional<std::uint32_t> ssrc;
  std::string cname, msid;  // msid: "<stream> <track>"
  std::optional<std::chrono::milliseconds> ptime, max_ptime;
};

/// Opus (minptime=10;useinbandfec=1;usedtx=1), G722, PCMU, PCMA.
std::vector<Codec> default_codecs();

/// Our side.
struct Local {
  std::string username = "parley";
  std::uint64_t session_id = 0, version = 0;
  ice::Credentials ice;
  bool ice_lite = true;
  std::vector<ice::Candidate> candidates;
  bool end_of_candidates = true;
  Fingerprint fingerprint;
  /// What we choose when the peer leaves it to us with actpass. RFC 5763 §5 prefers active: it saves half a round trip.
  Setup preferred_setup = Setup::passive;
  std::vector<Codec> codecs = default_codecs();
  bool telephone_event = true;
  bool mid_extension = true, audio_level_extension = true, transport_cc = true;
  bool nack = false;
  Direction direction = Direction::sendrecv;
  std::uint32_t ssrc = 0;
  std::string cname, stream_id = "parley", track_id = "audio";
  std::string mid = "0";  // of an offer; an answer repeats the peer's
  std::chrono::milliseconds ptime{20};
  std::optional<std::chrono::milliseconds> max_ptime;
};

/// What both sides agreed on, from our side.
struct Negotiated {
  std::size_t media_index = 0;
  Description remote;
  /// Ours: active (DTLS client) or passive (server). In an offer's answer never actpass.
  Setup setup = Setup::passive;
  std::vector<NegotiatedCodec> codecs;             // not empty; we send the first
  std::optional<NegotiatedCodec> telephone_event;  // at the clock of the first codec, else at 8000 (see docs)
  std::vector<NegotiatedCodec> telephone_events;   // every one that both know: what may arrive
  Extensions extensions;                           // the ids hold in both directions
  bool feedback_transport_cc = false, feedback_nack = false;
  Direction direction = Direction::sendrecv;  // ours

  const NegotiatedCodec& codec() const { return codecs.front(); }
};

struct Answer {
  SessionDescription description;
  Negotiated negotiated;
};

/// Why there is no session, and which line is to blame: the words of a problem document.
struct Refusal {
  enum class Reason : std::uint8_t {
    bad_sdp,  // not a session description: `detail` says why
    no_audio,
    bad_protocol,  // not UDP/TLS/RTP/SAVPF and its kin
    not_bundled,   // a BUNDLE group without the audio, or the audio in a bundle-only section whose group is gone
    no_ice_credentials,
    bad_ice_credentials,
    both_lite,  // nobody would check
    no_fingerprint,
    bad_fingerprint,
    no_setup,
    bad_setup,
    no_rtcp_mux,
    no_common_codec,
    bad_answer,  // its lines are not the offer's
  };
  Reason reason = Reason::no_audio;
  std::size_t line = 0;  // 1-based; 0 when it is about the whole
  std::string text;      // that line, at most 200 bytes
  std::string detail;    // of bad_sdp

  /// One sentence with the line in it.
  std::string to_string() const;
};
std::string_view describe(Refusal::Reason reason);

/// Answers with the first audio section that works; the others are rejected in their places (port 0, outside BUNDLE).
/// `previous`: our last description in this session. Its origin goes on, its version counts up.
Result<Answer, Refusal> answer(const SessionDescription& offer, const Local& local,
                               const SessionDescription* previous = nullptr);
/// The same, from text.
Result<Answer, Refusal> answer(std::string_view offer, const Local& local,
                               const SessionDescription* previous = nullptr);

/// An offer with one audio section and `setup:actpass`. Later ones keep the payload types and the section's place.
SessionDescription make_offer(const Local& local, const SessionDescription* previous = nullptr);
/// Reads the answer to our own offer.
Result<Negotiated, Refusal> accept_answer(const SessionDescription& offer, const SessionDescription& answer);
Result<Negotiated, Refusal> accept_answer(const SessionDescription& offer, std::string_view answer);

/// What a re-offer changes against what was agreed before.
struct Changes {
  bool ice_restart = false;   // both ufrag and pwd are new (RFC 8839 §4.4.3)
  bool dtls_restart = false;  // another certificate (RFC 8842 §5)
  bool direction = false;
  bool codec = false;
  bool candidates = false;
};
Changes changes(const Negotiated& before, const Negotiated& now);

}  // namespace parley::sdp::webrtc
