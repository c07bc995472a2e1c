#include "net/handshakes.hpp"

#include <algorithm>

#include "net/deadline.hpp"

namespace parley::net {

namespace asio = boost::asio;

asio::awaitable<bool> Handshakes::accept(Stream& stream) {
  if (!stream.secure()) co_return true;
  if (waiting_.size() >= limits_.at_once) {
    // One that was told to go may not have left yet.
    const auto oldest = std::ranges::find(waiting_, false, &Waiting::crowded_out);
    if (oldest != waiting_.end()) {
      oldest->crowded_out = true;
      boost::system::error_code ignored;  // a closed one is going anyway
      oldest->stream->socket().close(ignored);
    }
  }
  struct Place {
    std::list<Waiting>& all;
    std::list<Waiting>::iterator own;
    ~Place() { all.erase(own); }
  } const place{waiting_, waiting_.insert(waiting_.end(), Waiting{&stream})};

  Deadline deadline{stream.socket()};
  deadline.arm(limits_.within);
  const auto error = co_await stream.accept();
  deadline.disarm();
  if (!error) co_return true;
  if (place.own->crowded_out) ++counters_.crowded_out;
  else if (deadline.expired()) ++counters_.timed_out;
  else ++counters_.failed;
  co_return false;
}

}  // namespace parley::net
