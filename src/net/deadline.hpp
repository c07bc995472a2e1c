// A time limit on what a socket waits for. Unlike Beast's own, it leaves the socket open, so that
// the peer can still be told. For sources of this folder.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <memory>

#include "base/time.hpp"

namespace parley::net {

class Deadline {
 public:
  explicit Deadline(boost::asio::ip::tcp::socket& socket)
      : state_{std::make_shared<State>(State{&socket})}, timer_{socket.get_executor()} {}
  ~Deadline() { state_->socket = nullptr; }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  /// Cancels what the socket waits for once `limit` has passed.
  void arm(Duration limit) {
    state_->expired = false;
    timer_.expires_after(limit);
    timer_.async_wait([state = state_, round = ++state_->round](const boost::system::error_code& error) {
      // A handler that was queued before disarm() must not hit the next operation.
      if (error || state->socket == nullptr || state->round != round) return;
      state->expired = true;
      boost::system::error_code ignored;  // a socket that is closed has nothing to cancel
      state->socket->cancel(ignored);
    });
  }
  void disarm() {
    ++state_->round;
    timer_.cancel();
  }
  bool expired() const { return state_->expired; }

 private:
  struct State {
    boost::asio::ip::tcp::socket* socket;
    std::uint64_t round = 0;
    bool expired = false;
  };
  std::shared_ptr<State> state_;
  boost::asio::steady_timer timer_;
};

}  // namespace parley::net
