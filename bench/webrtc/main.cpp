// webrtc_load: many browser-like calls from one thread; a JSON object for each in the report.
#include <CLI/CLI.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdio>
#include <fstream>
#include <future>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/log.hpp"
#include "caller.hpp"
#include "net/worker.hpp"

namespace parley::load {
namespace {

struct Options {
  std::string url, report, decoded, through;
  std::vector<std::string> to{"9199"}, tracks;
  std::size_t calls = 1, at_once = 0;
  double seconds = 10, rate = 10;  // calls begun a second
  bool until_audible = false;
};

Duration seconds_of(double seconds) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>{seconds});
}

nlohmann::ordered_json to_json(const Report& report) {
  const auto ms = [](const std::optional<Duration>& time) -> nlohmann::ordered_json {
    if (!time) return nullptr;
    return std::chrono::duration<double, std::milli>{*time}.count();
  };
  std::optional<Duration> spoke;
  if (report.first_sent) spoke = *report.last_sent - *report.first_sent;
  return {{"call_id", report.call_id},
          {"to", report.to},
          {"track", report.track},
          {"error", report.error},
          {"sent", report.sent},
          {"refused", report.refused},
          {"spoke_ms", ms(spoke)},
          {"longest_pause_ms", ms(report.longest_pause)},
          {"received", report.received},
          {"lost", report.lost},
          {"reports", report.reports},
          {"offered_ms", ms(report.offered)},
          {"answered_ms", ms(report.answered)},
          {"checked_ms", ms(report.checked)},
          {"connected_ms", ms(report.connected)},
          {"first_packet_ms", ms(report.first_packet)},
          {"audible_ms", ms(report.audible)}};
}

/// The calls of one run, begun one after another.
class Load {
 public:
  Load(const Options& options, std::vector<Track> tracks, net::Worker& worker, const dtls::Context& context)
      : options_{options},
        tracks_{std::move(tracks)},
        random_{Random::secure()},
        http_{worker},
        world_{worker, http_, batch_, random_, context},
        timer_{worker.context()} {}

  void start(std::function<void()> done) {
    done_ = std::move(done);
    next_call_at_ = due_ = Clock::now();
    arm();
  }

  nlohmann::ordered_json report() const {
    auto calls = nlohmann::ordered_json::array();
    for (const auto& caller : callers_) calls.push_back(to_json(caller->report()));
    return calls;
  }
  std::size_t failed() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(callers_, [](const auto& caller) { return !caller->report().error.empty(); }));
  }

 private:
  static constexpr Duration step = 2ms;

  void arm() {
    due_ = std::max(due_ + step, Clock::now());
    timer_.expires_at(due_);
    timer_.async_wait([this](const boost::system::error_code& error) {
      if (!error) fire(Clock::now());
    });
  }

  void fire(TimePoint now) {
    std::size_t up = 0;
    for (auto& caller : callers_) {
      caller->tick(now);
      up += caller->over() ? 0 : 1;
    }
    const bool room = options_.at_once == 0 || up < options_.at_once;
    if (callers_.size() < options_.calls && room && now >= next_call_at_) begin(now);
    else if (callers_.size() == options_.calls && up == 0) return done_();
    arm();
  }

  void begin(TimePoint now) {
    next_call_at_ = std::max(next_call_at_ + seconds_of(1 / options_.rate), now - 1s);
    const auto number = callers_.size();
    const auto track = number % tracks_.size();
    std::optional<Endpoint> through;
    if (!options_.through.empty()) through = Endpoint::parse(options_.through);
    Caller::Plan plan{.url = options_.url,
                      .to = options_.to[number % options_.to.size()],
                      .track_number = track,
                      .track = &tracks_[track],
                      .length = seconds_of(options_.seconds),
                      .until_audible = options_.until_audible,
                      .through = through};
    callers_.push_back(std::make_unique<Caller>(world_, std::move(plan)));
    callers_.back()->press_button(Clock::now());
  }

  const Options& options_;
  const std::vector<Track> tracks_;
  Random random_;
  net::ReceiveBatch batch_;
  std::vector<std::unique_ptr<Caller>> callers_;  // outlive the client, whose requests know them
  net::HttpClient http_;
  Caller::World world_;
  boost::asio::steady_timer timer_;
  TimePoint due_{}, next_call_at_{};
  std::function<void()> done_;
};

int run(const Options& options) {
  log::set_level(log::Level::error);
  std::vector<Track> tracks;
  for (const auto& file : options.tracks) {
    auto track = Track::read(file);
    if (!track) throw std::runtime_error(file + ": " + std::string{audio::wav::to_string(track.error())});
    if (!options.decoded.empty())
      track->save_decoded(std::filesystem::path{options.decoded} / (std::to_string(tracks.size()) + ".wav"));
    tracks.push_back(std::move(*track));
  }
  const auto certificate = dtls::Certificate::make();
  const dtls::Context context{certificate};

  net::Workers workers{1};
  Load load{options, std::move(tracks), workers.at(0), context};
  std::promise<void> over;
  workers.at(0).post([&] { load.start([&over] { over.set_value(); }); });
  workers.start();
  over.get_future().wait();
  workers.stop();
  workers.join();

  std::ofstream out{options.report};
  out << load.report().dump(1) << '\n';
  if (!out.flush()) throw std::runtime_error("cannot write " + options.report);
  return load.failed() == 0 ? 0 : 1;
}

}  // namespace
}  // namespace parley::load

int main(int argc, char** argv) {
  parley::load::Options options;
  CLI::App line{"Browser-like WebRTC calls to a Parley, and a report of each", "webrtc_load"};
  line.add_option("url", options.url, "of Parley: http://127.0.0.1:8080")->required();
  line.add_option("--track", options.tracks, "WAV files; callers take them in turn")->required();
  line.add_option("--report", options.report, "where the JSON goes")->required();
  line.add_option("--to", options.to, "extensions; callers take them in turn");
  line.add_option("--calls", options.calls);
  line.add_option("--at-once", options.at_once, "at most; 0: all");
  line.add_option("--seconds", options.seconds, "length of a call");
  line.add_option("--rate", options.rate, "calls begun a second")->check(CLI::PositiveNumber);
  line.add_flag("--until-audible", options.until_audible, "hang up as soon as something is heard");
  line.add_option("--through", options.through, "address:port that all media goes to: a relay");
  line.add_option("--decoded", options.decoded, "folder for the tracks as a decoder hears them");
  CLI11_PARSE(line, argc, argv);
  try {
    return parley::load::run(options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "webrtc_load: %s\n", error.what());
    return 2;
  }
}
