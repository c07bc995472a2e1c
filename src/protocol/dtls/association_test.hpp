// Two connections with a network between them that a test can spoil.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "protocol/dtls/connection.hpp"

namespace parley::dtls {

using Datagram = std::vector<std::byte>;

/// One end with what became of it.
struct End {
  End(const Context& context, Connection::Config config, TimePoint now) : connection{context, std::move(config), now} {}

  /// What it wants to send now; what else it says is kept.
  std::vector<Datagram> take() {
    std::vector<Datagram> sent;
    while (auto output = connection.poll()) {
      EXPECT_FALSE(closed || failed) << "something after the last output";
      if (auto* send = std::get_if<Connection::Send>(&*output)) sent.push_back(std::move(send->datagram));
      if (const auto* connected = std::get_if<Connection::Connected>(&*output)) keys = connected->keys;
      if (const auto* failure = std::get_if<Connection::Failed>(&*output)) failed = *failure;
      if (std::holds_alternative<Connection::Closed>(*output)) closed = true;
    }
    return sent;
  }

  Connection connection;
  std::optional<srtp::Keys> keys;
  std::optional<Connection::Failed> failed;
  bool closed = false;
};

/// Ours and the other's certificate, made once: a key takes longer than a handshake.
inline const Certificate& a_certificate() {
  static const auto made = Certificate::make();
  return made;
}
inline const Certificate& another_certificate() {
  static const auto made = Certificate::make();
  return made;
}

struct Association {
  /// What becomes of a datagram: how many copies arrive, and whether it waits for the one after it.
  struct Fate {
    int copies = 1;
    bool overtaken = false;
  };

  /// Each end expects the other's certificate, unless told otherwise.
  struct Expected {
    std::vector<Fingerprint> of_server{another_certificate().fingerprint()};
    std::vector<Fingerprint> of_client{a_certificate().fingerprint()};
  };

  Association() : Association{Expected{}} {}
  explicit Association(Expected expected)
      : client{client_context,
               {.role = Role::client,
                .remote_fingerprints = std::move(expected.of_server),
                .first_retransmission = 20ms},
               now},
        server{
            server_context,
            {.role = Role::server, .remote_fingerprints = std::move(expected.of_client), .first_retransmission = 20ms},
            now} {}

  /// Carries datagrams until neither end has any; true if any was sent.
  bool exchange() {
    bool any = false;
    for (;;) {
      const bool from_client = carry(client, server), from_server = carry(server, client);
      if (!from_client && !from_server) return any;
      any = true;
    }
  }

  /// Exchanges, retransmissions included, until both ends are through or either has ended. OpenSSL
  /// keeps the retransmission timer by its own clock, so its deadlines are waited for: 20 ms each.
  void run() {
    exchange();
    while (!(client.keys && server.keys) && !client.connection.ended() && !server.connection.ended()) {
      const auto deadline = std::min(client.connection.deadline(), server.connection.deadline());
      std::this_thread::sleep_until(real_start + (deadline - start));
      now = std::max(start + (Clock::now() - real_start), deadline);
      client.connection.advance(now);
      server.connection.advance(now);
      exchange();
    }
  }

  bool carry(End& from, End& to) {
    const auto sent = from.take();
    for (const auto& datagram : sent) {
      EXPECT_LE(datagram.size(), Connection::max_sent);
      const auto what = fate(datagram);
      if (what.overtaken && !waiting) {
        waiting = datagram;
        continue;
      }
      for (int i = 0; i < what.copies; ++i) to.connection.receive(datagram, now);
      if (waiting) to.connection.receive(*std::exchange(waiting, std::nullopt), now);
    }
    if (waiting) to.connection.receive(*std::exchange(waiting, std::nullopt), now);
    return !sent.empty();
  }

  const TimePoint start{};
  const TimePoint real_start = Clock::now();
  TimePoint now = start;
  Context client_context{a_certificate()}, server_context{another_certificate()};
  End client, server;
  std::function<Fate(const Datagram&)> fate = [](const Datagram&) { return Fate{}; };
  std::optional<Datagram> waiting;
};

inline std::string outcome(const End& end) {
  if (end.failed) return std::string{name(end.failed->reason)} + " " + std::to_string(end.failed->alert);
  return end.closed ? "closed" : end.keys ? "connected" : "in the handshake";
}

inline void expect_matching_keys(const Association& association) {
  ASSERT_TRUE(association.client.keys && association.server.keys)
      << "client: " << outcome(association.client) << ", server: " << outcome(association.server);
  EXPECT_EQ(association.client.keys->profile, association.server.keys->profile);
  EXPECT_EQ(association.client.keys->local, association.server.keys->remote);
  EXPECT_EQ(association.client.keys->remote, association.server.keys->local);
  EXPECT_NE(association.client.keys->local, association.client.keys->remote);
}

}  // namespace parley::dtls
