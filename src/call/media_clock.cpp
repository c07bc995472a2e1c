#include "call/media_clock.hpp"

#include <boost/asio/steady_timer.hpp>

#include "net/worker.hpp"

namespace parley::call {

struct MediaClock::Timer {
  explicit Timer(boost::asio::io_context& context) : wait{context} {}
  boost::asio::steady_timer wait;
};

MediaClock::MediaClock(net::Worker& worker, TickSchedule& schedule, LatenessObserver observer)
    : schedule_{schedule}, observer_{std::move(observer)}, timer_{std::make_unique<Timer>(worker.context())} {}

MediaClock::~MediaClock() = default;

void MediaClock::start() {
  due_ = Clock::now() + TickSchedule::phase_duration;
  arm();
}

void MediaClock::stop() { timer_->wait.cancel(); }

void MediaClock::arm() {
  timer_->wait.expires_at(due_);
  timer_->wait.async_wait([this](const boost::system::error_code& error) {
    if (!error) fire();
  });
}

void MediaClock::fire() {
  // A machine that was suspended must not replay an hour of silence.
  constexpr auto longest_catch_up = 1s;
  auto now = Clock::now();
  if (now - due_ > longest_catch_up) due_ = now;
  while (due_ <= now) {
    observer_(now - due_);
    schedule_.run_phase(phase_, now);
    phase_ = (phase_ + 1) % TickSchedule::phases;
    due_ += TickSchedule::phase_duration;
    now = Clock::now();
  }
  arm();
}

}  // namespace parley::call
