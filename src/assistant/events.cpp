#include "assistant/events.hpp"

#include <nlohmann/json.hpp>

namespace parley::assistant {

namespace {

using nlohmann::json;

/// What models and recognisers deliver may be broken UTF-8: it is mended, not thrown at.
std::string text_of(const json& data) { return data.dump(-1, ' ', false, json::error_handler_t::replace); }

}  // namespace

std::string transcript_event(std::string_view text, bool final) { return text_of({{"text", text}, {"final", final}}); }

std::string acknowledgement_event(std::string_view text) {
  return text_of({{"text", text}, {"final", true}, {"acknowledgement", true}});
}

std::string speech_stopped_event(std::string_view heard_text, bool interrupted) {
  return text_of({{"heard_text", heard_text}, {"interrupted", interrupted}});
}

std::string tool_started_event(std::string_view name) { return text_of({{"name", name}}); }

std::string tool_finished_event(std::string_view name, bool ok, speech::MediaTime duration) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
  return text_of({{"name", name}, {"ok", ok}, {"duration_ms", ms}});
}

std::string provider_failed_event(std::string_view service, std::string_view provider, std::string_view reason) {
  return text_of({{"service", service}, {"provider", provider}, {"reason", reason}});
}

}  // namespace parley::assistant
