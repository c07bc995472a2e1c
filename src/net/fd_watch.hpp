// A descriptor that belongs to someone else (a library, a UdpSocket), watched by our loop.
// Includes Asio: for sources.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <functional>
#include <memory>

namespace parley::net {

/// Level-triggered as long as something is wanted. The descriptor stays open when the watch goes;
/// destroy the watch before it is closed. Used on the loop's thread only; may be destroyed from
/// inside `ready`.
class FdWatch {
 public:
  using Ready = std::function<void(bool readable, bool writable)>;

  FdWatch(boost::asio::io_context& context, int fd, Ready ready)
      : state_{std::make_shared<State>(context, fd, std::move(ready))} {}
  ~FdWatch() {
    state_->gone = true;
    state_->descriptor.release();
  }
  FdWatch(const FdWatch&) = delete;
  FdWatch& operator=(const FdWatch&) = delete;

  void want(bool read, bool write) {
    state_->want[0] = read;
    state_->want[1] = write;
    for (const int direction : {0, 1}) State::arm(state_, direction);
  }

 private:
  struct State {
    State(boost::asio::io_context& context, int fd, Ready on_ready)
        : descriptor{context, fd}, ready{std::move(on_ready)} {}
    static void arm(const std::shared_ptr<State>& state, int direction) {
      if (state->gone || !state->want[direction] || state->waiting[direction]) return;
      state->waiting[direction] = true;
      const auto kind = direction == 0 ? boost::asio::posix::descriptor_base::wait_read
                                       : boost::asio::posix::descriptor_base::wait_write;
      state->descriptor.async_wait(kind, [state, direction](const boost::system::error_code& error) {
        state->waiting[direction] = false;
        if (state->gone || error) return;
        if (state->want[direction]) state->ready(direction == 0, direction == 1);
        arm(state, direction);
      });
    }

    boost::asio::posix::stream_descriptor descriptor;
    Ready ready;
    bool want[2] = {};
    bool waiting[2] = {};
    bool gone = false;
  };
  std::shared_ptr<State> state_;
};

}  // namespace parley::net
