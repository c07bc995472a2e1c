// DTLS handshakes: two connections in memory, both sides' work on one core. A server pays for one of them only, so
// Server and Client time each side by itself; their sum is Both. SRTP: one packet of 20 ms Opus, there and back.
#include <benchmark/benchmark.h>

#include <array>
#include <vector>

#include "base/bytes.hpp"
#include "protocol/dtls/connection.hpp"
#include "protocol/srtp/session.hpp"

namespace {

using namespace parley;
using dtls::Connection;

struct Sides {
  dtls::Certificate certificate = dtls::Certificate::make();
  dtls::Context context{certificate};

  Connection::Config config(dtls::Role role) const {
    return {.role = role, .remote_fingerprints = {certificate.fingerprint()}};
  }
};
const Sides& sides() {
  static const Sides made;
  return made;
}

std::vector<std::vector<std::byte>> take(Connection& connection) {
  std::vector<std::vector<std::byte>> sent;
  while (auto output = connection.poll())
    if (auto* send = std::get_if<Connection::Send>(&*output)) sent.push_back(std::move(send->datagram));
  return sent;
}

/// Calls `timed(role, work)` for every piece of work of either side.
template <class Timed>
bool handshake(Timed timed) {
  std::optional<Connection> client, server;
  timed(dtls::Role::server, [&] { server.emplace(sides().context, sides().config(dtls::Role::server), TimePoint{}); });
  timed(dtls::Role::client, [&] { client.emplace(sides().context, sides().config(dtls::Role::client), TimePoint{}); });
  std::vector<std::vector<std::byte>> to_server, to_client;
  timed(dtls::Role::client, [&] { to_server = take(*client); });
  while (!to_server.empty() || !to_client.empty()) {
    timed(dtls::Role::server, [&] {
      for (const auto& datagram : to_server) server->receive(datagram, TimePoint{});
      to_client = take(*server);
    });
    timed(dtls::Role::client, [&] {
      for (const auto& datagram : to_client) client->receive(datagram, TimePoint{});
      to_server = take(*client);
    });
    to_client.clear();
  }
  const bool connected = client->connected() && server->connected();
  timed(dtls::Role::server, [&] { server.reset(); });
  timed(dtls::Role::client, [&] { client.reset(); });
  return connected;
}

void both(benchmark::State& state) {
  for (auto _ : state)
    if (!handshake([](dtls::Role, auto work) { work(); })) state.SkipWithError("no connection");
  state.counters["handshakes/s"] =
      benchmark::Counter(static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}
BENCHMARK(both)->Name("dtls_handshake/both_sides")->Unit(benchmark::kMicrosecond)->MinTime(2);

void one_side(benchmark::State& state, dtls::Role role) {
  for (auto _ : state) {
    Duration spent{};
    const bool connected = handshake([&](dtls::Role side, auto work) {
      const auto begin = Clock::now();
      work();
      if (side == role) spent += Clock::now() - begin;
    });
    if (!connected) state.SkipWithError("no connection");
    state.SetIterationTime(std::chrono::duration<double>(spent).count());
  }
  state.counters["handshakes/s"] =
      benchmark::Counter(static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}
BENCHMARK_CAPTURE(one_side, server, dtls::Role::server)
    ->Name("dtls_handshake/server")
    ->Unit(benchmark::kMicrosecond)
    ->UseManualTime()
    ->MinTime(2);
BENCHMARK_CAPTURE(one_side, client, dtls::Role::client)
    ->Name("dtls_handshake/client")
    ->Unit(benchmark::kMicrosecond)
    ->UseManualTime()
    ->MinTime(2);

void protect(benchmark::State& state, srtp::Profile profile) {
  const std::array<std::byte, srtp::max_key_size> key{std::byte{1}};
  const std::array<std::byte, srtp::max_salt_size> salt{std::byte{2}};
  const srtp::MasterKey master{std::span{key}.first(srtp::key_size(profile)),
                               std::span{salt}.first(srtp::salt_size(profile))};
  srtp::Session sender{{profile, master, master}}, receiver{{profile, master, master}};
  std::array<std::byte, 12 + 80 + srtp::max_overhead> buffer{};
  std::uint16_t sequence = 0;
  for (auto _ : state) {
    ByteWriter out{buffer};
    out.u16(0x806F);
    out.u16(sequence++);
    out.u64(7);
    const auto sent = sender.protect(buffer, 12 + 80);
    if (!sent || !receiver.unprotect(*sent)) state.SkipWithError("refused");
  }
}
BENCHMARK_CAPTURE(protect, aes128_cm_sha1_80, srtp::Profile::aes128_cm_sha1_80)
    ->Name("srtp_packet/there_and_back/aes128_cm_sha1_80");
BENCHMARK_CAPTURE(protect, aead_aes_128_gcm, srtp::Profile::aead_aes_128_gcm)
    ->Name("srtp_packet/there_and_back/aead_aes_128_gcm");

}  // namespace
