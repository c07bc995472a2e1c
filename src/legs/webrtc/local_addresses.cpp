#include "legs/webrtc/local_addresses.hpp"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

namespace parley::legs {
namespace {

std::optional<IpAddress> address_of(const sockaddr* address) {
  if (!address) return std::nullopt;
  if (address->sa_family == AF_INET)
    return IpAddress::v4(ntohl(reinterpret_cast<const sockaddr_in*>(address)->sin_addr.s_addr));
  if (address->sa_family != AF_INET6) return std::nullopt;
  std::array<std::uint8_t, 16> bytes;
  std::memcpy(bytes.data(), &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr, bytes.size());
  return IpAddress::v6(bytes);
}

bool is_link_local(const IpAddress& address) {
  const auto& bytes = address.bytes();
  if (address.is_v6()) return bytes[0] == 0xFE && (bytes[1] & 0xC0) == 0x80;
  return bytes[0] == 169 && bytes[1] == 254;
}

}  // namespace

std::vector<IpAddress> local_addresses(bool with_loopback) {
  ifaddrs* raw = nullptr;
  if (getifaddrs(&raw) != 0) return {};
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> list{raw, &freeifaddrs};
  std::vector<IpAddress> addresses;
  for (const ifaddrs* entry = list.get(); entry; entry = entry->ifa_next) {
    const auto address = address_of(entry->ifa_addr);
    if (!address || !(entry->ifa_flags & IFF_UP) || is_link_local(*address)) continue;
    if (address->is_loopback() && !with_loopback) continue;
    addresses.push_back(*address);
  }
  const auto rank = [](const IpAddress& address) {
    return std::pair{(address.is_loopback() ? 2 : 0) + (address.is_v6() ? 1 : 0), address};
  };
  std::ranges::sort(addresses, {}, rank);
  const auto repeated = std::ranges::unique(addresses);
  addresses.erase(repeated.begin(), repeated.end());
  return addresses;
}

}  // namespace parley::legs
