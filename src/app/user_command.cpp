#include "app/user_command.hpp"

#include <fmt/format.h>
#include <termios.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>

#include "store/users.hpp"

namespace parley::app {
namespace {

int complain(std::string_view what) {
  fmt::print(stderr, "parley: {}\n", what);
  return 1;
}

/// What is typed is not shown, and shown again however the prompt is left.
class WithoutEcho {
 public:
  WithoutEcho() : changed_{::tcgetattr(STDIN_FILENO, &before_) == 0} {
    if (!changed_) return;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  ~WithoutEcho() {
    if (changed_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  WithoutEcho(const WithoutEcho&) = delete;
  WithoutEcho& operator=(const WithoutEcho&) = delete;

 private:
  termios before_{};
  bool changed_;
};

std::string read_line() {
  std::string line;
  std::getline(std::cin, line);
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

std::string prompted(const char* prompt) {
  fmt::print(stderr, "{}: ", prompt);
  std::string line;
  {
    const WithoutEcho hidden;
    line = read_line();
  }
  fmt::print(stderr, "\n");
  return line;
}

/// From a person twice, so that a slip is noticed; from a program once.
Result<std::string, std::string> ask_for_pin() {
  if (::isatty(STDIN_FILENO) == 0) {
    auto pin = read_line();
    if (!pin.empty()) return Result<std::string, std::string>{std::move(pin)};
    return std::unexpected("there is no PIN on the standard input; give one there, or with --pin");
  }
  auto pin = prompted("PIN (4 to 12 digits)");
  if (prompted("Again") == pin) return Result<std::string, std::string>{std::move(pin)};
  return std::unexpected("the two are not the same; nothing was changed");
}

void show(const std::vector<store::UserRow>& users) {
  if (users.empty()) fmt::print("There are no users yet: parley user add NAME\n");
  for (const auto& user : users)
    fmt::print("{}  {}  {}\n", user.id, format_rfc3339(user.created_at).substr(0, 10), user.name);
}

}  // namespace

UserCommand::UserCommand(CLI::App& line) {
  user_ = line.add_subcommand("user", "Add, list and remove the people who log in with a PIN");
  user_->require_subcommand(1);
  user_->fallthrough();  // --config may stand at the end
  user_->footer(
      "Who has a PIN logs in on the page and is known to the assistant by name. It works while the service\n"
      "runs: name the same --config. Sessions of a removed user, or of an old PIN, end within seconds.\n\n"
      "  parley user add Anna                  asks for the PIN\n"
      "  echo 493817 | parley user add Bert    takes it from a program\n"
      "  parley user set-pin Anna\n"
      "  parley user list\n"
      "  parley user remove Bert");

  add_ = user_->add_subcommand("add", "Add a user; the PIN is asked for, or is a line on the standard input");
  add_->add_option("name", request_.user, "What the assistant calls them; no two have the same")->required();
  list_ = user_->add_subcommand("list", "Show all: id, day of adding, name");
  remove_ = user_->add_subcommand("remove", "Remove a user; calls and to-do lists stay");
  remove_->add_option("user", request_.user, "Name or id")->required();
  set_pin_ = user_->add_subcommand("set-pin", "Give a user another PIN");
  set_pin_->add_option("user", request_.user, "Name or id")->required();
  for (auto* command : {add_, set_pin_})
    command->add_option("--pin", request_.pin, "4 to 12 digits; other users of this machine can see it while it runs");
  for (auto* command : {add_, list_, remove_, set_pin_}) command->fallthrough();
}

bool UserCommand::asked_for() const { return user_->parsed(); }

int UserCommand::run(const Config& config) const {
  std::error_code error;
  std::filesystem::create_directories(config.data, error);
  if (error) return complain(fmt::format("data: cannot make '{}': {}", config.data.string(), error.message()));
  auto secret = store::server_secret(config.data / "secret");
  if (!secret) return complain(secret.error());
  auto users = store::Users::open(config.database, store::Pins{std::move(*secret)});
  if (!users) return complain("store: " + users.error());

  if (list_->parsed()) {
    const auto all = users->list();
    if (!all) return complain(all.error());
    show(*all);
    return 0;
  }
  if (remove_->parsed()) {
    const auto removed = users->remove(request_.user);
    if (!removed) return complain(removed.error());
    fmt::print("removed {} ({})\n", removed->name, removed->id);
    return 0;
  }
  auto pin = request_.pin;
  if (pin.empty()) {
    auto given = ask_for_pin();
    if (!given) return complain(given.error());
    pin = *given;
  }
  auto random = Random::secure();
  const bool adding = add_->parsed();
  const auto user = adding ? users->add(request_.user, pin, std::chrono::system_clock::now(), random)
                           : users->set_pin(request_.user, pin, random);
  if (!user) return complain(user.error());
  fmt::print("{} {} ({})\n", adding ? "added" : "new PIN for", user->name, user->id);
  return 0;
}

}  // namespace parley::app
