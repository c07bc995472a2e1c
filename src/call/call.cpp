#include "call/call.hpp"

#include <nlohmann/json.hpp>

#include "audio/input_chain.hpp"
#include "base/assert.hpp"
#include "base/log.hpp"
#include "base/ulid.hpp"
#include "call/event_hub.hpp"
#include "call/player.hpp"
#include "observe/metrics.hpp"

namespace parley::call {
namespace {

using Json = nlohmann::json;

std::unique_ptr<audio::InputChain> make_input(const CallOptions& options) {
  if (!options.denoise && !options.detect_speech) return nullptr;
  audio::InputChain::Config config;
  config.rate = options.rate;
  config.noise_suppression = options.denoise ? audio::NoiseSuppression::moderate : audio::NoiseSuppression::off;
  config.voice_detection = options.detect_speech;
  return std::make_unique<audio::InputChain>(config);
}

}  // namespace

Call::Call(CallOptions options, Environment& environment, std::unique_ptr<Leg> leg, CallOwner& owner)
    : options_{std::move(options)},
      environment_{environment},
      owner_{owner},
      executor_{std::make_shared<GuardedExecutor>(environment.executor)},
      leg_id_{make_ulid(environment.wall_clock(), *environment.random)},
      leg_{std::move(leg)},
      bridge_{options_.rate},
      started_at_{environment.wall_clock()} {
  leg_->listen(*this);
  leg_slot_ = bridge_.add(*leg_, make_input(options_));
  environment_.schedule->add(*this);
  emit("call.arrived", Json{{"direction", to_string(options_.direction)},
                            {"channel", leg_->channel()},
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
  if (auto* tap = application_->caller_tap()) bridge_.subscribe(leg_slot_, *tap);
  if (auto* participant = application_->participant()) bridge_.add(*participant, nullptr);

  if (options_.direction == Direction::inbound) leg_->ring();
  auto stored = [this](bool accepted) {
    if (pending_end_) return;
    if (!accepted) {
      log::error("call refused: its row cannot be stored call={}", id());
      return request_end(EndCause::failed, 503, false);
    }
    if (options_.direction == Direction::inbound) leg_->answer();
  };
  environment_.ledger->open(summary(), executor_, std::move(stored));
}

void Call::tick(TimePoint now) {
  leg_->receive(now);
  if (connected_ && !pending_end_) {
    bridge_.read_live(media_time_);
    application_->tick(media_time_);
    bridge_.mix(media_time_);
    record();
    media_time_ += audio::frame_duration;
    if (player_ && player_->finished()) stop_player();
    if (media_time_ >= options_.max_duration) request_end(EndCause::limit, 0, false);
  }
  leg_->finish_tick(now);
  if (pending_end_) end();
}

void Call::record() {
  if (!recorder_) return;
  if (recording_paused_) return recorder_->write(nullptr, nullptr);
  recorder_->write(bridge_.original(leg_slot_), bridge_.heard(leg_slot_));
}

void Call::on_leg_ringing() {
  if (state_ == State::arriving) change_state(State::ringing);
}

void Call::on_leg_answered() {
  if (connected_ || pending_end_) return;
  connected_ = true;
  answered_at_ = environment_.wall_clock();
  state_ = State::answered;
  if (options_.record && !environment_.recordings.empty()) start_recording();
  emit("call.answered", "{}");
  log::info("call answered call={} from={} to={}", id(), options_.from, options_.to);
  change_state(options_.assistant.empty() ? State::answered : State::with_assistant);
  application_->start();
}

void Call::on_leg_held(bool held) {
  if (on_hold_ == held) return;
  on_hold_ = held;
  change_state(state_);
}

void Call::on_leg_dtmf(char digit) {
  emit("dtmf", Json{{"digit", std::string(1, digit)}}.dump());
  if (connected_ && !pending_end_) application_->on_dtmf(digit);
}

void Call::on_leg_ended(EndCause cause, int sip_status) { request_end(cause, sip_status, true); }

void Call::hang_up(EndCause cause) { request_end(cause, 0, false); }

void Call::request_end(EndCause cause, int sip_status, bool by_leg) {
  if (!pending_end_) pending_end_ = PendingEnd{cause, sip_status, by_leg};
}

void Call::end() {
  if (state_ == State::ended) return;
  if (!pending_end_->by_leg) leg_->hang_up(pending_end_->cause);
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
  if (const auto detail = leg_->end_detail(); pending_end_->by_leg && !detail.empty()) ended["detail"] = detail;
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

void Call::send_dtmf(std::string_view digits) { leg_->send_dtmf(digits); }

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
          .channel = std::string{leg_->channel()},
          .from = options_.from,
          .to = options_.to,
          .assistant = options_.assistant,
          .leg_id = leg_id_,
          .started_at = started_at_,
          .answered_at = answered_at_,
          .ended_at = ended_at_,
          .duration_ms = duration_ms(),
          .end_cause = end_cause_,
          .sip_status = sip_status_,
          .turns = turns_,
          .recording = recording_,
          .on_hold = on_hold_,
          .quality = leg_->quality(),
          .identity = options_.identity};
}

}  // namespace parley::call
