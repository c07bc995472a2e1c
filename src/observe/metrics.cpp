#include "observe/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "base/assert.hpp"

namespace parley::observe {

void Counter::increment(double by) const { counter_->Increment(by); }
double Counter::value() const { return counter_->Value(); }
void Gauge::set(double value) const { gauge_->Set(value); }
void Gauge::add(double value) const { gauge_->Increment(value); }
double Gauge::value() const { return gauge_->Value(); }
void Histogram::observe(double value) const { histogram_->Observe(value); }

struct Metrics::Impl {
  prometheus::Registry registry{prometheus::Registry::InsertBehavior::Merge};
};

Metrics::Metrics() : impl_{std::make_unique<Impl>()} {}
Metrics::~Metrics() = default;

namespace {

/// The library throws for a bad name or a second type: that is our own mistake.
template <class Make>
auto& made(Make make) {
  try {
    return make();
  } catch (const std::exception&) {
    constexpr bool valid_metric = false;  // its name or a label is wrong, or it exists with another type
    PARLEY_ASSERT(valid_metric);
  }
}

}  // namespace

Counter Metrics::counter(const std::string& name, const std::string& help, const Labels& labels) {
  return Counter{made([&]() -> prometheus::Counter& {
    return prometheus::BuildCounter().Name(name).Help(help).Register(impl_->registry).Add(labels);
  })};
}

Gauge Metrics::gauge(const std::string& name, const std::string& help, const Labels& labels) {
  return Gauge{made([&]() -> prometheus::Gauge& {
    return prometheus::BuildGauge().Name(name).Help(help).Register(impl_->registry).Add(labels);
  })};
}

Histogram Metrics::histogram(const std::string& name, const std::string& help, const std::vector<double>& bounds,
                             const Labels& labels) {
  return Histogram{made([&]() -> prometheus::Histogram& {
    return prometheus::BuildHistogram().Name(name).Help(help).Register(impl_->registry).Add(labels, bounds);
  })};
}

std::string Metrics::render() const { return prometheus::TextSerializer{}.Serialize(impl_->registry.Collect()); }

Metrics& Metrics::global() {
  static Metrics metrics;
  return metrics;
}

std::vector<double> latency_bounds() {
  return {0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0};
}

}  // namespace parley::observe
