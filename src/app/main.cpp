// The command line.
#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>
#include <string>

#include "app/config.hpp"
#include "app/program.hpp"
#include "app/user_command.hpp"

// Read by jemalloc at its first allocation. Hundreds of calls are hundreds of states that each tick walks through:
// large pages spare the translation of their addresses (docs/decisions/0006).
extern "C" {
extern const char* malloc_conf;
const char* malloc_conf = "thp:always,metadata_thp:auto,narenas:4";
}

namespace {

using namespace parley;

Result<app::LoadedConfig, app::ConfigErrors> load(const std::string& file) {
  const auto context = app::process_context();
  return file.empty() ? app::load_default_config(context) : app::load_config_file(file, context);
}

int complain(const app::ConfigErrors& errors) {
  std::fprintf(stderr, "%s\n", app::to_string(errors).c_str());
  return 1;
}

int check(const std::string& file) {
  const auto loaded = load(file);
  if (!loaded) return complain(loaded.error());
  for (const auto& notice : loaded->notices) std::printf("%s\n", notice.c_str());
  std::printf("%s: good\n", file.c_str());
  return 0;
}

int change_users(const app::UserCommand& command, const std::string& file) {
  const auto loaded = load(file);
  if (!loaded) return complain(loaded.error());
  return command.run(loaded->config);
}

int run(const std::string& file) {
  auto loaded = load(file);
  if (!loaded) return complain(loaded.error());
  app::Program program{std::move(*loaded)};
  program.run();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App line{
      "Parley answers voice calls and lets an AI assistant hold the conversation.\n\n"
      "Without a file it runs on this machine alone: an assistant at extension 1000, test extensions\n"
      "9196 (echo), 9197 (tone), 9198 (dictation) and 9199 (listener), the web page and the API on\n"
      "http://localhost:8080, everything it keeps below ./data. No account is needed.",
      "parley"};
  line.set_version_flag("--version", "parley " PARLEY_VERSION);
  std::string config;
  line.add_option("--config", config, "YAML file; docs/configuration.md lists every key")->type_name("FILE");
  auto* check_command = line.add_subcommand("check", "Read a configuration file, say what is wrong with it, and end");
  std::string to_check;
  check_command->add_option("file", to_check, "The YAML file")->required();
  const app::UserCommand user_command{line};
  line.footer("SIGTERM or Ctrl-C: no new calls, those in progress may end; a second time: at once.");
  CLI11_PARSE(line, argc, argv);

  try {
    if (user_command.asked_for()) return change_users(user_command, config);
    return check_command->parsed() ? check(to_check) : run(config);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "parley: %s\n", error.what());
    return 1;
  }
}
