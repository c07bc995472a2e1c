#include "protocol/sip/digest.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <charconv>

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "protocol/sip/text.hpp"

namespace parley::sip::digest {
namespace {

constexpr std::size_t nonce_bytes = 32;  // time, serial, 16 bytes of HMAC

std::string to_hex(std::span<const std::byte> bytes) {
  std::string hex;
  for (const std::byte byte : bytes) {
    hex += "0123456789abcdef"[std::to_integer<unsigned>(byte) >> 4];
    hex += "0123456789abcdef"[std::to_integer<unsigned>(byte) & 15];
  }
  return hex;
}

std::optional<std::array<std::byte, nonce_bytes>> from_hex(std::string_view hex) {
  std::array<std::byte, nonce_bytes> bytes;
  if (hex.size() != 2 * bytes.size()) return std::nullopt;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const int high = text::hex_digit(hex[2 * i]), low = text::hex_digit(hex[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes[i] = static_cast<std::byte>(high * 16 + low);
  }
  return bytes;
}

/// Eight hexadecimal digits, of which many send fewer.
std::optional<std::uint32_t> parse_count(std::string_view nc) {
  std::uint32_t count = 0;
  const auto [end, error] = std::from_chars(nc.data(), nc.data() + nc.size(), count, 16);
  if (error != std::errc{} || end != nc.data() + nc.size() || nc.size() > 8 || count == 0) return std::nullopt;
  return count;
}

}  // namespace

std::string Server::sealed(NonceId id) const {
  std::array<std::byte, nonce_bytes> bytes{};
  ByteWriter out{bytes};
  out.u64(static_cast<std::uint64_t>(id.made_at));
  out.u64(id.serial);
  std::string signed_text{as_text(out.written())};
  signed_text += config_.realm;
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac;
  unsigned int size = 0;
  PARLEY_ASSERT(HMAC(EVP_sha256(), config_.secret.data(), static_cast<int>(config_.secret.size()),
                     reinterpret_cast<const unsigned char*>(signed_text.data()), signed_text.size(), mac.data(),
                     &size));
  out.put(std::as_bytes(std::span{mac}).first(16));
  return to_hex(bytes);
}

std::string Server::make_nonce(TimePoint now) { return sealed({now.time_since_epoch().count(), ++serial_}); }

std::optional<Server::NonceId> Server::open(std::string_view nonce) const {
  const auto bytes = from_hex(nonce);
  if (!bytes) return std::nullopt;
  ByteReader in{*bytes};
  const NonceId id{static_cast<std::int64_t>(in.u64()), in.u64()};
  if (!equal_in_constant_time(sealed(id), nonce)) return std::nullopt;
  return id;
}

std::vector<std::string> Server::challenge(TimePoint now, Offer offer) {
  const std::string nonce = make_nonce(now);
  std::vector<std::string> values;
  for (const auto algorithm : {Algorithm::sha256, Algorithm::md5}) {
    if (offer.md5_only && algorithm != Algorithm::md5) continue;
    Header header{"Digest", {}};
    header.params.add({"realm", config_.realm, true});
    header.params.add({"nonce", nonce, true});
    if (offer.stale) header.params.add({"stale", "true"});
    header.params.add({"algorithm", std::string{name(algorithm)}});
    header.params.add({"qop", "auth", true});
    values.push_back(header.to_string());
  }
  return values;
}

Server::Outcome Server::verify(const Message& request, Side side, const Ha1Of& ha1_of, TimePoint now) {
  Outcome first;
  for (const auto& [name, value] : request.headers) {
    if (!iequals(name, side == Side::proxy ? "Proxy-Authorization" : "Authorization")) continue;
    auto outcome = verify(value, request.method, ha1_of, now);
    if (outcome.verdict == Verdict::no_credentials) continue;
    if (outcome.verdict != Verdict::malformed) return outcome;
    first = std::move(outcome);
  }
  return first;
}

Server::Outcome Server::verify(std::string_view authorization, std::string_view method, const Ha1Of& ha1_of,
                               TimePoint now) {
  const auto header = Header::parse(authorization);
  if (!header) return {Verdict::malformed, {}};
  const Params& params = header->params;
  if (!header->is_digest() || params.value("realm") != config_.realm) return {Verdict::no_credentials, {}};

  Outcome outcome{Verdict::malformed, std::string{params.value("username")}};
  const auto algorithm = params.has("algorithm") ? algorithm_named(params.value("algorithm")) : Algorithm::md5;
  const auto qop = params.value("qop");
  // RFC 2069's clients send no qop and so no count: their nonces work once.
  const auto count = qop.empty() ? std::optional{1u} : parse_count(params.value("nc"));
  const bool complete = params.has("username") && params.has("nonce") && params.has("uri") && params.has("response") &&
                        (qop.empty() || (iequals(qop, "auth") && params.has("cnonce")));
  if (!algorithm || !count || !complete) return outcome;

  // An unknown user costs as much time as a known one.
  const auto known = ha1_of(outcome.user, *algorithm);
  const auto expected = response(*algorithm, {.ha1 = known ? std::string_view{*known} : "0",
                                              .method = method,
                                              .uri = params.value("uri"),
                                              .nonce = params.value("nonce"),
                                              .qop = qop,
                                              .nc = params.value("nc"),
                                              .cnonce = params.value("cnonce")});
  const bool right = equal_in_constant_time(expected, text::to_lower(params.value("response"))) && known;
  // Only who knows the password learns whether the nonce is stale, and only they cost us memory.
  if (!right) outcome.verdict = Verdict::wrong;
  else outcome.verdict = is_fresh(params.value("nonce"), *count, now) ? Verdict::ok : Verdict::stale;
  return outcome;
}

bool Server::is_fresh(std::string_view nonce, std::uint32_t count, TimePoint now) {
  const auto id = open(nonce);
  if (!id) return false;
  const auto oldest = now - config_.nonce_lifetime;
  while (!used_.empty() && used_.begin()->first.made_at < oldest.time_since_epoch().count()) used_.erase(used_.begin());
  if (id->made_at < oldest.time_since_epoch().count() || id->made_at > now.time_since_epoch().count()) return false;

  auto found = used_.find(*id);
  if (found == used_.end()) {
    if (*id <= forgotten_) return false;
    found = used_.emplace(*id, Counts{}).first;
  }
  const bool unused = found->second.use(count);
  if (used_.size() > config_.max_nonces) {
    forgotten_ = used_.begin()->first;
    used_.erase(used_.begin());
  }
  return unused;
}

bool Server::Counts::use(std::uint32_t count) {
  if (count > highest) {
    const auto step = count - highest;
    seen = (step < 64 ? seen << step : 0) | 1;
    highest = count;
    return true;
  }
  const auto behind = highest - count;
  if (behind >= 64 || (seen >> behind & 1) != 0) return false;
  seen |= std::uint64_t{1} << behind;
  return true;
}

}  // namespace parley::sip::digest
