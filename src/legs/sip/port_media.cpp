#include "legs/sip/port_media.hpp"

namespace parley::legs {

PortMedia::PortMedia(Negotiation negotiation, const IpAddress& advertised, std::unique_ptr<GuardedPort> port,
                     RtpMedia::Config config, Random& random, TimePoint now)
    : negotiation_{std::move(negotiation)},
      advertised_{advertised},
      port_{*port},
      media_{std::move(config), std::move(port), random, now} {}

Result<void, SdpRefusal> PortMedia::take_offer(std::string_view offer, TimePoint now) {
  const auto parameters = negotiation_.answer(offer, advertised_rtp());
  if (!parameters) return std::unexpected(parameters.error());
  apply(*parameters, now);
  return {};
}

Result<void, SdpRefusal> PortMedia::take_answer(std::string_view answer, TimePoint now) {
  const auto parameters = negotiation_.accept(answer);
  if (!parameters) return std::unexpected(parameters.error());
  apply(*parameters, now);
  return {};
}

void PortMedia::apply(const MediaParameters& parameters, TimePoint now) {
  port_.protect(negotiation_.protection(), {parameters.remote_rtp, parameters.remote_rtcp, parameters.rtcp_mux}, now);
  media_.configure(parameters, now);
  held_ = !parameters.sending;
}

void PortMedia::finish_tick(TimePoint now) {
  port_.advance(now);
  media_.finish_tick(now);
}

std::optional<call::EndCause> PortMedia::ended() const {
  return port_.failure() ? std::optional{call::EndCause::failed} : std::nullopt;
}

}  // namespace parley::legs
