#include <algorithm>
#include <cstdio>

#include "protocol/sip/digest.hpp"
#include "protocol/sip/text.hpp"

namespace parley::sip::digest {
namespace {

constexpr std::size_t max_challenges = 8;

constexpr std::string_view challenge_header(Side side) {
  return side == Side::proxy ? "Proxy-Authenticate" : "WWW-Authenticate";
}
constexpr std::string_view credentials_header(Side side) {
  return side == Side::proxy ? "Proxy-Authorization" : "Authorization";
}

/// "auth" before "auth-int": a body that a border controller rewrites would break the latter.
/// Nothing when only unknown ones are offered.
std::optional<std::string> choose_qop(const Params& params) {
  if (!params.has("qop")) return std::string{};
  const auto offered = split_list(params.value("qop"));
  for (const auto* qop : {"auth", "auth-int"})
    if (offered && std::ranges::any_of(*offered, [&](std::string_view each) { return iequals(each, qop); })) return qop;
  return std::nullopt;
}

bool answers(const Message& request, Side side, std::string_view realm) {
  return std::ranges::any_of(request.headers, [&](const HeaderField& field) {
    if (!iequals(field.name, credentials_header(side))) return false;
    const auto header = Header::parse(field.value);
    return header && header->params.value("realm") == realm;
  });
}

std::string hex_count(std::uint32_t count) {
  char text[9];
  std::snprintf(text, sizeof text, "%08x", count);
  return text;
}

}  // namespace

std::optional<Client::Challenge> Client::read(std::string_view value, Side side) {
  const auto header = Header::parse(value);
  if (!header || !header->is_digest()) return std::nullopt;
  const Params& params = header->params;
  const bool named = params.has("algorithm");
  const auto algorithm = named ? algorithm_named(params.value("algorithm")) : Algorithm::md5;
  auto qop = choose_qop(params);
  if (!algorithm || !qop || !params.has("realm") || !params.has("nonce")) return std::nullopt;
  const Param* opaque = params.find("opaque");
  return Challenge{.side = side,
                   .realm = std::string{params.value("realm")},
                   .nonce = std::string{params.value("nonce")},
                   .opaque = opaque ? opaque->value : std::nullopt,
                   .algorithm = *algorithm,
                   .algorithm_named = named,
                   .qop = std::move(*qop),
                   .stale = iequals(params.value("stale"), "true")};
}

bool Client::challenged(const Message& request, const Message& response) {
  const Side side = response.status == 407 ? Side::proxy : Side::user_agent;
  bool worth_another_try = false;
  std::vector<Challenge> best;
  for (const auto& [name, value] : response.headers) {
    if (!iequals(name, challenge_header(side))) continue;
    auto challenge = read(value, side);
    if (!challenge) continue;
    const auto same = std::ranges::find(best, challenge->realm, &Challenge::realm);
    if (same == best.end()) best.push_back(std::move(*challenge));
    else if (challenge->algorithm > same->algorithm) *same = std::move(*challenge);
  }
  for (Challenge& challenge : best) {
    const bool answered = answers(request, side, challenge.realm);
    // A new nonce without stale still means a wrong password: most servers make one for every 401.
    if (answered && !challenge.stale) return false;
    std::erase_if(challenges_, [&](const Challenge& old) { return old.side == side && old.realm == challenge.realm; });
    if (challenges_.size() >= max_challenges) challenges_.erase(challenges_.begin());
    challenges_.push_back(std::move(challenge));
    worth_another_try = true;
  }
  return worth_another_try;
}

void Client::authorize(Message& request) {
  for (const auto side : {Side::user_agent, Side::proxy}) request.remove(credentials_header(side));
  for (Challenge& challenge : challenges_)
    request.add(std::string{credentials_header(challenge.side)}, credentials_for(challenge, request));
}

std::string Client::credentials_for(Challenge& challenge, const Message& request) {
  const std::string uri = request.request_uri.to_string();
  const std::string nc = hex_count(++challenge.count);
  const std::string cnonce = random_.token(16);
  const std::string key = ha1(challenge.algorithm, credentials_.user, challenge.realm, credentials_.password);
  const std::string answer = response(challenge.algorithm, {.ha1 = key,
                                                            .method = request.method,
                                                            .uri = uri,
                                                            .nonce = challenge.nonce,
                                                            .qop = challenge.qop,
                                                            .nc = nc,
                                                            .cnonce = cnonce,
                                                            .body = request.body});
  Header header{"Digest", {}};
  header.params.add({"username", credentials_.user, true});
  header.params.add({"realm", challenge.realm, true});
  header.params.add({"nonce", challenge.nonce, true});
  header.params.add({"uri", uri, true});
  header.params.add({"response", answer, true});
  // What was not asked for is not said: RFC 2069 servers choke on it.
  if (challenge.algorithm_named) header.params.add({"algorithm", std::string{name(challenge.algorithm)}});
  if (challenge.opaque) header.params.add({"opaque", challenge.opaque, true});
  if (!challenge.qop.empty()) {
    header.params.add({"qop", challenge.qop});
    header.params.add({"nc", nc});
    header.params.add({"cnonce", cnonce, true});
  }
  return header.to_string();
}

void Client::succeeded(const Message& response) {
  for (const auto& [header_name, side] :
       {std::pair{"Authentication-Info", Side::user_agent}, std::pair{"Proxy-Authentication-Info", Side::proxy}}) {
    const auto value = response.header(header_name);
    const auto info = Header::parse_info(value.value_or(""));
    const auto next = info ? info->params.value("nextnonce") : std::string_view{};
    if (next.empty()) continue;
    // The header names no realm: it can only mean the one there is.
    const auto of_side = [&](const Challenge& challenge) { return challenge.side == side; };
    if (std::ranges::count_if(challenges_, of_side) != 1) continue;
    const auto found = std::ranges::find_if(challenges_, of_side);
    found->nonce = next;
    found->count = 0;
  }
}

}  // namespace parley::sip::digest
