#include "app/call_json.hpp"

#include <nlohmann/json.hpp>

namespace parley::app {
namespace {

using Json = nlohmann::ordered_json;

/// Columns that hold JSON were written by us; one that a stranger's hand has broken shows as null.
Json embedded(const std::string& text) {
  auto value = Json::parse(text, nullptr, false);
  return value.is_discarded() ? Json{} : value;
}

Json time_or_null(const std::optional<WallTime>& time) { return time ? Json(format_rfc3339(*time)) : Json{}; }

Json text_or_null(const std::string& text) { return text.empty() ? Json{} : Json(text); }

Json call_object(const store::CallRow& call) {
  Json json;
  json["id"] = call.id;
  json["state"] = call.state;
  json["on_hold"] = call.on_hold;
  json["continues"] = call.continues ? Json(*call.continues) : Json{};
  json["direction"] = call.direction;
  json["channel"] = call.channel;
  json["from"] = call.from;
  json["to"] = call.to;
  json["assistant"] = text_or_null(call.assistant);
  json["started_at"] = format_rfc3339(call.started_at);
  json["answered_at"] = time_or_null(call.answered_at);
  json["ended_at"] = time_or_null(call.ended_at);
  json["duration_ms"] = call.duration_ms;
  json["end_cause"] = text_or_null(call.end_cause);
  json["sip_status"] = call.sip_status == 0 ? Json{} : Json(call.sip_status);
  json["transfers"] = Json::array();
  for (const auto& transfer : call.transfers)
    json["transfers"].push_back({{"id", transfer.id},
                                 {"to", transfer.target},
                                 {"mode", transfer.mode},
                                 {"via", transfer.via},
                                 {"state", transfer.state},
                                 {"cause", text_or_null(transfer.cause)},
                                 {"leg_id", text_or_null(transfer.leg_id)},
                                 {"started_at", format_rfc3339(transfer.started_at)},
                                 {"ended_at", time_or_null(transfer.ended_at)}});
  json["external_ids"] = embedded(call.external_ids);
  json["turns"] = call.turns;
  json["cost"] = {{"usd", 0.0}, {"items", Json::array()}};
  json["recording_url"] = call.recording.empty() ? Json{} : Json("/api/v1/calls/" + call.id + "/recording");
  json["summary"] = call.summary ? Json(*call.summary) : Json{};
  json["extracted"] = embedded(call.extracted);
  json["user"] = {
      {"id", text_or_null(call.user_id)}, {"name", text_or_null(call.user_name)}, {"identity", call.identity}};
  json["quality"] = embedded(call.quality);
  return json;
}

Json turn_object(const store::TurnRow& turn) {
  return {{"seq", turn.seq},
          {"leg_id", text_or_null(turn.leg_id)},
          {"speaker", turn.speaker},
          {"text", turn.text},
          {"started_ms", turn.started_ms},
          {"ended_ms", turn.ended_ms},
          {"interrupted", turn.interrupted},
          {"heard_text", turn.heard_text ? Json(*turn.heard_text) : Json{}},
          {"provider", text_or_null(turn.provider)},
          {"timings", embedded(turn.timings)}};
}

/// Callers' names and recognised speech may hold any bytes; what is no UTF-8 is replaced, not thrown at.
std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

}  // namespace

std::string to_json(const store::CallRow& call) { return dump(call_object(call)); }

std::string to_json(const store::CallDetail& detail) {
  Json json = call_object(detail.call);
  json["transcript"] = Json::array();
  for (const auto& turn : detail.transcript) json["transcript"].push_back(turn_object(turn));
  json["legs"] = Json::array();
  for (const auto& leg : detail.legs)
    json["legs"].push_back({{"id", leg.id},
                            {"role", leg.role},
                            {"channel", leg.channel},
                            {"address", leg.address},
                            {"joined_at", format_rfc3339(leg.joined_at)},
                            {"left_at", time_or_null(leg.left_at)},
                            {"quality", embedded(leg.quality)}});
  json["notes"] = Json::array();
  for (const auto& note : detail.notes)
    json["notes"].push_back({{"author", note.owner},
                             {"text", note.text},
                             {"disposition", text_or_null(note.disposition)},
                             {"at", format_rfc3339(note.created_at)}});
  json["events"] = Json::array();
  for (const auto& event : detail.events)
    json["events"].push_back({{"seq", event.seq},
                              {"at", format_rfc3339(event.at)},
                              {"call_id", event.call_id},
                              {"type", event.type},
                              {"data", embedded(event.data)}});
  return dump(json);
}

std::string to_json(const store::CallPage& page) {
  Json json;
  json["calls"] = Json::array();
  for (const auto& call : page.calls) json["calls"].push_back(call_object(call));
  json["next_cursor"] = page.next_cursor ? Json(*page.next_cursor) : Json{};
  return dump(json);
}

}  // namespace parley::app
