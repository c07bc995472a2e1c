// How results come back to the thread that a call lives on.
#pragma once

#include <functional>

namespace parley::speech {

/// Runs a function on the worker of the call it was made for; safe from any thread.
class Executor {
 public:
  virtual ~Executor() = default;
  virtual void post(std::move_only_function<void()> work) = 0;
};

}  // namespace parley::speech
