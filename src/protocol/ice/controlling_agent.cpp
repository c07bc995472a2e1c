#include "protocol/ice/controlling_agent.hpp"

#include <algorithm>

#include "protocol/stun/builder.hpp"

namespace parley::ice {
namespace {

constexpr double answers_per_second = 200, answers_burst = 400;
constexpr double errors_per_second = 10, errors_burst = 20;
constexpr std::size_t max_consent_checks = 8;  // unanswered ones that an answer may still come to

}  // namespace

ControllingAgent::ControllingAgent(Config config, Random random, TimePoint now)
    : config_{std::move(config)},
      random_{std::move(random)},
      local_{config_.local},
      tie_breaker_{random_.u64()},
      next_check_at_{now},
      answers_{answers_per_second, answers_burst, now},
      errors_{errors_per_second, errors_burst, now} {}

void ControllingAgent::set_remote(const Remote& remote, TimePoint now) {
  if (ended_) return;
  if (remote_ != remote.credentials) {
    remote_ = remote.credentials;
    give_up_at_ = now + config_.give_up;
  }
  remote_lite_ = remote.lite;
  if (remote_lite_ && !controlling_) switch_role(true);
  auto candidates = remote.candidates;
  std::ranges::sort(candidates, std::ranges::greater{}, &Candidate::priority);
  for (const Candidate& candidate : candidates) add_pairs(candidate);
  advance(now);
}

void ControllingAgent::add_candidate(const Candidate& candidate, TimePoint now) {
  if (ended_) return;
  add_pairs(candidate);
  advance(now);
}

void ControllingAgent::restart(Credentials local, TimePoint now) {
  if (ended_) {
    selected_.reset();
    consent_.reset();
    previous_local_.reset();
    ended_ = false;
  } else if (!previous_local_) {
    previous_local_ = std::move(local_);
  }
  local_ = std::move(local);
  remote_.reset();
  pairs_.clear();
  triggered_.clear();
  nominated_ = false;
  role_switches_ = 0;
  nominate_at_ = give_up_at_ = TimePoint::max();
  next_check_at_ = now;
}

void ControllingAgent::advance(TimePoint now) {
  if (ended_) return;
  if (consent_ && now >= consent_->expires_at) return end(ConsentLost{});
  if (consent_ && now >= consent_->next_at) send_consent_check(now);
  for (Pair& pair : pairs_)
    if (pair.check && now >= pair.check->next_at) retransmit(pair, now);
  consider_nomination(now);
  if (now >= next_check_at_ && something_to_start()) {
    if (Pair* const pair = next_pair()) start_check(*pair, now);
  }
  if (nominated_ || now < give_up_at_) return;
  give_up_at_ = TimePoint::max();
  if (!consent_) end(Failed{});  // else the restart came to nothing, and the old pair goes on
}

TimePoint ControllingAgent::deadline() const {
  if (ended_) return TimePoint::max();
  auto next = nominated_ ? TimePoint::max() : give_up_at_;
  if (consent_) next = std::min({next, consent_->next_at, consent_->expires_at});
  for (const Pair& pair : pairs_)
    if (pair.check) next = std::min(next, pair.check->next_at);
  if (something_to_start()) next = std::min(next, next_check_at_);
  if (nomination_pending()) next = std::min(next, nominate_at_);
  return next;
}

bool ControllingAgent::knows(const Path& path) const {
  return selected_ == path || std::ranges::find(pairs_, path, &Pair::path) != pairs_.end();
}

void ControllingAgent::end(Output why) {
  ended_ = true;
  for (Pair& pair : pairs_) pair.check.reset();
  outbox_.push(std::move(why));
}

/// The pair is what media uses from now on; no others are looked for (RFC 8445 §8.1.2).
void ControllingAgent::select(Pair& pair, TimePoint now) {
  if (nominated_ && selected_ == pair.path) return;
  nominated_ = true;
  previous_local_.reset();
  selected_ = pair.path;
  for (Pair& other : pairs_)
    if (controlling_ && other.check) {
      other.check.reset();
      other.state = State::failed;
    }
  consent_ = Consent{.path = pair.path,
                     .username = remote_->ufrag + ':' + local_.ufrag,
                     .password = remote_->pwd,
                     .priority = pair.local_priority,
                     .next_at = now,
                     .expires_at = now + config_.consent,
                     .outstanding = {}};
  consent_->next_at += std::chrono::duration_cast<Duration>(config_.consent_interval * (0.8 + 0.4 * random_.unit()));
  outbox_.push(Selected{pair.path});
}

/// RFC 7675 §5.1: never retransmitted, each with an id of its own, at intervals that no two agents share.
void ControllingAgent::send_consent_check(TimePoint now) {
  Consent& consent = *consent_;
  const auto id = stun::make_transaction_id(random_);
  if (consent.outstanding.size() == max_consent_checks) consent.outstanding.pop_front();
  consent.outstanding.push_back(id);
  consent.next_at = now + std::chrono::duration_cast<Duration>(config_.consent_interval * (0.8 + 0.4 * random_.unit()));
  ++counters_.consent_sent;
  outbox_.push(Send{consent.path, binding_request(id, consent.username, consent.password, consent.priority, false)});
}

bool ControllingAgent::consent_response(const Path& from, const stun::Message& message, TimePoint now) {
  if (!consent_ || from != consent_->path) return false;
  const auto sent = std::ranges::find(consent_->outstanding, message.transaction_id);
  if (sent == consent_->outstanding.end()) return false;
  // An error is no consent, and no refusal either: the next check asks again.
  if (message.message_class == stun::Class::success) {
    if (!stun::verify_integrity(message, consent_->password)) return false;
    consent_->expires_at = now + config_.consent;
  }
  consent_->outstanding.erase(sent);
  return true;
}

}  // namespace parley::ice
