// The part of a call that carries a transfer out: it feeds the core, and acts on its outputs.
#include <nlohmann/json.hpp>

#include "base/log.hpp"
#include "base/ulid.hpp"
#include "call/handover.hpp"
#include "call/input.hpp"
#include "observe/metrics.hpp"

namespace parley::call {
namespace {

using Json = nlohmann::json;

std::string text_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

constexpr std::size_t max_targets = 8;
constexpr std::chrono::milliseconds after_the_core = 5s;  // a leg's own limit, in case nobody drops it

std::string_view by(TransferBy who) {
  static constexpr std::string_view names[] = {"caller", "assistant", "api"};
  return names[static_cast<std::size_t>(who)];
}

}  // namespace

std::string_view to_string(TransferRefusal refusal) {
  switch (refusal) {
    case TransferRefusal::not_now: return "not_now";
    case TransferRefusal::no_target: return "no_target";
    case TransferRefusal::under_way: return "under_way";
  }
  return {};
}

Result<TransferBegun, TransferRefusal> Call::transfer(TransferRequest request) {
  if (!connected_ || pending_end_) return std::unexpected(TransferRefusal::not_now);
  if (handover_ || pumping_) return std::unexpected(TransferRefusal::under_way);
  if (request.to.empty()) request.to = options_.transfer.to;
  if (request.to.empty()) return std::unexpected(TransferRefusal::no_target);

  std::vector<DialTarget> places;
  if (environment_.dialler) places = environment_.dialler->locate(request.to);
  if (places.size() > max_targets) places.resize(max_targets);
  Transfer::Config config;
  config.targets = places.size();
  config.mode = request.mode.value_or(options_.transfer.mode);
  config.one_by_one = options_.transfer.one_by_one;
  config.ring_timeout = request.ring_timeout.value_or(options_.transfer.ring_timeout);
  config.accept_after = options_.transfer.accept_after;
  handover_ = std::make_unique<Handover>(std::move(request), std::move(places), config, environment_.clock());
  handover_->id = make_ulid(environment_.wall_clock(), *environment_.random);
  handover_->mode = config.mode;
  handover_->started_at = environment_.wall_clock();
  handover_->asked_by_application = handover_->request.by == TransferBy::assistant;
  const TransferBegun begun{.id = handover_->id};

  change_state(State::transferring);
  emit("transfer.started", text_of({{"transfer_id", begun.id},
                                    {"to", handover_->request.to},
                                    {"mode", to_string(handover_->mode)},
                                    {"via", "bridge"},
                                    {"by", by(handover_->request.by)},
                                    {"reason", handover_->request.reason}}));
  log::info("transfer started call={} to={} targets={}", id(), handover_->request.to, handover_->targets.size());
  store_transfer({});
  follow_hold();
  pump_transfer();  // rings before the caller is told
  if (!handover_) return TransferBegun{begun.id, TransferCause::no_agent};
  handover_->asked_by_application = false;
  // An agent who transfers on has told the caller.
  if (with_agent() || !application_->announce_transfer(handover_->request)) transfer_announced();
  return begun;
}

void Call::transfer_announced() {
  if (!handover_) return;
  handover_->core.announced(environment_.clock());
  pump_transfer();
}

bool Call::cancel_transfer() {
  if (!handover_) return false;
  handover_->asked_by_application = true;
  handover_->core.cancel(TransferCause::caller);
  pump_transfer();
  return true;
}

bool Call::cancel_transfer(TransferBy who) {
  if (!handover_) return false;
  handover_->core.cancel(who == TransferBy::api ? TransferCause::api : TransferCause::caller);
  pump_transfer();
  return true;
}

/// The call ends.
void Call::end_transfer() {
  handover_->asked_by_application = true;
  handover_->core.cancel(TransferCause::call_ended);
  pump_transfer();
}

void Call::tick_transfer(TimePoint now) {
  if (handover_->brief) {
    handover_->brief->tick(media_time_);
    if (handover_->brief->finished()) handover_->core.briefed(now);
  }
  handover_->core.advance(now);
  pump_transfer();
}

/// What legs answer while their output is acted on comes back in here, and is taken up by the outer round.
void Call::pump_transfer() {
  if (!handover_ || pumping_) return;
  pumping_ = true;
  while (auto output = handover_->core.poll()) std::visit([this](const auto& what) { act(what); }, *output);
  pumping_ = false;
  if (!handover_->core.over()) return;

  const auto ended = std::move(handover_);
  if (ended->brief_slot) bridge_.remove(*ended->brief_slot);
  observe::Metrics::global()
      .counter("parley_transfers_total", "Transfers that ended, by what became of them.",
               {{"state", std::string{to_string(ended->core.state())}}})
      .increment();
  if (ended->core.state() == TransferState::completed) return follow_hold();
  if (pending_end_) return;
  change_state(home_state());
  follow_hold();
  if (ended->asked_by_application || with_agent()) return;
  application_->on_returned({.transfer_id = ended->id,
                             .to = ended->request.to,
                             .status = std::string{to_string(ended->core.state())},
                             .cause = std::string{to_string(ended->cause)}});
}

void Call::act(const Transfer::Dial& output) {
  const auto& target = handover_->targets[output.target];
  Party& party = add_agent(target);
  handover_->parties[output.target] = &party;
  const auto limit = handover_->request.ring_timeout.value_or(options_.transfer.ring_timeout) + after_the_core;
  if (!dial(party, target, limit, handover_->request.reason))
    handover_->core.ended(output.target, TransferCause::unreachable, environment_.clock());
}

void Call::act(const Transfer::Drop& output) {
  Party* const party = handover_->parties[output.target];
  if (!party || party->over) return;
  if (output.elsewhere) party->leg->hang_up_answered_elsewhere();
  else party->leg->hang_up(EndCause::cancelled);
  retire(*party, EndCause::cancelled);
}

void Call::act(const Transfer::Ringing& output) {
  store_transfer({});
  emit("transfer.ringing",
       text_of({{"transfer_id", handover_->id}, {"to", handover_->targets[output.target].address}}));
}

void Call::act(const Transfer::Answered& output) {
  handover_->leg_id = handover_->parties[output.target]->id;
  emit("transfer.answered", text_of({{"transfer_id", handover_->id},
                                     {"to", handover_->targets[output.target].address},
                                     {"leg_id", handover_->leg_id}}));
}

void Call::act(const Transfer::Brief&) {
  if (handover_->brief_slot) bridge_.remove(*std::exchange(handover_->brief_slot, {}));  // of one who declined
  if (!bridge_.full()) handover_->brief = application_->make_brief(handover_->request);
  store_transfer({});
  emit("transfer.briefing", text_of({{"transfer_id", handover_->id},
                                     {"to", handover_->request.to},
                                     {"leg_id", handover_->leg_id},
                                     {"text", handover_->brief ? handover_->brief->text() : std::string{}}}));
  if (!handover_->brief) return handover_->core.briefed(environment_.clock());
  handover_->brief_slot = bridge_.add(handover_->brief->participant(), nullptr, 0.0f);
  route();
}

void Call::act(const Transfer::StartMusic&) {
  handover_->music = true;
  route();
}

void Call::act(const Transfer::StopMusic&) {
  handover_->music = false;
  route();
}

void Call::act(const Transfer::Join& output) {
  store_transfer(environment_.wall_clock());
  emit("transfer.completed", text_of({{"transfer_id", handover_->id},
                                      {"to", handover_->targets[output.target].address},
                                      {"leg_id", handover_->leg_id}}));
  log::info("transfer completed call={} to={}", id(), handover_->targets[output.target].address);
  for (auto& before : agents_) {  // who has transferred on
    if (!before->joined) continue;
    before->leg->hang_up(EndCause::transferred);
    retire(*before, EndCause::transferred);
  }
  join(*handover_->parties[output.target]);
}

void Call::act(const Transfer::Returned& output) {
  handover_->cause = output.cause;
  store_transfer(environment_.wall_clock());
  emit("transfer." + std::string{to_string(output.state)},
       text_of({{"transfer_id", handover_->id}, {"to", handover_->request.to}, {"cause", to_string(output.cause)}}));
  log::info("transfer ended call={} to={} state={} cause={}", id(), handover_->request.to, to_string(output.state),
            to_string(output.cause));
}

void Call::store_transfer(std::optional<WallTime> ended_at) {
  environment_.ledger->put_transfer({.id = handover_->id,
                                     .call_id = id(),
                                     .to = handover_->request.to,
                                     .via = "bridge",
                                     .mode = handover_->mode,
                                     .state = handover_->core.state(),
                                     .cause = handover_->cause,
                                     .leg_id = handover_->leg_id,
                                     .started_at = handover_->started_at,
                                     .ended_at = ended_at});
}

}  // namespace parley::call
