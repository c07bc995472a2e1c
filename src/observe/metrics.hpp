// Counters, gauges and histograms, made once and then touched cheaply from any thread.
#pragma once

#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace parley::observe {

using Labels = std::map<std::string, std::string>;

/// Handles to what lives in Metrics; copy freely. One relaxed atomic operation each.
class Counter {
 public:
  explicit Counter(prometheus::Counter& counter) : counter_{&counter} {}
  void increment(double by = 1.0) const;
  double value() const;

 private:
  prometheus::Counter* counter_;
};

class Gauge {
 public:
  explicit Gauge(prometheus::Gauge& gauge) : gauge_{&gauge} {}
  void set(double value) const;
  void add(double value) const;
  double value() const;

 private:
  prometheus::Gauge* gauge_;
};

/// Takes a lock of its own, uncontended but for scrapes: not per audio frame.
class Histogram {
 public:
  explicit Histogram(prometheus::Histogram& histogram) : histogram_{&histogram} {}
  void observe(double value) const;

 private:
  prometheus::Histogram* histogram_;
};

/// All metrics of the program. Making one that exists (same name and labels) gives the same one; a
/// name with another type, or one that Prometheus does not take, is a bug and asserts. Labels are
/// from a small fixed set, never ids or addresses: each combination lives as long as the program.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  Counter counter(const std::string& name, const std::string& help, const Labels& labels = {});
  Gauge gauge(const std::string& name, const std::string& help, const Labels& labels = {});
  /// `bounds` rise; the one to +Inf is added.
  Histogram histogram(const std::string& name, const std::string& help, const std::vector<double>& bounds,
                      const Labels& labels = {});

  /// The exposition in Prometheus' text format 0.0.4, to be served as `content_type`.
  std::string render() const;
  static constexpr const char* content_type = "text/plain; version=0.0.4; charset=utf-8";

  /// The program's own, for those who are not handed one.
  static Metrics& global();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Seconds from 5 ms to 10 s: response times of people and providers.
std::vector<double> latency_bounds();

}  // namespace parley::observe
