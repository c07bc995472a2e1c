#include "call/stored_ledger.hpp"

#include <nlohmann/json.hpp>

#include "base/log.hpp"
#include "store/records.hpp"

namespace parley::call {
namespace {

using Json = nlohmann::json;

std::string quality_of(const LegQuality& quality) {
  if (quality.packets_received == 0 && quality.packets_sent == 0) return "{}";
  return Json{{"mos", quality.mos},
              {"packets_received", quality.packets_received},
              {"packets_sent", quality.packets_sent},
              {"packets_lost", quality.packets_lost},
              {"jitter_ms", quality.jitter_ms},
              {"round_trip_ms", quality.round_trip_ms}}
      .dump();
}

store::CallRow row_of(const Summary& call) {
  store::CallRow row;
  row.id = call.id;
  row.state = to_string(call.state);
  row.on_hold = call.on_hold;
  row.direction = to_string(call.direction);
  row.channel = call.channel;
  row.from = call.from;
  row.to = call.to;
  row.assistant = call.assistant;
  row.started_at = call.started_at;
  row.answered_at = call.answered_at;
  row.ended_at = call.ended_at;
  row.duration_ms = call.duration_ms;
  if (call.end_cause) row.end_cause = to_string(*call.end_cause);
  row.sip_status = call.sip_status;
  row.turns = call.turns;
  row.recording = call.recording;
  row.external_ids = call.external_ids;
  row.user_id = call.identity.user_id;
  row.user_name = call.identity.user_name;
  row.identity = to_string(call.identity.level);
  row.quality = quality_of(call.quality);
  return row;
}

store::LegRow leg_of(const Summary& call) {
  store::LegRow leg;
  leg.id = call.leg_id;
  leg.call_id = call.id;
  leg.role = "caller";
  leg.channel = call.channel;
  leg.address = call.direction == Direction::inbound ? call.from : call.to;
  leg.joined_at = call.started_at;
  leg.left_at = call.ended_at;
  leg.quality = quality_of(call.quality);
  return leg;
}

/// Writes that nobody waits for: the store counts and reports its own trouble, this one line ties
/// it to the call.
auto reported(std::string what, std::string call_id) {
  return store::Reply<store::Written>{
      [what = std::move(what), call_id = std::move(call_id)](Result<store::Written, store::StoreError> result) {
        if (!result) log::error("{} not stored call={} reason=\"{}\"", what, call_id, result.error().message);
      }};
}

}  // namespace

void StoredLedger::open(const Summary& call, std::shared_ptr<speech::Executor> executor,
                        std::move_only_function<void(bool accepted)> done) {
  store::Post post = [executor = std::move(executor)](std::move_only_function<void()> work) {
    executor->post(std::move(work));
  };
  store::Reply<store::Written>::Callback then =
      [done = std::move(done), id = call.id](Result<store::Written, store::StoreError> result) mutable {
        if (!result) log::error("call not stored call={} reason=\"{}\"", id, result.error().message);
        done(result.has_value());
      };
  records_.insert_call(row_of(call), {std::move(post), std::move(then)});
  records_.put_leg(leg_of(call), reported("leg", call.id));
}

void StoredLedger::update(const Summary& call) {
  if (call.state == State::ended) {
    records_.put_leg(leg_of(call), reported("leg", call.id));
    records_.end_call(row_of(call), reported("call record", call.id));
  } else {
    records_.update_call(row_of(call), reported("call state", call.id));
  }
}

void StoredLedger::put_leg(const LegRecord& leg) {
  store::LegRow row;
  row.id = leg.id;
  row.call_id = leg.call_id;
  row.role = leg.role;
  row.channel = leg.channel;
  row.address = leg.address;
  row.joined_at = leg.joined_at;
  row.left_at = leg.left_at;
  row.quality = quality_of(leg.quality);
  records_.put_leg(std::move(row), reported("leg", leg.call_id));
}

void StoredLedger::put_transfer(const TransferRecord& transfer) {
  store::TransferRow row;
  row.id = transfer.id;
  row.call_id = transfer.call_id;
  row.target = transfer.to;
  row.mode = to_string(transfer.mode);
  row.via = transfer.via;
  row.state = to_string(transfer.state);
  row.cause = to_string(transfer.cause);
  row.leg_id = transfer.leg_id;
  row.started_at = transfer.started_at;
  row.ended_at = transfer.ended_at;
  records_.put_transfer(std::move(row), reported("transfer", transfer.call_id));
}

void StoredLedger::append_turn(const std::string& call_id, int seq, const Turn& turn) {
  const auto ms = [](MediaTime time) { return std::chrono::duration_cast<std::chrono::milliseconds>(time).count(); };
  store::TurnRow row;
  row.call_id = call_id;
  row.seq = seq;
  row.leg_id = turn.leg_id;
  row.speaker = to_string(turn.speaker);
  row.text = turn.text;
  row.started_ms = ms(turn.started);
  row.ended_ms = ms(turn.ended);
  row.interrupted = turn.interrupted;
  row.heard_text = turn.heard_text;
  row.provider = turn.provider;
  row.timings = Json(turn.timings_ms).dump();
  records_.append_turn(std::move(row), reported("turn", call_id));
}

void StoredLedger::append_event(const std::string& call_id, std::uint64_t seq, WallTime at, std::string_view type,
                                std::string_view data) {
  records_.append_event(
      {.call_id = call_id, .seq = seq, .at = at, .type = std::string{type}, .data = std::string{data}},
      reported("event", call_id));
}

}  // namespace parley::call
