// Which calls to the outside may be made: patterns against toll fraud, and how many and how often.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/rate_limit.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace parley::call {

struct DialLimits {
  std::size_t at_once = 0;  // 0: no limit
  int per_minute = 0;       // 0: no limit
};

struct DialRules {
  std::vector<std::string> allowed;  // `*` stands for any text; nothing that no pattern matches is dialled
  std::vector<std::string> refused;  // goes before `allowed`: premium numbers
  std::vector<std::string> emergency{"112", "911"};
  DialLimits per_agent;                                   // each agent
  std::map<std::string, DialLimits, std::less<>> trunks;  // by name
};

enum class DialRefusal : std::uint8_t { not_allowed, too_many, too_fast };
std::string_view to_string(DialRefusal refusal);

/// A core. Nothing that is asked about an emergency number is refused, and it counts for no limit.
class DialPolicy {
 public:
  struct Call {
    std::string to;     // a number as dialled, or `sip:user@host`
    std::string agent;  // who calls; empty: a program
    std::string trunk;  // by whom it goes out; empty: directly
  };

  explicit DialPolicy(DialRules rules);

  /// Each call that is let through is over() once, emergency or not.
  Result<void, DialRefusal> begin(const Call& call, TimePoint now);
  void over(const Call& call);
  bool is_emergency(std::string_view number) const;

 private:
  struct Account {
    Account(std::string name, DialLimits bounds);
    std::string key;
    DialLimits limits;
    RateLimit rate;
    std::size_t under_way = 0;
  };

  bool is_allowed(std::string_view to) const;
  Account& account(std::string key, const DialLimits& limits);

  const DialRules rules_;
  std::map<std::string, Account, std::less<>> accounts_;  // of agents and trunks that the configuration knows
};

/// The digits and `+` of a number as people write it (`+1 (555) 123-4567`); a SIP address without its
/// parameters, in lower case.
std::string dialled_form(std::string_view to);

/// The policy for all workers, and calls that give their place back by being destroyed. Outlives them.
class DialGate {
 public:
  class Permit {
   public:
    Permit(DialGate& gate, DialPolicy::Call call) : gate_{gate}, call_{std::move(call)} {}
    ~Permit();
    Permit(const Permit&) = delete;
    Permit& operator=(const Permit&) = delete;

   private:
    DialGate& gate_;
    DialPolicy::Call call_;
  };

  explicit DialGate(DialRules rules) : policy_{std::move(rules)} {}
  /// From any worker. Keep the permit for as long as the call.
  Result<std::shared_ptr<Permit>, DialRefusal> ask(DialPolicy::Call call, TimePoint now);
  bool is_emergency(std::string_view number) const { return policy_.is_emergency(number); }

 private:
  std::mutex mutex_;
  DialPolicy policy_;
};

}  // namespace parley::call
