#include "protocol/srtp/session.hpp"

#include <openssl/crypto.h>
#include <srtp2/srtp.h>

#include <algorithm>

#include "base/assert.hpp"
#include "base/bytes.hpp"

namespace parley::srtp {
namespace {

constexpr std::size_t rtp_header_size = 12, rtp_ssrc_offset = 8;
constexpr std::size_t rtcp_header_size = 8, rtcp_ssrc_offset = 4;
constexpr std::size_t rtcp_index_size = 4;  // with the E flag (RFC 3711 §3.4)

srtp_ctx_t_* make_context(Profile profile, const MasterKey& master, srtp_ssrc_type_t any, std::size_t window) {
  std::array<unsigned char, max_key_size + max_salt_size> material{};
  const auto key = master.key(profile), salt = master.salt(profile);
  auto* bytes = reinterpret_cast<std::byte*>(material.data());
  std::ranges::copy(salt, std::ranges::copy(key, bytes).out);

  srtp_policy_t policy{};
  const auto number = static_cast<srtp_profile_t>(profile);  // the library's are those of use_srtp
  PARLEY_ASSERT(srtp_crypto_policy_set_from_profile_for_rtp(&policy.rtp, number) == srtp_err_status_ok);
  PARLEY_ASSERT(srtp_crypto_policy_set_from_profile_for_rtcp(&policy.rtcp, number) == srtp_err_status_ok);
  policy.ssrc.type = any;
  policy.key = material.data();
  policy.window_size = window;
  srtp_t context = nullptr;
  const auto status = srtp_create(&context, &policy);
  OPENSSL_cleanse(material.data(), material.size());
  PARLEY_ASSERT(status == srtp_err_status_ok);
  return context;
}

Error error_of(srtp_err_status_t status) {
  switch (status) {
    case srtp_err_status_auth_fail:
    case srtp_err_status_cipher_fail: return Error::authentication;  // how AES-GCM reports a wrong tag
    case srtp_err_status_replay_fail:
    case srtp_err_status_replay_old:
    case srtp_err_status_pkt_idx_old: return Error::replay;
    case srtp_err_status_key_expired: return Error::key_expired;
    default: return Error::malformed;
  }
}

}  // namespace

void start() {
  static const auto status = srtp_init();
  PARLEY_ASSERT(status == srtp_err_status_ok);
}

void Session::Free::operator()(srtp_ctx_t_* context) const { srtp_dealloc(context); }

bool Session::Direction::has_room_for(std::uint32_t ssrc) const {
  return ssrcs.size() < max_sources || std::ranges::find(ssrcs, ssrc) != ssrcs.end();
}

void Session::Direction::remember(std::uint32_t ssrc) {
  if (std::ranges::find(ssrcs, ssrc) == ssrcs.end()) ssrcs.push_back(ssrc);
}

Session::Session(const Keys& keys, Config config) : keys_{keys}, config_{config} {
  start();
  make(sending_, keys.local, true);
  make(receiving_, keys.remote, false);
}

void Session::make(Direction& direction, const MasterKey& master, bool sends) {
  direction.context.reset(
      make_context(keys_.profile, master, sends ? ssrc_any_outbound : ssrc_any_inbound, config_.replay_window));
  direction.max_sources = config_.max_sources;
  direction.ssrcs.clear();
  direction.ssrcs.reserve(config_.max_sources);
}

void Session::rekey(const Keys& keys) {
  const auto before = keys_;
  keys_ = keys;
  const bool other_profile = before.profile != keys.profile;
  if (other_profile || before.local != keys.local) make(sending_, keys.local, true);
  if (other_profile || before.remote != keys.remote) make(receiving_, keys.remote, false);
}

Result<std::span<std::byte>, Error> Session::protect(std::span<std::byte> buffer, std::size_t size) {
  PARLEY_ASSERT(size <= buffer.size());
  if (size < rtp_header_size) return refuse(Error::malformed);
  if (buffer.size() - size < tag_size(keys_.profile)) return refuse(Error::buffer_too_small);
  return run(Operation::protect, buffer, size);
}

Result<std::span<std::byte>, Error> Session::protect_rtcp(std::span<std::byte> buffer, std::size_t size) {
  PARLEY_ASSERT(size <= buffer.size());
  if (size < rtcp_header_size) return refuse(Error::malformed);
  if (buffer.size() - size < rtcp_tag_size(keys_.profile) + rtcp_index_size) return refuse(Error::buffer_too_small);
  return run(Operation::protect_rtcp, buffer, size);
}

Result<std::span<std::byte>, Error> Session::unprotect(std::span<std::byte> datagram) {
  if (datagram.size() < rtp_header_size + tag_size(keys_.profile)) return refuse(Error::malformed);
  return run(Operation::unprotect, datagram, datagram.size());
}

Result<std::span<std::byte>, Error> Session::unprotect_rtcp(std::span<std::byte> datagram) {
  if (datagram.size() < rtcp_header_size + rtcp_index_size + rtcp_tag_size(keys_.profile))
    return refuse(Error::malformed);
  return run(Operation::unprotect_rtcp, datagram, datagram.size());
}

Result<std::span<std::byte>, Error> Session::run(Operation operation, std::span<std::byte> buffer, std::size_t size) {
  if (std::to_integer<int>(buffer[0]) >> 6 != 2) return refuse(Error::malformed);
  const bool sends = operation == Operation::protect || operation == Operation::protect_rtcp;
  const bool rtcp = operation == Operation::protect_rtcp || operation == Operation::unprotect_rtcp;
  auto& direction = sends ? sending_ : receiving_;
  const auto ssrc = ByteReader{buffer.subspan(rtcp ? rtcp_ssrc_offset : rtp_ssrc_offset)}.u32();
  if (!direction.has_room_for(ssrc)) return refuse(Error::too_many_sources);

  auto* context = direction.context.get();
  int length = static_cast<int>(size);
  auto status = srtp_err_status_fail;
  switch (operation) {
    case Operation::protect: status = srtp_protect(context, buffer.data(), &length); break;
    case Operation::protect_rtcp: status = srtp_protect_rtcp(context, buffer.data(), &length); break;
    case Operation::unprotect: status = srtp_unprotect(context, buffer.data(), &length); break;
    case Operation::unprotect_rtcp: status = srtp_unprotect_rtcp(context, buffer.data(), &length); break;
  }
  if (status != srtp_err_status_ok) return refuse(error_of(status));
  direction.remember(ssrc);
  return buffer.first(static_cast<std::size_t>(length));
}

Result<std::span<std::byte>, Error> Session::refuse(Error error) {
  ++refused_[static_cast<std::size_t>(error)];
  return std::unexpected(error);
}

}  // namespace parley::srtp
