// Child coroutines that cannot outlive their parent. Includes Asio: for sources, not for headers
// that many files include.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <cstddef>
#include <functional>
#include <list>

namespace parley::net {

/// Owns coroutines that run beside their parent, on one thread.
///
/// Every scope is closed before it is destroyed: `co_await scope.close()`, or cancel_then() where
/// the owner is no coroutine. Destroying one that still runs children is a bug and asserts, unless
/// the loop was stopped (the program ends). `in_scope()` below does it on all ways out.
class Scope {
 public:
  explicit Scope(boost::asio::any_io_executor executor);
  ~Scope();
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

  /// Starts `child`, which may run up to its first wait before spawn() returns. Its
  /// `operation_aborted` is an ordinary end; any other exception that leaves it is logged as an
  /// error. After cancel() the child is destroyed unrun.
  void spawn(boost::asio::awaitable<void> child);
  /// Asks all children to end: what they wait for fails with operation_aborted.
  void cancel();
  /// Waits for all children without asking them to end. One coroutine at a time.
  boost::asio::awaitable<void> join();
  /// cancel(), then join(). Goes through even when the caller itself has been cancelled meanwhile,
  /// if it had not been before; in_scope() goes through always.
  boost::asio::awaitable<void> close();
  /// cancel(), then `done` once no child is left: posted, so the scope may be destroyed in it.
  void cancel_then(std::move_only_function<void()> done);

  std::size_t running() const { return children_.size(); }
  const boost::asio::any_io_executor& executor() const { return executor_; }

 private:
  struct Child {
    boost::asio::cancellation_signal cancel;
  };
  void ended(std::list<Child>::iterator child);

  boost::asio::any_io_executor executor_;
  std::list<Child> children_;
  std::move_only_function<void()> when_empty_;
  bool cancelled_ = false;
};

/// Runs `body` with a scope of its own and closes it on every way out: return, exception and
/// cancellation. `body` is a named function or an object that outlives the call.
boost::asio::awaitable<void> in_scope(std::function<boost::asio::awaitable<void>(Scope&)> body);

}  // namespace parley::net
