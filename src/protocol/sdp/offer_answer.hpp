// Offer and answer for one audio stream (RFC 3264). Other media are refused and keep their places.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/sdp/audio.hpp"
#include "protocol/sdp/crypto.hpp"

namespace parley::sdp {

/// A codec that we can speak. The payload type is a wish: an answer takes the offerer's, a later
/// offer keeps what the session already uses.
struct Codec {
  Rtpmap map;
  std::string fmtp;  // ours, about what we want to receive
  bool operator==(const Codec&) const = default;
};

/// Opus, G722, PCMA, PCMU.
std::vector<Codec> default_codecs();

/// Whether audio is protected by keys that stand in the description (RFC 4568).
enum class Sdes : std::uint8_t {
  off,       // keys are neither offered nor looked at
  optional,  // offered beside RTP/AVP, taken where they are offered
  required,  // offered as RTP/SAVP; what has none is refused
};

/// Our side of the session. DTLS, ICE and the like come in as attributes and protocols.
struct Local {
  std::string username = "parley";
  std::uint64_t session_id = 0, version = 0;  // of the first description; later ones count on from it
  Endpoint rtp;
  std::vector<Codec> codecs = default_codecs();
  std::vector<std::string> protocols{"RTP/AVP"};  // the first is offered, all are answered
  Sdes sdes = Sdes::off;
  std::vector<Crypto> crypto;  // ours, best first: an offer has them all, an answer the one of the offer's suite
  bool telephone_event = true;
  bool rtcp_mux = true;      // offered, and answered when the peer offers it
  bool own_order = false;    // an answer prefers by our order instead of the offerer's
  bool single_codec = true;  // an answer names one codec: not every peer keeps to the first
  Direction direction = Direction::sendrecv;
  std::chrono::milliseconds ptime{20};
  std::optional<std::chrono::milliseconds> max_ptime;
  Attributes session_attributes, media_attributes;
};

struct NegotiatedCodec {
  Rtpmap map;  // with the payload type to send
  std::uint8_t receive_payload_type = 0;
  std::string fmtp;  // the peer's, about what it wants to receive
  bool operator==(const NegotiatedCodec&) const = default;
};

/// What both sides agreed on, from our side.
struct Negotiated {
  std::size_t media_index = 0;
  std::vector<NegotiatedCodec> codecs;             // not empty; we send the first
  std::optional<NegotiatedCodec> telephone_event;  // at the clock of the first codec
  Endpoint rtp, rtcp;                              // the peer's; unspecified while it holds the old way
  bool rtcp_mux = false;
  std::optional<srtp::Keys> keys;                             // nothing: no SDES
  Direction direction = Direction::sendrecv;                  // ours
  std::optional<std::chrono::milliseconds> ptime, max_ptime;  // the peer's wish and limit for what we send

  const Rtpmap& codec() const { return codecs.front().map; }
  /// The peer does not want to hear us now.
  bool held() const { return !sends(direction); }
  bool operator==(const Negotiated&) const = default;
};

struct Answer {
  SessionDescription description;
  Negotiated negotiated;
};

/// Why there is no audio: the words of a 488's Warning.
struct Refusal {
  enum class Reason : std::uint8_t {
    no_audio,          // no audio line, or all of them disabled
    bad_protocol,      // e.g. SRTP where we have none
    no_common_crypto,  // no a=crypto that we support
    srtp_required,     // ours, and there is no a=crypto
    no_address,
    no_common_codec,
    bad_answer,  // its lines are not the offer's
  };
  Reason reason{};
  std::size_t media_index = 0;  // the first audio line's, when there is one
  std::size_t line = 0;         // of its m=, 1-based; 0 when there is none
};
std::string_view describe(Refusal::Reason reason);

/// `previous`: our last description in this session, when there is one. Its media lines keep their
/// places, its payload types their meaning, and the version counts up only when something changed.
SessionDescription make_offer(const Local& local, const SessionDescription* previous = nullptr);

Result<Answer, Refusal> answer(const SessionDescription& offer, const Local& local,
                               const SessionDescription* previous = nullptr);

/// Reads the answer to our own offer.
Result<Negotiated, Refusal> accept_answer(const SessionDescription& offer, const SessionDescription& answer);

}  // namespace parley::sdp
