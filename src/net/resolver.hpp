// DNS queries on a worker, over c-ares.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/dns_records.hpp"
#include "base/endpoint.hpp"
#include "base/time.hpp"

namespace parley::net {

class Worker;

struct ResolverConfig {
  std::vector<Endpoint> servers;  // empty: the system's
  Duration attempt_timeout = 1500ms;
  int attempts = 3;
  std::size_t queries = 1000;  // under way at once; more fail
  bool hosts_file = true;      // for A and AAAA
};

/// Lives on one worker: made, used and destroyed there (or while no worker runs). No cache.
class Resolver {
 public:
  using Done = std::move_only_function<void(dns::Answer)>;

  /// Throws std::runtime_error when the system's resolver configuration cannot be read.
  explicit Resolver(Worker& worker, ResolverConfig config = {});
  /// Queries under way end as `failed`, posted.
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  /// `done` is called once on the worker, later; with `timed_out` after `limit`.
  void query(dns::QueryType type, const std::string& name, Duration limit, Done done);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace parley::net
