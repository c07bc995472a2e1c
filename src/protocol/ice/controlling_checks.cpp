// The checklist of the controlling agent: which pairs there are, in what order they are checked, which is nominated.
#include <algorithm>

#include "protocol/ice/controlling_agent.hpp"
#include "protocol/stun/builder.hpp"

namespace parley::ice {
namespace {

// RFC 8489 §6.2.1, with the shortest RTO of RFC 8445 §14.3.
constexpr Duration shortest_rto = 500ms;
constexpr int max_transmissions = 7;  // Rc
constexpr int last_wait = 16;         // Rm

}  // namespace

void ControllingAgent::add_pairs(const Candidate& candidate) {
  const bool usable = candidate.component == 1 && candidate.transport == Transport::udp &&
                      candidate.address.port != 0 && !candidate.address.address.is_unspecified();
  bool paired = false;
  for (const Local& local : config_.sockets) {
    if (!usable || local.candidate.address.address.is_v6() != candidate.address.address.is_v6()) continue;
    paired |= add_pair(local, candidate.address, candidate.priority) != nullptr;
  }
  if (!paired) ++counters_.candidates_ignored;
}

/// Null when the checklist is full. A pair that is there already stays as it is: two of our candidates behind one
/// socket are one base (RFC 8445 §6.1.2.4).
ControllingAgent::Pair* ControllingAgent::add_pair(const Local& local, const Endpoint& remote,
                                                   std::uint32_t remote_priority) {
  if (Pair* const known = find({remote, local.channel})) return known;
  if (pairs_.size() >= config_.max_pairs) return nullptr;
  Pair& pair = pairs_.emplace_back();
  pair.path = {remote, local.channel};
  pair.local_priority = local.candidate.priority;
  pair.remote_priority = remote_priority;
  pair.priority = priority_of(pair);
  return &pair;
}

ControllingAgent::Pair* ControllingAgent::find(const Path& path) {
  const auto found = std::ranges::find(pairs_, path, &Pair::path);
  return found == pairs_.end() ? nullptr : &*found;
}

const ControllingAgent::Local* ControllingAgent::local_of(Channel channel) const {
  const auto found = std::ranges::find(config_.sockets, channel, &Local::channel);
  return found == config_.sockets.end() ? nullptr : &*found;
}

std::uint64_t ControllingAgent::priority_of(const Pair& pair) const {
  return controlling_ ? pair_priority(pair.local_priority, pair.remote_priority)
                      : pair_priority(pair.remote_priority, pair.local_priority);
}

/// RFC 8445 §7.3.1.4.
void ControllingAgent::trigger(Pair& pair) {
  if (pair.triggered) return;
  pair.triggered = true;
  pair.state = State::waiting;
  pair.check.reset();
  triggered_.push_back(static_cast<std::size_t>(&pair - pairs_.data()));
}

bool ControllingAgent::something_to_start() const {
  if (!remote_ || (nominated_ && controlling_)) return false;
  return !triggered_.empty() ||
         (!nominated_ && std::ranges::any_of(pairs_, [](const Pair& pair) { return pair.state == State::waiting; }));
}

/// Triggered checks first, then by priority. All pairs are waiting from the start: with one component of one
/// stream there is nothing that freezing would save (RFC 8445 §6.1.2.6).
ControllingAgent::Pair* ControllingAgent::next_pair() {
  if (!triggered_.empty()) {
    Pair& pair = pairs_[triggered_.front()];
    triggered_.pop_front();
    pair.triggered = false;
    return &pair;
  }
  Pair* best = nullptr;
  for (Pair& pair : pairs_)
    if (pair.state == State::waiting && (!best || pair.priority > best->priority)) best = &pair;
  return best;
}

Duration ControllingAgent::rto() const {
  const auto busy = std::ranges::count_if(
      pairs_, [](const Pair& pair) { return pair.state == State::waiting || pair.state == State::in_progress; });
  return std::max(shortest_rto, config_.pacing * busy);
}

void ControllingAgent::start_check(Pair& pair, TimePoint now) {
  const bool nominating = controlling_ && pair.state == State::succeeded;
  pair.state = State::in_progress;
  const auto id = stun::make_transaction_id(random_);
  pair.check = Check{.id = id,
                     .datagram = binding_request(id, remote_->ufrag + ':' + local_.ufrag, remote_->pwd,
                                                 pair.local_priority, nominating),
                     .rto = rto(),
                     .sent = 1,
                     .next_at = now,
                     .nominating = nominating,
                     .controlling = controlling_};
  pair.check->next_at += pair.check->rto;
  next_check_at_ = now + config_.pacing;
  ++counters_.checks_sent;
  outbox_.push(Send{pair.path, pair.check->datagram});
}

void ControllingAgent::retransmit(Pair& pair, TimePoint now) {
  Check& check = *pair.check;
  if (check.sent == max_transmissions) {
    pair.check.reset();
    pair.state = State::failed;
    return;
  }
  check.next_at =
      now + (++check.sent == max_transmissions ? last_wait * check.rto : (1 << (check.sent - 1)) * check.rto);
  ++counters_.retransmissions;
  outbox_.push(Send{pair.path, check.datagram});
}

std::vector<std::byte> ControllingAgent::binding_request(const stun::TransactionId& id, const std::string& username,
                                                         std::string_view password, std::uint32_t priority,
                                                         bool nominating) const {
  stun::Builder builder{stun::Class::request, id};
  const auto local_preference = static_cast<std::uint16_t>(priority >> 8);
  builder.username(username).priority(
      candidate_priority(CandidateType::peer_reflexive, Transport::udp, local_preference));
  if (controlling_) builder.ice_controlling(tie_breaker_);
  else builder.ice_controlled(tie_breaker_);
  if (nominating) builder.use_candidate();
  return builder.finish(password);
}

void ControllingAgent::check_succeeded(Pair& pair, const Check& check, TimePoint now) {
  pair.state = State::succeeded;
  if (nominate_at_ == TimePoint::max()) nominate_at_ = now + config_.nomination_wait;
  const bool ours = controlling_ && check.nominating, theirs = !controlling_ && pair.nominate;
  if (ours || theirs) select(pair, now);
}

/// A pair works, and none is being nominated.
bool ControllingAgent::nomination_pending() const {
  return controlling_ && !nominated_ && remote_ &&
         std::ranges::any_of(pairs_, [](const Pair& pair) { return pair.state == State::succeeded; }) &&
         std::ranges::none_of(pairs_, [](const Pair& pair) { return pair.check && pair.check->nominating; });
}

/// Regular nomination (RFC 8445 §8.1.1): the best pair that works, once no better one can be hoped for.
void ControllingAgent::consider_nomination(TimePoint now) {
  if (!nomination_pending()) return;
  Pair* best = nullptr;
  for (Pair& pair : pairs_)
    if (pair.state == State::succeeded && (!best || pair.priority > best->priority)) best = &pair;
  const bool hope = std::ranges::any_of(pairs_, [&](const Pair& pair) {
    return pair.priority > best->priority && (pair.state == State::waiting || pair.state == State::in_progress);
  });
  if (!hope || now >= nominate_at_) start_check(*best, now);
}

/// RFC 8445 §7.3.1.1: priorities depend on who controls.
void ControllingAgent::switch_role(bool controlling) {
  controlling_ = controlling;
  ++role_switches_;
  for (Pair& pair : pairs_) pair.priority = priority_of(pair);
}

}  // namespace parley::ice
