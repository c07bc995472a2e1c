#include "protocol/ice/lite_agent.hpp"

#include <algorithm>

#include "protocol/stun/builder.hpp"

namespace parley::ice {
namespace {

// A browser checks each pair at most every 48 ms while it connects and every 2.5 s later: this is ten times that,
// and cheap enough for a stranger to ask for.
constexpr double answers_per_second = 200, answers_burst = 400;
// Answers to people who don't know the password. Too few to be worth reflecting at anybody.
constexpr double errors_per_second = 10, errors_burst = 20;
/// A peer with aggressive nomination repeats it on every pair within this time; one that moved to another pair
/// does not repeat it on the old one.
constexpr Duration nomination_memory = 3s;

}  // namespace

LiteAgent::LiteAgent(Config config, TimePoint now)
    : config_{std::move(config)},
      local_{config_.local},
      alive_at_{now},
      answers_{answers_per_second, answers_burst, now},
      errors_{errors_per_second, errors_burst, now} {}

void LiteAgent::receive(const Path& from, std::span<const std::byte> datagram, TimePoint now) {
  const auto message = stun::parse(datagram);
  if (!message) return void(++counters_.not_stun);
  if (message->message_class != stun::Class::request || message->method != stun::binding)
    return void(++counters_.not_a_request);
  if (consent_lost_) return void(++counters_.without_consent);
  const auto contents = stun::read(*message);
  if (contents.has_fingerprint && !stun::verify_fingerprint(*message)) return void(++counters_.bad_fingerprint);

  const Credentials* const credentials = authenticate(*message, contents, from, now);
  if (!credentials) return;
  if (contents.unknown_count != 0) {
    ++counters_.unknown_attribute;
    return refuse(*message, from, 420, now, credentials, contents.unknown_attributes());
  }
  // RFC 8445 §6.1.1: a full agent controls a lite one, whatever the tie-breakers say.
  if (contents.ice_controlled) {
    ++counters_.role_conflict;
    return refuse(*message, from, 487, now, credentials);
  }
  if (!answers_.take(now)) return void(++counters_.over_rate);

  const int generation = credentials == &local_ ? generation_ : generation_ - 1;
  const std::string pwd = credentials->pwd;  // a nomination may forget the old ones
  alive_at_ = now;
  ++counters_.answered;
  Seen& seen = remember(from, generation, contents, now);
  outbox_.push(Send{
      from, stun::Builder{stun::Class::success, message->transaction_id}.xor_mapped_address(from.remote).finish(pwd)});
  if (contents.use_candidate) nominate(seen, now);
}

/// RFC 8489 §9.1.3, with the cheap test first: only a request that names our ufrag costs an HMAC.
const Credentials* LiteAgent::authenticate(const stun::Message& message, const stun::Contents& contents,
                                           const Path& from, TimePoint now) {
  if (contents.malformed || !contents.username || !contents.has_integrity) {
    ++counters_.bad_request;
    refuse(message, from, 400, now);
    return nullptr;
  }
  // RFC 8445 §7.3: what stands before the colon is ours. The rest is the peer's own affair.
  const auto ufrag = contents.username->substr(0, contents.username->find(':'));
  const bool has_colon = ufrag.size() < contents.username->size();
  const Credentials* credentials = nullptr;
  if (has_colon && ufrag == local_.ufrag) credentials = &local_;
  else if (has_colon && previous_ && ufrag == previous_->ufrag) credentials = &*previous_;
  if (credentials && stun::verify_integrity(message, credentials->pwd)) return credentials;
  ++counters_.unauthorized;
  refuse(message, from, 401, now);
  return nullptr;
}

void LiteAgent::refuse(const stun::Message& message, const Path& to, int code, TimePoint now, const Credentials* signer,
                       std::span<const std::uint16_t> unknown) {
  if (!errors_.take(now)) return void(++counters_.over_rate);
  stun::Builder builder{stun::Class::error, message.transaction_id};
  builder.error_code(code, stun::reason_phrase(code));
  if (!unknown.empty()) builder.unknown_attributes(unknown);
  // 400 and 401 are not signed: there is no password that both sides know (RFC 8489 §9.1.3).
  outbox_.push(Send{to, signer ? builder.finish(signer->pwd) : builder.finish()});
}

LiteAgent::Seen& LiteAgent::remember(const Path& path, int generation, const stun::Contents& contents, TimePoint now) {
  Seen* seen = find(path);
  if (!seen) {
    if (seen_.size() >= config_.max_paths) {
      const auto stalest = std::ranges::min_element(seen_, {}, [&](const Seen& each) {
        return each.path == selected_ ? TimePoint::max() : each.checked_at;  // the selected one stays
      });
      outbox_.push(PathRemoved{stalest->path});
      seen_.erase(stalest);
    }
    seen = &seen_.emplace_back(Seen{.path = path, .generation = generation});
    outbox_.push(PathAdded{path});
  }
  if (generation > seen->generation) seen->nominated_at.reset();
  seen->generation = std::max(seen->generation, generation);
  seen->checked_at = now;
  if (contents.priority) seen->priority = *contents.priority;
  return *seen;
}

/// A nomination moves the selection, with one exception: with aggressive nomination (RFC 5245 §8.1.1.2) the peer
/// nominates all its pairs again and again, and the best of them counts.
bool LiteAgent::may_select(const Seen& nominated, TimePoint now) const {
  const Seen* const current = selected_ ? find(*selected_) : nullptr;
  if (!current || current->generation < nominated.generation) return true;
  if (nominated.generation < current->generation) return false;  // an old nomination that is late
  const bool first_time = !nominated.nominated_at;
  const bool current_repeats = current->nominated_at && now - *current->nominated_at < nomination_memory;
  return first_time || nominated.priority >= current->priority || !current_repeats;
}

void LiteAgent::nominate(Seen& seen, TimePoint now) {
  const bool moves = may_select(seen, now);
  seen.nominated_at = now;
  if (!moves) return;
  const Path path = seen.path;
  if (previous_ && seen.generation == generation_) forget_previous();
  select(path);
}

void LiteAgent::select(const Path& path) {
  if (selected_ == path) return;
  selected_ = path;
  outbox_.push(Selected{path});
}

/// The restart is complete: paths that were checked with the old credentials alone go.
void LiteAgent::forget_previous() {
  previous_.reset();
  for (const Seen& each : seen_)
    if (each.generation < generation_) outbox_.push(PathRemoved{each.path});
  std::erase_if(seen_, [&](const Seen& each) { return each.generation < generation_; });
}

void LiteAgent::channel_closed(Channel channel, TimePoint now) {
  for (const Seen& each : seen_)
    if (each.path.channel == channel) outbox_.push(PathRemoved{each.path});
  std::erase_if(seen_, [&](const Seen& each) { return each.path.channel == channel; });
  if (selected_ && selected_->channel == channel) selected_.reset();  // the peer's next nomination finds another
  advance(now);
}

void LiteAgent::restart(Credentials local, TimePoint now) {
  // A second restart before the first was used: what the peer still has may be older than `local_`, so keep that which
  // carries media.
  if (!previous_ || consent_lost_) previous_ = std::move(local_);
  local_ = std::move(local);
  ++generation_;
  if (consent_lost_) {
    // Nothing of before may be used again (RFC 7675 §5.1).
    forget_previous();
    selected_.reset();
    consent_lost_ = false;
  }
  alive_at_ = now;
}

void LiteAgent::advance(TimePoint now) {
  if (consent_lost_ || now < deadline()) return;
  if (now < alive_at_ + config_.consent) return select(fresher_than_selected()->path);
  consent_lost_ = true;
  outbox_.push(ConsentLost{});
}

TimePoint LiteAgent::deadline() const {
  if (consent_lost_) return TimePoint::max();
  const Seen* const current = selected_ ? find(*selected_) : nullptr;
  // Nobody checks the selected path any more, but another: a NAT gave the peer a new address, and it did not notice.
  if (current && fresher_than_selected()) return std::min(current->checked_at, alive_at_) + config_.consent;
  return alive_at_ + config_.consent;
}

/// The path with the latest check, if that is not the selected one.
const LiteAgent::Seen* LiteAgent::fresher_than_selected() const {
  const auto latest = std::ranges::max_element(seen_, {}, &Seen::checked_at);
  const Seen* const current = selected_ ? find(*selected_) : nullptr;
  return latest != seen_.end() && current && latest->checked_at > current->checked_at ? &*latest : nullptr;
}

bool LiteAgent::knows(const Path& path) const { return find(path) != nullptr; }

LiteAgent::Seen* LiteAgent::find(const Path& path) {
  const auto found = std::ranges::find(seen_, path, &Seen::path);
  return found == seen_.end() ? nullptr : &*found;
}
const LiteAgent::Seen* LiteAgent::find(const Path& path) const { return const_cast<LiteAgent*>(this)->find(path); }

}  // namespace parley::ice
