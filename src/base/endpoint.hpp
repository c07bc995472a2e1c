// IP addresses and ports as values, without a socket header.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace parley {

/// An IPv4 or IPv6 address. Default: IPv4 0.0.0.0.
class IpAddress {
 public:
  constexpr IpAddress() = default;
  static constexpr IpAddress v4(std::uint32_t host_order) {
    IpAddress address;
    for (int i = 0; i < 4; ++i)
      address.bytes_[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(host_order >> (24 - 8 * i));
    return address;
  }
  static constexpr IpAddress v6(const std::array<std::uint8_t, 16>& bytes) {
    IpAddress address;
    address.bytes_ = bytes;
    address.is_v6_ = true;
    return address;
  }
  static constexpr IpAddress loopback() { return v4(0x7F000001); }
  /// `192.0.2.1`, `2001:db8::1` or `[2001:db8::1]`; nothing when it is not a literal address.
  static std::optional<IpAddress> parse(std::string_view text);

  constexpr bool is_v6() const { return is_v6_; }
  constexpr std::uint32_t v4_host_order() const {
    return std::uint32_t{bytes_[0]} << 24 | std::uint32_t{bytes_[1]} << 16 | std::uint32_t{bytes_[2]} << 8 | bytes_[3];
  }
  /// Network order; the first four bytes when IPv4.
  constexpr const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }
  bool is_loopback() const;
  bool is_unspecified() const;
  /// Without brackets.
  std::string to_string() const;

  auto operator<=>(const IpAddress&) const = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
  bool is_v6_ = false;
};

struct Endpoint {
  IpAddress address;
  std::uint16_t port = 0;

  /// `192.0.2.1:5060` or `[2001:db8::1]:5060`; nothing when either part is missing or wrong.
  static std::optional<Endpoint> parse(std::string_view text);
  std::string to_string() const;
  auto operator<=>(const Endpoint&) const = default;
};

}  // namespace parley

template <>
struct std::hash<parley::Endpoint> {
  std::size_t operator()(const parley::Endpoint& endpoint) const noexcept {
    const auto& bytes = endpoint.address.bytes();
    return std::hash<std::string_view>{}({reinterpret_cast<const char*>(bytes.data()), bytes.size()}) * 31 +
           endpoint.port;
  }
};
