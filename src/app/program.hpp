// The whole program: everything made in order, run until a signal, and taken down in order.
#pragma once

#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "app/config.hpp"

namespace parley::app {

/// Cannot start. what() is one line: the key, the value and the remedy.
struct StartError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Program {
 public:
  explicit Program(LoadedConfig loaded);
  ~Program();

  /// Starts, and blocks until SIGTERM or SIGINT has been dealt with: no new calls, calls in progress
  /// end by themselves up to `drain`, the rest are ended politely. A second signal ends it at once.
  /// Throws StartError. Call it with no other thread running.
  void run();

 private:
  struct Parts;
  void prepare_folders();
  void recover();
  void build();
  void start();
  void announce() const;
  void wait_for_signal() const;
  void drain();
  void stop();

  LoadedConfig loaded_;
  std::unique_ptr<Parts> parts_;
  int data_lock_ = -1;
  std::map<std::string, std::string, std::less<>> passwords_made_;  // of agents, by extension
};

}  // namespace parley::app
