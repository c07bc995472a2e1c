// Any text is a configuration or a bounded list of errors, and what is accepted keeps its promises.
#include "app/config.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "property.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace parley;
  using namespace parley::app;
  ConfigContext context;
  // Not the process's own: a finding must not depend on where it runs. No files either: `*_file`
  // keys are left to the unit tests.
  context.environment = [](std::string_view name) -> std::optional<std::string> {
    return name == "SET" ? std::optional<std::string>{"value: [x"} : std::nullopt;
  };
  const std::string_view text = fuzz::text_of(data, size);
  if (text.contains("_file")) return 0;
  const auto loaded = load_config(text, "fuzz.yaml", context);
  if (!loaded) {
    fuzz::require(!loaded.error().empty() && loaded.error().size() <= 20);
    for (const auto& error : loaded.error()) fuzz::require(!error.message.empty());
    return 0;
  }
  const Config& config = loaded->config;
  fuzz::require(config.workers >= 0 && config.workers <= 256);
  fuzz::require(!config.sip.listen.empty() && !config.sip.codecs.empty());
  fuzz::require(config.sip.rtp_ports.first < config.sip.rtp_ports.last && config.sip.rtp_ports.first >= 1'024);
  fuzz::require(!config.database.empty() && !config.recording.folder.empty());
  for (const auto& route : config.routes) {
    fuzz::require(!route.assistant.empty() + !route.extension.empty() + !route.application.empty() == 1);
    fuzz::require(route.assistant.empty() || config.assistants.contains(route.assistant));
  }
  for (const auto& [name, assistant] : config.assistants)
    fuzz::require(name == assistant.name && !assistant.stt.empty() && !assistant.llm.empty() && !assistant.tts.empty());
  return 0;
}
