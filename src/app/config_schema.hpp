// Every key of the configuration: the one table that parsing, checking and the documentation use.
#pragma once

#include <string>
#include <vector>

#include "app/config.hpp"
#include "app/config_reader.hpp"

namespace parley::app {

/// The file as it is written: the configuration, and what is worked into it afterwards.
struct ConfigFile {
  Config config;
  std::vector<RouteConfig> test_extensions;  // appended to the routes
};

/// Bound to `file`, which outlives them.
std::vector<Key> root_keys(ConfigFile& file);

/// `path` of every key as in `assistants.<name>.limits.call_duration`, parents first.
struct DocumentedKey {
  std::string path, type, fallback, meaning;
};
std::vector<DocumentedKey> documented_keys();

}  // namespace parley::app
