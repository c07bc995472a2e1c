#include "call/call.hpp"

#include <nlohmann/json.hpp>

#include "base/assert.hpp"
#include "base/log.hpp"
#include "base/ulid.hpp"
#include "call/event_hub.hpp"
#include "call/handover.hpp"
#include "call/hold_music.hpp"
#include "call/input.hpp"
#include "call/player.hpp"
#include "observe/metrics.hpp"

namespace parley::call {
namespace {

using Json = nlohmann::json;

}  // namespace

Call::Call(CallOptions options, Environment& environment, std::unique_ptr<Leg> leg, CallOwner& owner)
    : options_{std::move(options)},
      environment_{environment},
      owner_{owner},
      executor_{std::make_shared<GuardedExecutor>(environment.executor)},
      caller_{*this, Party::Role::caller, make_ulid(environment.wall_clock(), *environment.random),
              options_.direction == Direction::inbound ? options_.from : options_.to},
      bridge_{options_.rate},
      started_at_{environment.wall_clock()} {
  caller_.leg = std::move(leg);
  caller_.leg->listen(caller_);
  caller_.slot = bridge_.add(*caller_.leg, make_input(options_));
  environment_.schedule->add(*this);
  emit("call.arrived", Json{{"direction", to_string(options_.direction)},
                            {"channel", caller_.leg->channel()},
                            {"from", options_.from},
                            {"to", options_.to}}
                           .dump(-1, ' ', false, Json::error_handler_t::replace));
}

Call::~Call() {
  executor_->close();
  environment_.schedule->remove(*this);
}

void Call::begin(std::unique_ptr<Application> application) {
  PARLEY_ASSERT(!application_);
  application_ = std::move(application);
  if (auto* tap = application_->caller_tap()) bridge_.subscribe(*caller_.slot, *tap);
  if (auto* participant = application_->participant()) application_slot_ = bridge_.add(*participant, nullptr);

  if (options_.direction == Direction::inbound) caller_.leg->ring();
  auto stored = [this](bool accepted) {
    if (pending_end_) return;
    if (!accepted) {
      log::error("call refused: its row cannot be stored call={}", id());
      return request_end(EndCause::failed, 503, false);
    }
    if (options_.direction == Direction::inbound) caller_.leg->answer();
  };
  environment_.ledger->open(summary(), executor_, std::move(stored));
}

void Call::tick(TimePoint now) {
  caller_.leg->receive(now);
  // By index: what arrives may add a party.
  for (std::size_t i = 0; i < agents_.size(); ++i)
    if (!agents_[i]->over) agents_[i]->leg->receive(now);
  if (connected_ && !pending_end_) {
    bridge_.read_live(media_time_);
    application_->tick(media_time_);
    if (handover_) tick_transfer(now);
    bridge_.mix(media_time_);
    record();
    media_time_ += audio::frame_duration;
    if (player_ && player_->finished()) stop_player();
    if (media_time_ >= options_.max_duration) request_end(EndCause::limit, 0, false);
  }
  caller_.leg->finish_tick(now);
  for (std::size_t i = 0; i < agents_.size(); ++i)
    if (!agents_[i]->over) agents_[i]->leg->finish_tick(now);
  remove_retired();
  if (pending_end_) end();
}

void Call::record() {
  if (!recorder_) return;
  if (recording_paused_) return recorder_->write(nullptr, nullptr);
  recorder_->write(bridge_.original(*caller_.slot), bridge_.heard(*caller_.slot));
}

void Call::caller_answered() {
  if (connected_ || pending_end_) return;
  connected_ = true;
  answered_at_ = environment_.wall_clock();
  state_ = State::answered;
  if (options_.record && !environment_.recordings.empty()) start_recording();
  emit("call.answered", "{}");
  log::info("call answered call={} from={} to={}", id(), options_.from, options_.to);
  change_state(home_state());
  application_->start();
}

State Call::home_state() const {
  if (with_agent()) return State::with_agent;
  return options_.assistant.empty() ? State::answered : State::with_assistant;
}

void Call::hang_up(EndCause cause) { request_end(cause, 0, false); }

void Call::request_end(EndCause cause, int sip_status, bool by_leg) {
  if (!pending_end_) pending_end_ = PendingEnd{cause, sip_status, by_leg};
}

void Call::end() {
  if (state_ == State::ended) return;
  if (handover_) end_transfer();
  if (!pending_end_->by_leg) caller_.leg->hang_up(pending_end_->cause);
  stop_agents(pending_end_->cause);
  end_cause_ = pending_end_->cause;
  sip_status_ = pending_end_->sip_status;
  ended_at_ = environment_.wall_clock();
  if (application_ && connected_) application_->finish();
  if (recorder_) {
    emit("recording.stopped", "{}");
    recorder_->finish(nullptr);
    recorder_.reset();
  }
  state_ = State::ended;
  const auto cause = to_string(*end_cause_);
  environment_.ledger->update(summary());
  Json ended{{"cause", cause}, {"duration_ms", duration_ms()}, {"sip_status", sip_status_}};
  if (const auto detail = caller_.leg->end_detail(); pending_end_->by_leg && !detail.empty()) ended["detail"] = detail;
  emit("call.ended", ended.dump());
  log::info("call ended call={} cause={} duration_ms={}", id(), cause, duration_ms());
  observe::Metrics::global()
      .counter("parley_calls_ended_total", "Calls that ended, by cause.", {{"cause", std::string{cause}}})
      .increment();
  executor_->close();
  environment_.schedule->remove(*this);
  owner_.on_call_ended(*this);
}

void Call::change_state(State state) {
  state_ = state;
  environment_.ledger->update(summary());
  emit("call.state", Json{{"state", to_string(state)}, {"on_hold", on_hold_}}.dump());
}

void Call::start_recording() {
  recording_ = id() + ".wav";
  auto failed = [this](std::string reason) {
    log::error("recording stopped call={} reason=\"{}\"", id(), reason);
    recorder_.reset();
    emit("recording.failed", Json{{"reason", reason}}.dump(-1, ' ', false, Json::error_handler_t::replace));
  };
  recorder_ = std::make_unique<Recorder>(Recorder::Options{environment_.recordings / recording_, options_.rate},
                                         *environment_.files, executor_, std::move(failed));
  emit("recording.started", "{}");
}

void Call::emit(std::string_view type, std::string data) {
  const auto at = environment_.wall_clock();
  ++event_seq_;
  environment_.ledger->append_event(id(), event_seq_, at, type, data);
  environment_.events->publish(
      {.seq = event_seq_, .at = at, .call_id = id(), .type = std::string{type}, .data = std::move(data)});
}

void Call::record_turn(Turn turn) {
  ++turns_;
  if (const auto response = turn.timings_ms.find("response_ms"); response != turn.timings_ms.end())
    observe::Metrics::global()
        .histogram("parley_response_seconds", "From the end of the caller's speech to the first sound of the reply.",
                   observe::latency_bounds())
        .observe(static_cast<double>(response->second) / 1000);
  environment_.ledger->append_turn(id(), turns_, turn);
}

void Call::send_dtmf(std::string_view digits) { caller_.leg->send_dtmf(digits); }

bool Call::say(std::string_view text, bool interrupt) {
  return connected_ && !pending_end_ && application_->say(text, interrupt);
}

bool Call::input(std::string_view text) { return connected_ && !pending_end_ && application_->input(text); }

bool Call::play(std::vector<std::int16_t> samples) {
  if (!connected_ || pending_end_) return false;
  stop_player();
  if (bridge_.full()) return false;
  player_ = std::make_unique<Player>(std::move(samples));
  player_slot_ = bridge_.add(*player_, nullptr);
  route();
  return true;
}

bool Call::pause_recording(bool paused) {
  if (!recorder_ || pending_end_) return false;
  if (recording_paused_ != paused) emit(paused ? "recording.paused" : "recording.resumed", "{}");
  recording_paused_ = paused;
  return true;
}

void Call::stop_player() {
  if (!player_) return;
  bridge_.remove(player_slot_);
  player_.reset();
}

std::int64_t Call::duration_ms() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(media_time_).count();
}

Summary Call::summary() const {
  return {.id = options_.id,
          .state = state_,
          .direction = options_.direction,
          .channel = std::string{caller_.leg->channel()},
          .from = options_.from,
          .to = options_.to,
          .assistant = options_.assistant,
          .leg_id = caller_.id,
          .started_at = started_at_,
          .answered_at = answered_at_,
          .ended_at = ended_at_,
          .duration_ms = duration_ms(),
          .end_cause = end_cause_,
          .sip_status = sip_status_,
          .turns = turns_,
          .recording = recording_,
          .on_hold = on_hold_,
          .quality = caller_.leg->quality(),
          .identity = options_.identity};
}

}  // namespace parley::call
