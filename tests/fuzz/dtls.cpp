// DTLS: no bytes crash a client or a server in any state, make them send more than a bounded flight, or give out
// keys: those need a certificate with the fingerprint expected.
//
// The first byte chooses the role and how far an honest handshake has come before the input; then datagrams, each
// preceded by its length in two bytes. OpenSSL draws random numbers, so a run does not repeat to the last edge.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "property.hpp"
#include "protocol/dtls/connection.hpp"

namespace {

using namespace parley;
using dtls::Connection;
using parley::fuzz::require;

const dtls::Certificate& certificate() {
  static const auto made = dtls::Certificate::make();
  return made;
}
const dtls::Context& context() {
  static const dtls::Context made{certificate()};
  return made;
}

struct End {
  explicit End(dtls::Role role)
      : connection{context(), {.role = role, .remote_fingerprints = {certificate().fingerprint()}}, TimePoint{}} {}

  std::vector<std::vector<std::byte>> take() {
    std::vector<std::vector<std::byte>> sent;
    while (auto output = connection.poll()) {
      require(!ended);
      if (auto* send = std::get_if<Connection::Send>(&*output)) {
        require(!send->datagram.empty() && send->datagram.size() <= Connection::max_sent);
        sent.push_back(std::move(send->datagram));
      } else if (std::holds_alternative<Connection::Connected>(*output)) {
        require(!connected);
        connected = true;
      } else {
        ended = true;
      }
    }
    require(sent.size() <= dtls::DatagramQueue::max_written);
    require(ended == connection.ended());
    return sent;
  }

  Connection connection;
  bool connected = false, ended = false;
};

}  // namespace

// A leak check follows every input that seems to leak; beside a library that caches all of them do, and it took two
// thirds of the time. The unit tests look for leaks.
extern "C" const char* __asan_default_options() { return "detect_leaks=0"; }

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ByteReader in{std::as_bytes(std::span{data, size})};
  const auto choice = in.u8();
  End victim{(choice & 1) != 0 ? dtls::Role::client : dtls::Role::server};
  End honest{(choice & 1) != 0 ? dtls::Role::server : dtls::Role::client};
  for (unsigned round = 0; round < (choice >> 1 & 3u); ++round) {
    for (const auto& datagram : honest.take()) victim.connection.receive(datagram, TimePoint{});
    for (const auto& datagram : victim.take()) honest.connection.receive(datagram, TimePoint{});
  }

  const bool was_connected = victim.connected;
  TimePoint now{};
  while (!in.empty() && !victim.ended) {
    const auto length = in.u16();
    victim.connection.receive(in.take(std::min<std::size_t>(length, in.rest().size())), now);
    (void)victim.take();
    now += 100ms;
    victim.connection.advance(now);
    (void)victim.take();
  }
  require(victim.connected == was_connected);
  require(!victim.ended || victim.connection.deadline() == TimePoint::max());
  return 0;
}
