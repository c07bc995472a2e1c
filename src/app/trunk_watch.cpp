#include "app/trunk_watch.hpp"

#include <boost/asio/steady_timer.hpp>

#include <nlohmann/json.hpp>

#include "base/log.hpp"
#include "legs/sip/shell.hpp"

namespace parley::app {
namespace {

std::vector<legs::TrunkHealth::Trunk> trunks_of(const Config& config) {
  std::vector<legs::TrunkHealth::Trunk> trunks;
  for (const auto& [name, trunk] : config.trunks) trunks.push_back({name, trunk.targets(), trunk.check});
  return trunks;
}

}  // namespace

struct TrunkWatch::Timer {
  explicit Timer(net::Worker& worker) : wait{worker.context()} {}
  boost::asio::steady_timer wait;
};

TrunkWatch::TrunkWatch(const Config& config, net::Worker& worker, legs::SipShell& sip, observe::Metrics& metrics,
                       call::EventHub& events)
    : worker_{worker},
      sip_{sip},
      events_{events},
      health_{trunks_of(config), Clock::now()},
      timer_{std::make_unique<Timer>(worker)} {
  for (const auto& trunk : health_.trunks()) {
    auto& gauges = up_.emplace_back();
    for (const auto& peer : trunk.peers) {
      gauges.push_back(metrics.gauge("parley_trunk_up", "1 while the peer of the trunk answers OPTIONS.",
                                     {{"trunk", trunk.name}, {"peer", peer}}));
      gauges.back().set(1);
    }
  }
  publish();
}

TrunkWatch::~TrunkWatch() = default;

void TrunkWatch::start() {
  health_.advance(Clock::now());
  pump();
}

void TrunkWatch::stop() { timer_->wait.cancel(); }

std::optional<TrunkChoice> TrunkWatch::choose() const {
  const auto choice = choice_.load();
  return choice ? std::optional{*choice} : std::nullopt;
}

void TrunkWatch::pump() {
  while (auto output = health_.poll()) {
    if (const auto* wish = std::get_if<legs::TrunkHealth::Ask>(&*output)) ask(wish->trunk, wish->peer);
    else tell(std::get<legs::TrunkHealth::Changed>(*output));
  }
  arm();
}

void TrunkWatch::arm() {
  const auto deadline = health_.deadline();
  if (deadline == TimePoint::max()) return;
  timer_->wait.expires_at(deadline);
  timer_->wait.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    health_.advance(Clock::now());
    pump();
  });
}

void TrunkWatch::ask(std::size_t trunk, std::size_t peer) {
  const auto target = sip::Uri::parse(health_.trunks()[trunk].peers[peer]);
  if (!target) return;  // the configuration was checked
  sip::RequestOptions options;
  options.method = "OPTIONS";
  options.target = *target;
  options.from.uri = *target;
  options.from.uri.user = "parley";
  options.from.uri.params = {};
  std::move_only_function<void(const sip::Message&)> done = [this, trunk, peer](const sip::Message& response) {
    health_.answered(trunk, peer, response.status, Clock::now());
    pump();
  };
  sip_.agent(worker_.index()).request(std::move(options), std::move(done));
}

void TrunkWatch::tell(const legs::TrunkHealth::Changed& changed) {
  const auto& trunk = health_.trunks()[changed.trunk];
  const auto& peer = trunk.peers[changed.peer];
  up_[changed.trunk][changed.peer].set(changed.up ? 1 : 0);
  if (changed.up) log::info("trunk peer is up trunk={} peer={} status={}", trunk.name, peer, changed.status);
  else log::warn("trunk peer is down trunk={} peer={} status={}", trunk.name, peer, changed.status);
  const nlohmann::ordered_json data{{"trunk", trunk.name}, {"peer", peer}, {"up", changed.up}};
  call::Event event;
  event.at = std::chrono::system_clock::now();
  event.type = "trunk.state";
  event.data = data.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  events_.publish(std::move(event));
  publish();
}

void TrunkWatch::publish() {
  std::optional<std::size_t> chosen;
  for (std::size_t t = 0; t < health_.trunks().size() && !chosen; ++t)
    for (std::size_t p = 0; p < health_.trunks()[t].peers.size(); ++p)
      if (health_.up(t, p)) chosen = t;
  if (!chosen && !health_.trunks().empty()) chosen = 0;
  if (chosen)
    choice_.store(
        std::make_shared<const TrunkChoice>(TrunkChoice{health_.trunks()[*chosen].name, health_.order(*chosen)}));
}

}  // namespace parley::app
