// Ends the sessions of users who were removed, or whose PIN was changed, by the command line.
#pragma once

#include <memory>

#include "net/worker.hpp"
#include "store/records.hpp"
#include "store/session/sessions.hpp"

namespace parley::app {

/// Looks at the user table every few seconds while anybody is logged in: it is written by another
/// process, which cannot tell us. Runs on its worker; the sessions outlive the records.
class UserWatch {
 public:
  UserWatch(net::Worker& worker, store::Records& records, store::Sessions& sessions);
  ~UserWatch();
  void start();
  void stop();

 private:
  struct Timer;
  void arm();
  void look();

  store::Records& records_;
  store::Sessions& sessions_;
  std::unique_ptr<Timer> timer_;
};

}  // namespace parley::app
