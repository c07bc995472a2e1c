// WebRTC offers and fragments: an answer fits its offer, has one live section, and is itself well formed; a refusal
// shows its line; what was read of a fragment is written and reads the same.
#include <algorithm>
#include <array>
#include <string>

#include "property.hpp"
#include "protocol/sdp/trickle.hpp"
#include "protocol/sdp/webrtc.hpp"

namespace {

using namespace parley;
using fuzz::require;
namespace webrtc = sdp::webrtc;

webrtc::Local our_side(bool lite) {
  webrtc::Local local;
  local.ice = {"w00aaaaaaaaa", "ourpasswordourpassword"};
  local.ice_lite = lite;
  const std::array addresses{IpAddress::loopback()};
  local.candidates = ice::host_candidates(addresses, 8189, true);
  local.fingerprint.digest.assign(32, std::byte{7});
  local.nack = true;
  return local;
}

void offer(std::string_view text, const webrtc::Local& local) {
  const auto answered = webrtc::answer(text, local);
  if (!answered) {
    require(answered.error().line <= text.size() + 1 && answered.error().text.size() <= 200);
    require(!answered.error().to_string().empty());
    return;
  }
  const auto& [description, agreed] = *answered;
  const auto session = sdp::SessionDescription::parse(text);
  require(session && session->media.size() == description.media.size());
  require(std::ranges::count_if(description.media, [](const sdp::Media& media) { return media.port != 0; }) == 1);
  require(description.media[agreed.media_index].port != 0 && agreed.codecs.size() == 1);
  require(agreed.setup == webrtc::Setup::active || agreed.setup == webrtc::Setup::passive);
  require(agreed.remote.ice.acceptable() && !agreed.remote.fingerprints.empty());
  require(agreed.remote.candidates.size() <= 64);
  for (const auto& candidate : agreed.remote.candidates)
    require(*ice::Candidate::parse(candidate.to_string()) == candidate);
  const auto read = sdp::SessionDescription::parse(description.to_string());
  require(read && *read == description);
  require(webrtc::answer(text, local, &description)->description == description);
  (void)webrtc::changes(agreed, agreed);
  (void)webrtc::make_offer(local, &description);
  (void)webrtc::accept_answer(*session, description);
}

void fragment(std::string_view text) {
  auto read = sdp::TrickleFragment::parse(text);
  if (!read) return;
  auto again = sdp::TrickleFragment::parse(read->to_string());
  // Line ends of one byte have become two.
  if (!again) return require(again.error().error == sdp::ParseError::too_large);
  require(again->sections == read->sections && again->credentials == read->credentials);
  require(again->bundle == read->bundle && again->end_of_candidates == read->end_of_candidates);
  require(again->candidates_skipped == 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  static const auto lite = our_side(true), full = our_side(false);
  offer(text, lite);
  offer(text, full);
  (void)webrtc::accept_answer(webrtc::make_offer(full), text);
  fragment(text);
  return 0;
}
