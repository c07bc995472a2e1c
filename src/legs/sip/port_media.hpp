// RTP on a pair of ports of its own (RFC 3264), guarded by what was negotiated.
#pragma once

#include <memory>

#include "legs/sip/sip_media.hpp"

namespace parley::legs {

class PortMedia final : public SipMedia {
 public:
  /// `advertised`: our address in descriptions.
  PortMedia(Negotiation negotiation, const IpAddress& advertised, std::unique_ptr<GuardedPort> port,
            RtpMedia::Config config, Random& random, TimePoint now);

  Result<void, SdpRefusal> take_offer(std::string_view offer, TimePoint now) override;
  std::string make_offer() override { return negotiation_.offer(advertised_rtp()); }
  Result<void, SdpRefusal> take_answer(std::string_view answer, TimePoint now) override;
  std::string local() const override { return negotiation_.local(); }
  bool held() const override { return held_; }

  void receive(TimePoint now) override { media_.receive(now); }
  void write(const audio::Frame* frame, TimePoint now) override { media_.write(frame, now); }
  void finish_tick(TimePoint now) override;

  RtpMedia& rtp() override { return media_; }
  const RtpMedia& rtp() const override { return media_; }
  bool ready() const override { return port_.ready(); }
  std::optional<call::EndCause> ended() const override;
  GuardedPort::Counters refused() const override { return port_.counters(); }
  void close(TimePoint now) override { media_.close(now); }

 private:
  Endpoint advertised_rtp() const { return {advertised_, port_.local().port}; }
  void apply(const MediaParameters& parameters, TimePoint now);

  Negotiation negotiation_;
  IpAddress advertised_;
  GuardedPort& port_;  // the media's
  RtpMedia media_;
  bool held_ = false;
};

}  // namespace parley::legs
