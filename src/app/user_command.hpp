// `parley user …`: who may log in with a PIN.
#pragma once

#include <string>

#include "app/config.hpp"

namespace CLI {
class App;
}

namespace parley::app {

/// What was asked for, filled by the command line.
struct UserRequest {
  std::string user;  // a name, or an id
  std::string pin;   // empty: is asked for
};

class UserCommand {
 public:
  /// Adds `user` with its own subcommands to `line`.
  explicit UserCommand(CLI::App& line);

  bool asked_for() const;
  /// Does it, with the database of this configuration; the exit code. Errors are lines on stderr.
  int run(const Config& config) const;

 private:
  CLI::App* user_;
  CLI::App *add_, *list_, *remove_, *set_pin_;
  UserRequest request_;
};

}  // namespace parley::app
