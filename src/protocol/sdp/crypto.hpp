// SRTP keys in a description: a=crypto (RFC 4568, RFC 7714 §14).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "protocol/srtp/keys.hpp"

namespace parley::sdp {

enum class CryptoError : std::uint8_t {
  malformed,
  unknown_suite,
  unknown_method,  // not `inline:`
  bad_key,         // no base64, or not of the suite's length
  bad_lifetime,
  bad_mki,
};

/// One of the suites of RFC 4568 §6.2 that libsrtp has, by its SRTP profile.
std::string_view suite_name(srtp::Profile profile);
std::optional<srtp::Profile> suite_named(std::string_view name);

/// `a=crypto:<tag> <suite> inline:<key><salt>[|lifetime][|MKI:length][;inline:…] [session parameters]`
struct Crypto {
  /// Which of several master keys a packet was protected with is said in its own last bytes.
  struct Mki {
    std::uint64_t value = 0;
    std::uint8_t length = 0;  // bytes
    bool operator==(const Mki&) const = default;
  };
  struct Key {
    srtp::MasterKey master;
    std::optional<std::uint64_t> lifetime;  // packets
    std::optional<Mki> mki;
    bool operator==(const Key&) const = default;
  };

  std::uint32_t tag = 1;  // at most nine digits
  srtp::Profile profile = srtp::Profile::aes128_cm_sha1_80;
  std::vector<Key> keys;  // not empty; at most 8
  std::vector<std::string> session_parameters;

  static Result<Crypto, CryptoError> parse(std::string_view value);
  /// The attribute's value. It has the keys in it: for descriptions only, never for a log.
  std::string to_string() const;
  bool operator==(const Crypto&) const = default;

  /// Whether we do all of what it asks: one key without MKI, everything encrypted and authenticated, no key
  /// derivation rate. What is not supported is passed over by whoever answers (RFC 4568 §7.1.2).
  bool supported() const;
};

/// The text with the keys of its a=crypto and k= lines and its ICE passwords blanked: for traces.
std::string blank_keys(std::string_view description);

}  // namespace parley::sdp
