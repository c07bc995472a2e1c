// The sound of a SIP leg and the descriptions that settle it, whatever carries it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "call/leg.hpp"
#include "legs/media/guarded_port.hpp"
#include "legs/media/rtp_media.hpp"
#include "legs/sip/negotiation.hpp"

namespace parley::legs {

/// `PortMedia`: RTP on ports of its own, plain, with keys in the descriptions, or with DTLS. `PeerMedia`: a WebRTC peer
/// connection.
class SipMedia {
 public:
  virtual ~SipMedia() = default;

  // Descriptions (RFC 3264)
  /// The far end offers; local() is then our answer. After an error everything is as before.
  virtual Result<void, SdpRefusal> take_offer(std::string_view offer, TimePoint now) = 0;
  virtual std::string make_offer() = 0;
  virtual Result<void, SdpRefusal> take_answer(std::string_view answer, TimePoint now) = 0;
  virtual std::string local() const = 0;
  /// The far end does not want to hear us.
  virtual bool held() const = 0;

  // One tick, in this order
  virtual void receive(TimePoint now) = 0;
  virtual void write(const audio::Frame* frame, TimePoint now) = 0;
  virtual void finish_tick(TimePoint now) = 0;

  /// Codec, keys and figures.
  virtual RtpMedia& rtp() = 0;
  virtual const RtpMedia& rtp() const = 0;
  /// The far end can hear us: what needs a handshake has had it.
  virtual bool ready() const = 0;
  /// Why there will be no sound any more.
  virtual std::optional<call::EndCause> ended() const = 0;
  /// What was not genuine.
  virtual GuardedPort::Counters refused() const = 0;
  /// Nothing is sent any more.
  virtual void close(TimePoint now) = 0;
};

}  // namespace parley::legs
