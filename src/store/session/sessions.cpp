#include "store/session/sessions.hpp"

#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <set>

namespace parley::store {
namespace {

constexpr std::size_t longest_token = 200;

/// Looked up by hash, so the time that it takes says nothing about the token, and who reads the
/// memory cannot use what is there.
std::string hash_of(std::string_view token) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
  SHA256(reinterpret_cast<const unsigned char*>(token.data()), token.size(), digest.data());
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

}  // namespace

std::string_view to_string(Role role) {
  switch (role) {
    case Role::caller: return "caller";
    case Role::monitor: return "monitor";
    case Role::agent: return "agent";
    case Role::supervisor: return "supervisor";
    case Role::admin: return "admin";
  }
  return "";
}

/// One who logs in again and again loses their own oldest session and takes nobody else's place. A
/// caller without a user is nobody in particular: those only share the whole.
void Sessions::make_room(const NewSession& wanted, TimePoint now) {
  const bool anonymous = wanted.role == Role::caller && wanted.user_id.empty();
  if (anonymous && by_token_.size() < limits_.sessions) return;
  std::size_t same = 0;
  auto oldest = by_token_.end();
  for (auto entry = by_token_.begin(); entry != by_token_.end();) {
    const Session& session = entry->second.session;
    if (now >= entry->second.ends) {
      token_of_id_.erase(session.id);
      entry = by_token_.erase(entry);
      continue;
    }
    if (!anonymous && session.role == wanted.role && session.user_id == wanted.user_id &&
        session.extension == wanted.extension) {
      ++same;
      if (oldest == by_token_.end() || entry->second.number < oldest->second.number) oldest = entry;
    }
    ++entry;
  }
  if (same < limits_.per_user) return;
  token_of_id_.erase(oldest->second.session.id);
  by_token_.erase(oldest);
}

std::optional<OpenedSession> Sessions::open(NewSession wanted, TimePoint now, WallTime wall_now) {
  const std::lock_guard lock{mutex_};
  make_room(wanted, now);
  if (by_token_.size() >= limits_.sessions) return std::nullopt;
  OpenedSession opened;
  opened.token = random_.token(52);  // 5 bits each: 260
  Session& session = opened.session;
  session.id = random_.token(20);
  session.role = wanted.role;
  session.user_id = std::move(wanted.user_id), session.user_name = std::move(wanted.user_name);
  session.extension = std::move(wanted.extension);
  session.credential = std::move(wanted.credential);
  session.call_id = std::move(wanted.call_id);
  session.expires_at = wall_now + wanted.length;
  auto hash = hash_of(opened.token);
  token_of_id_.emplace(session.id, hash);
  by_token_.emplace(std::move(hash), Entry{session, now + wanted.length, ++opened_});
  return opened;
}

std::optional<Session> Sessions::find(std::string_view token, TimePoint now) const {
  if (token.empty() || token.size() > longest_token) return std::nullopt;
  const auto hash = hash_of(token);
  const std::lock_guard lock{mutex_};
  const auto found = by_token_.find(hash);
  if (found == by_token_.end() || now >= found->second.ends) return std::nullopt;
  return found->second.session;
}

bool Sessions::alive(std::string_view id, TimePoint now) const {
  const std::lock_guard lock{mutex_};
  const auto hash = token_of_id_.find(std::string{id});
  return hash != token_of_id_.end() && now < by_token_.at(hash->second).ends;
}

bool Sessions::set_call(std::string_view id, std::string call_id, TimePoint now) {
  const std::lock_guard lock{mutex_};
  const auto hash = token_of_id_.find(std::string{id});
  if (hash == token_of_id_.end()) return false;
  Entry& entry = by_token_.at(hash->second);
  if (now >= entry.ends) return false;
  entry.session.call_id = std::move(call_id);
  return true;
}

bool Sessions::close(std::string_view token) {
  const auto hash = hash_of(token);
  const std::lock_guard lock{mutex_};
  const auto found = by_token_.find(hash);
  if (found == by_token_.end()) return false;
  token_of_id_.erase(found->second.session.id);
  by_token_.erase(found);
  return true;
}

std::size_t Sessions::size() const {
  const std::lock_guard lock{mutex_};
  return by_token_.size();
}

std::vector<Sessions::UserCredential> Sessions::users(TimePoint now) const {
  std::set<UserCredential> users;
  const std::lock_guard lock{mutex_};
  for (const auto& [hash, entry] : by_token_)
    if (!entry.session.user_id.empty() && now < entry.ends)
      users.insert({entry.session.user_id, entry.session.credential});
  return {users.begin(), users.end()};
}

void Sessions::revoke(const UserCredential& revoked) {
  const std::lock_guard lock{mutex_};
  std::erase_if(by_token_, [&](const auto& item) {
    const Session& session = item.second.session;
    if (session.user_id != revoked.user_id || session.credential != revoked.credential) return false;
    token_of_id_.erase(session.id);
    return true;
  });
}

}  // namespace parley::store
