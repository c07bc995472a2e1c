#include "legs/webrtc/shell.hpp"

#include <algorithm>

#include "legs/webrtc/local_addresses.hpp"
#include "net/worker.hpp"

namespace parley::legs {

WebRtcShell::WebRtcShell(Config config, dtls::Context context, net::Workers& workers,
                         const std::vector<call::Registry*>& registries)
    : context_{std::move(context)}, registries_{registries} {
  const auto addresses = local_addresses(config.loopback);
  for (std::size_t i = 0; i < workers.size(); ++i) {
    const auto port = config.udp_port == 0 ? 0 : config.udp_port + i;
    endpoints_.push_back(
        std::make_unique<WebRtcEndpoint>(WebRtcEndpoint::Config{.port = static_cast<std::uint16_t>(port),
                                                                .addresses = addresses,
                                                                .external_address = config.external_address,
                                                                .profile_of = config.profile_of},
                                         workers.at(i), *registries_.at(i), context_));
  }
}

Result<void, std::string> WebRtcShell::bind() {
  for (auto& endpoint : endpoints_)
    if (auto bound = endpoint->bind(); !bound)
      return std::unexpected("webrtc.udp_port: cannot listen on " + bound.error() +
                             ". Choose another port, or stop what has it.");
  return {};
}

int WebRtcShell::least_loaded() const {
  const auto emptiest =
      std::ranges::min_element(registries_, {}, [](const auto* registry) { return registry->load(); });
  return static_cast<int>(emptiest - registries_.begin());
}

}  // namespace parley::legs
