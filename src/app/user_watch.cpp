#include "app/user_watch.hpp"

#include <boost/asio/steady_timer.hpp>

#include <set>

#include "base/log.hpp"

namespace parley::app {

namespace {

constexpr Duration interval = 5s;

void revoke_all_but(store::Sessions& sessions, const std::vector<store::UserRow>& users,
                    const std::vector<store::Sessions::UserCredential>& logged_in) {
  std::set<store::Sessions::UserCredential> good;
  for (const auto& user : users) good.insert({user.id, user.pin_index});
  for (const auto& session : logged_in) {
    if (good.contains(session)) continue;
    sessions.revoke(session);
    log::info("sessions ended user={} because=\"removed, or another PIN\"", session.user_id);
  }
}

}  // namespace

struct UserWatch::Timer {
  explicit Timer(net::Worker& worker) : wait{worker.context()} {}
  boost::asio::steady_timer wait;
};

UserWatch::UserWatch(net::Worker& worker, store::Records& records, store::Sessions& sessions)
    : records_{records}, sessions_{sessions}, timer_{std::make_unique<Timer>(worker)} {}

UserWatch::~UserWatch() = default;

void UserWatch::start() { arm(); }
void UserWatch::stop() { timer_->wait.cancel(); }

void UserWatch::arm() {
  timer_->wait.expires_after(interval);
  timer_->wait.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    look();
    arm();
  });
}

void UserWatch::look() {
  auto logged_in = sessions_.users(Clock::now());
  if (logged_in.empty()) return;
  // Answered on the store's thread: the sessions take calls from any.
  records_.list_users({[&sessions = sessions_, logged_in = std::move(logged_in)](
                           Result<std::vector<store::UserRow>, store::StoreError> users) {
    if (users) return revoke_all_but(sessions, *users, logged_in);
    log::warn("users not read reason=\"{}\": sessions of removed ones go on", users.error().message);
  }});
}

}  // namespace parley::app
