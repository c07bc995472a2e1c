// The data of the assistant's events, as JSON text.
#pragma once

#include <string>
#include <string_view>

#include "speech/media_time.hpp"

namespace parley::assistant {

std::string transcript_event(std::string_view text, bool final);
std::string acknowledgement_event(std::string_view text);
std::string speech_stopped_event(std::string_view heard_text, bool interrupted);
std::string tool_started_event(std::string_view name);
std::string tool_finished_event(std::string_view name, bool ok, speech::MediaTime duration);
std::string provider_failed_event(std::string_view service, std::string_view provider, std::string_view reason);

}  // namespace parley::assistant
