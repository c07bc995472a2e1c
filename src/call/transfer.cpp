#include "call/transfer.hpp"

#include <algorithm>

namespace parley::call {
namespace {

/// Of several reasons the caller is told the one that says most: "busy" is worth trying again.
int worth(TransferCause cause) {
  switch (cause) {
    case TransferCause::busy: return 5;
    case TransferCause::no_answer: return 4;
    case TransferCause::hung_up: return 3;
    case TransferCause::rejected: return 2;
    case TransferCause::unreachable: return 1;
    default: return 0;
  }
}

}  // namespace

Transfer::Transfer(Config config, TimePoint now)
    : config_{config},
      phases_(config.targets, Phase::waiting),
      stage_{Seeking{now + config.ring_timeout}},
      announced_{config.announced},
      announce_until_{now + longest_announcement} {
  if (announced_) {
    music_ = true;
    outputs_.push(StartMusic{});
  }
  seek(now);
}

void Transfer::dial(Target target) {
  phases_[target] = Phase::dialled;
  outputs_.push(Dial{target});
}

/// Rings all, or the next one, or gives up when nobody is left.
void Transfer::seek(TimePoint now) {
  const bool seeking =
      std::ranges::any_of(phases_, [](Phase phase) { return phase == Phase::dialled || phase == Phase::rings; });
  if (seeking) return;
  const auto next = std::ranges::find(phases_, Phase::waiting);
  if (next == phases_.end()) {
    if (declined_) return finish(TransferState::declined, TransferCause::declined);
    return finish(TransferState::failed, why_);
  }
  stage_ = Seeking{now + config_.ring_timeout};
  state_ = TransferState::dialling;
  if (config_.one_by_one) return dial(static_cast<Target>(next - phases_.begin()));
  for (Target target = 0; target < phases_.size(); ++target)
    if (phases_[target] == Phase::waiting) dial(target);
}

void Transfer::ringing(Target target) {
  if (over() || phases_[target] != Phase::dialled) return;
  phases_[target] = Phase::rings;
  if (state_ == TransferState::dialling) state_ = TransferState::ringing;
  outputs_.push(Ringing{target});
}

void Transfer::answered(Target target, TimePoint now) {
  if (over() || (phases_[target] != Phase::dialled && phases_[target] != Phase::rings)) return;
  phases_[target] = Phase::answered;
  drop_all(true, target);
  outputs_.push(Answered{target});
  if (config_.mode != TransferMode::warm) return settle(target);
  stage_ = Briefing{.winner = target, .due = now + longest_brief};
  state_ = TransferState::briefing;
  outputs_.push(Brief{target});
}

void Transfer::ended(Target target, TransferCause cause, TimePoint now) {
  if (over() || phases_[target] == Phase::over || phases_[target] == Phase::waiting) return;
  if (phases_[target] == Phase::answered) cause = TransferCause::hung_up;
  phases_[target] = Phase::over;
  lose(cause, now);
}

void Transfer::accept(Target target, TimePoint) {
  const auto* briefing = std::get_if<Briefing>(&stage_);
  if (!over() && briefing && briefing->winner == target) settle(target);
}

void Transfer::decline(Target target, TimePoint now) {
  if (over() || phases_[target] == Phase::over || phases_[target] == Phase::waiting) return;
  phases_[target] = Phase::over;
  outputs_.push(Drop{target, false});
  declined_ = true;
  lose(TransferCause::none, now);
}

void Transfer::lose(TransferCause cause, TimePoint now) {
  if (worth(cause) > worth(why_)) why_ = cause;
  seek(now);
}

void Transfer::settle(Target winner) {
  stage_ = Accepted{winner};
  if (!announced_) return;
  if (music_) outputs_.push(StopMusic{});
  music_ = false;
  state_ = TransferState::completed;
  outputs_.push(Join{winner});
}

void Transfer::announced(TimePoint) {
  if (over() || announced_) return;
  announced_ = true;
  if (const auto* accepted = std::get_if<Accepted>(&stage_)) return settle(accepted->winner);
  music_ = true;
  outputs_.push(StartMusic{});
}

void Transfer::briefed(TimePoint now) {
  auto* const briefing = std::get_if<Briefing>(&stage_);
  if (over() || !briefing || briefing->said) return;
  briefing->said = true;
  briefing->due = now + (config_.accept_after > 0s ? config_.accept_after : longest_thought);
}

void Transfer::cancel(TransferCause by) {
  if (over()) return;
  drop_all(false);
  finish(TransferState::cancelled, by);
}

void Transfer::drop_all(bool elsewhere, std::optional<Target> but) {
  for (Target target = 0; target < phases_.size(); ++target) {
    if (target == but || phases_[target] == Phase::over) continue;
    if (phases_[target] != Phase::waiting) outputs_.push(Drop{target, elsewhere});
    // In a row, those who were not tried yet stay for an agent who declines.
    if (phases_[target] != Phase::waiting || !but) phases_[target] = Phase::over;
  }
}

void Transfer::finish(TransferState state, TransferCause cause) {
  if (music_) outputs_.push(StopMusic{});
  music_ = false;
  state_ = state;
  outputs_.push(Returned{state, cause});
}

void Transfer::advance(TimePoint now) {
  if (!over() && !announced_ && now >= announce_until_) announced(now);
  if (over()) return;
  if (const auto* seeking = std::get_if<Seeking>(&stage_); seeking && now >= seeking->give_up_at) {
    for (Target target = 0; target < phases_.size(); ++target) {
      if (phases_[target] != Phase::dialled && phases_[target] != Phase::rings) continue;
      // What never rang is not there; what rang was not answered.
      const auto cause = phases_[target] == Phase::rings ? TransferCause::no_answer : TransferCause::unreachable;
      phases_[target] = Phase::over;
      outputs_.push(Drop{target, false});
      if (worth(cause) > worth(why_)) why_ = cause;
    }
    return seek(now);
  }
  const auto* briefing = std::get_if<Briefing>(&stage_);
  if (!briefing || now < briefing->due) return;
  if (!briefing->said) return briefed(now);
  if (config_.accept_after > 0s) return settle(briefing->winner);
  phases_[briefing->winner] = Phase::over;  // a telephone that answers by itself, and nobody at it
  outputs_.push(Drop{briefing->winner, false});
  lose(TransferCause::no_answer, now);
}

TimePoint Transfer::deadline() const {
  if (over()) return TimePoint::max();
  auto due = announced_ ? TimePoint::max() : announce_until_;
  if (const auto* seeking = std::get_if<Seeking>(&stage_)) due = std::min(due, seeking->give_up_at);
  if (const auto* briefing = std::get_if<Briefing>(&stage_)) due = std::min(due, briefing->due);
  return due;
}

std::string_view to_string(TransferMode mode) {
  static constexpr std::string_view names[] = {"blind", "warm", "attended"};
  return names[static_cast<std::size_t>(mode)];
}

std::string_view to_string(TransferState state) {
  static constexpr std::string_view names[] = {"dialling", "ringing",   "briefing", "completed",
                                               "declined", "cancelled", "failed"};
  return names[static_cast<std::size_t>(state)];
}

std::string_view to_string(TransferCause cause) {
  static constexpr std::string_view names[] = {"",          "busy",    "no_answer", "rejected", "unreachable",
                                               "no_agent",  "hung_up", "declined",  "caller",   "api",
                                               "call_ended"};
  return names[static_cast<std::size_t>(cause)];
}

}  // namespace parley::call
