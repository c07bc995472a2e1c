// The calls of one worker, and how many the whole program takes.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "call/call.hpp"
#include "call/environment.hpp"
#include "call/routing.hpp"

namespace parley::call {

/// The cap on calls, shared by all workers. A place is taken before anything else is done for a
/// call and given back when the call is destroyed.
class Capacity {
 public:
  explicit Capacity(std::size_t limit) : limit_{limit} {}
  bool take();
  void give_back() { used_.fetch_sub(1); }
  std::size_t used() const { return used_.load(std::memory_order_relaxed); }
  std::size_t limit() const { return limit_; }

 private:
  const std::size_t limit_;
  std::atomic<std::size_t> used_{0};
};

/// Makes what answers a call. Implemented by the program, which knows assistants and providers.
class ApplicationFactory {
 public:
  virtual ~ApplicationFactory() = default;
  virtual std::unique_ptr<Application> make(const RouteTarget& target, CallControl& call) = 0;
};

/// Owns the calls of one worker; used on that worker, but for load().
class Registry final : private CallOwner {
 public:
  Registry(Environment& environment, ApplicationFactory& factory, Capacity& capacity);
  ~Registry() override;

  /// False when the program is full. Each true is followed by one create() or one release().
  bool admit() { return capacity_.take(); }
  void release() { capacity_.give_back(); }
  /// Makes the call and its application, and begins it.
  Call& create(CallOptions options, const RouteTarget& target, std::unique_ptr<Leg> leg);

  Call* find(std::string_view id);
  /// Ends every call, each at its next tick.
  void hang_up_all(EndCause cause);
  /// Destroys the calls that have not ended in time, while what their legs stand on is still there. Their rows stay
  /// open: the next start marks them `interrupted`.
  void abandon_all();

  /// Calls alive; any thread.
  std::size_t load() const { return load_.load(std::memory_order_relaxed); }
  Environment& environment() { return environment_; }

 private:
  void on_call_ended(Call& call) override;

  Environment& environment_;
  ApplicationFactory& factory_;
  Capacity& capacity_;
  std::unordered_map<std::string, std::unique_ptr<Call>> calls_;
  std::atomic<std::size_t> load_{0};
  std::shared_ptr<GuardedExecutor> executor_;
};

}  // namespace parley::call
