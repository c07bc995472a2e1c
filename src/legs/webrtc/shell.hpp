// WebRTC of the whole program: one endpoint a worker, one certificate.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "legs/webrtc/endpoint.hpp"

namespace parley::net {
class Workers;
}

namespace parley::legs {

class WebRtcShell {
 public:
  struct Config {
    std::uint16_t udp_port = 0;  // of worker 0; the next ones for the others. 0: any
    bool loopback = true;        // a candidate for this machine's own browsers
    std::optional<IpAddress> external_address;
    call::ProfileOf profile_of;
  };

  /// `registries`: one per worker.
  WebRtcShell(Config config, dtls::Context context, net::Workers& workers,
              const std::vector<call::Registry*>& registries);

  /// Before the workers run. The error names the port and the remedy.
  Result<void, std::string> bind();
  /// On that worker.
  void start_worker(int worker) { at(worker).start(); }
  void stop_worker(int worker, std::move_only_function<void()> done) { at(worker).stop(std::move(done)); }

  /// Used on that worker only, but for port().
  WebRtcEndpoint& at(int worker) { return *endpoints_.at(static_cast<std::size_t>(worker)); }
  std::size_t size() const { return endpoints_.size(); }
  int least_loaded() const;

 private:
  dtls::Context context_;
  std::vector<call::Registry*> registries_;
  std::vector<std::unique_ptr<WebRtcEndpoint>> endpoints_;
};

}  // namespace parley::legs
