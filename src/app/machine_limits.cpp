#include "app/machine_limits.hpp"

#include <sys/resource.h>

#include <algorithm>

namespace parley::app {
namespace {

constexpr std::size_t descriptors_per_call = 3;  // RTP, RTCP, recording
constexpr std::size_t descriptors_for_the_rest = 256;
// More than one core has ever carried of the plainest calls: beyond it, ticks come late for all.
constexpr std::size_t calls_per_worker = 1'000;

}  // namespace

std::size_t raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1'024;
  if (limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) getrlimit(RLIMIT_NOFILE, &limit);
  }
  return limit.rlim_cur == RLIM_INFINITY ? std::size_t{1} << 20 : limit.rlim_cur;
}

std::size_t call_limit(const Config& config, std::size_t descriptors, std::size_t workers) {
  if (config.calls.max > 0) return static_cast<std::size_t>(config.calls.max);
  const std::size_t by_descriptors =
      descriptors > descriptors_for_the_rest ? (descriptors - descriptors_for_the_rest) / descriptors_per_call : 1;
  const std::size_t by_ports = (config.sip.rtp_ports.last - config.sip.rtp_ports.first + std::size_t{1}) / 2;
  return std::max<std::size_t>(1, std::min({by_descriptors, by_ports, calls_per_worker * workers}));
}

}  // namespace parley::app
