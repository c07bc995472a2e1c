// SRTP: nothing that the peer did not protect is believed, what it did protect comes back unchanged, and a refused
// packet takes no room. The first byte chooses profile and kind; the rest is a datagram.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "property.hpp"
#include "protocol/srtp/session.hpp"

namespace {

using namespace parley;
using parley::fuzz::require;

srtp::Keys keys(srtp::Profile profile, bool caller) {
  const std::array<std::byte, srtp::max_key_size> key{std::byte{1}}, other{std::byte{2}};
  const std::array<std::byte, srtp::max_salt_size> salt{std::byte{3}};
  const auto cut = [&](const auto& bytes) { return std::span{bytes}.first(srtp::key_size(profile)); };
  const auto salt_of = std::span{salt}.first(srtp::salt_size(profile));
  const srtp::MasterKey one{cut(key), salt_of}, two{cut(other), salt_of};
  return caller ? srtp::Keys{profile, one, two} : srtp::Keys{profile, two, one};
}

}  // namespace

// A leak check follows every input that seems to leak; beside a library that caches all of them do, and it took two
// thirds of the time. The unit tests look for leaks.
extern "C" const char* __asan_default_options() { return "detect_leaks=0"; }

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::array profiles{srtp::Profile::aes128_cm_sha1_80, srtp::Profile::aead_aes_128_gcm,
                                srtp::Profile::aead_aes_256_gcm, srtp::Profile::aes128_cm_sha1_32};
  ByteReader in{std::as_bytes(std::span{data, size})};
  const auto choice = in.u8();
  const auto profile = profiles[choice % profiles.size()];
  const bool rtcp = (choice & 0x80) != 0;
  const std::vector<std::byte> input{in.rest().begin(), in.rest().end()};
  srtp::Session caller{keys(profile, true)}, callee{keys(profile, false), {.max_sources = 1}};

  auto forged = input;
  require(!(rtcp ? callee.unprotect_rtcp(forged) : callee.unprotect(forged)));

  auto buffer = input;
  buffer.resize(input.size() + srtp::max_overhead);
  const auto sent = rtcp ? caller.protect_rtcp(buffer, input.size()) : caller.protect(buffer, input.size());
  if (!sent) return 0;
  std::vector<std::byte> replayed{sent->begin(), sent->end()};
  const auto received = rtcp ? callee.unprotect_rtcp(*sent) : callee.unprotect(*sent);
  require(received && std::ranges::equal(*received, input));
  const auto again = rtcp ? callee.unprotect_rtcp(replayed) : callee.unprotect(replayed);
  require(!again && again.error() == srtp::Error::replay);
  return 0;
}
