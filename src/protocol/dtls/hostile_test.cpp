// What strangers and odd peers send to a connection.
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <array>

#include "base/bytes.hpp"
#include "base/random.hpp"
#include "protocol/dtls/association_test.hpp"

namespace parley::dtls {
namespace {

constexpr std::size_t record_header = 13, handshake_header = 12;

/// A client hello is one record with one handshake message. Rewritten with `extension` appended and
/// cut into fragments of at most `size` bytes, each in a record (and datagram) of its own.
std::vector<Datagram> rewrite_hello(const Datagram& hello, std::span<const std::byte> extension, std::size_t size) {
  Datagram body{hello.begin() + record_header + handshake_header, hello.end()};
  // Version, random, session id, cookie, cipher suites and compression methods come before the extensions.
  std::size_t at = 2 + 32;
  at += 1 + std::to_integer<std::size_t>(body[at]);
  at += 1 + std::to_integer<std::size_t>(body[at]);
  at += 2 + ByteReader{std::span{body}.subspan(at)}.u16();
  at += 1 + std::to_integer<std::size_t>(body[at]);
  const auto extensions = ByteReader{std::span{body}.subspan(at)}.u16() + extension.size();
  ByteWriter{std::span{body}.subspan(at)}.u16(static_cast<std::uint16_t>(extensions));
  body.insert(body.end(), extension.begin(), extension.end());

  std::vector<Datagram> fragments;
  for (std::size_t from = 0; from < body.size(); from += size) {
    const auto part = std::span{body}.subspan(from, std::min(size, body.size() - from));
    Datagram datagram(record_header + handshake_header + part.size());
    ByteWriter out{datagram};
    out.u8(22);
    out.u16(0xFEFF);
    out.u64(fragments.size());  // epoch 0 and the sequence number
    out.u16(static_cast<std::uint16_t>(handshake_header + part.size()));
    out.u8(1);
    out.u24(static_cast<std::uint32_t>(body.size()));
    out.u16(0);
    out.u24(static_cast<std::uint32_t>(from));
    out.u24(static_cast<std::uint32_t>(part.size()));
    out.put(part);
    fragments.push_back(datagram);
  }
  return fragments;
}

Datagram extension(std::uint16_t type, std::span<const std::byte> data) {
  Datagram bytes(4 + data.size());
  ByteWriter out{bytes};
  out.u16(type);
  out.u16(static_cast<std::uint16_t>(data.size()));
  out.put(data);
  return bytes;
}

/// A ServerHello is the first thing of a server's flight.
bool is_server_hello_of_dtls12(const Datagram& datagram) {
  ByteReader in{datagram};
  in.skip(record_header);
  const auto type = in.u8();
  in.skip(handshake_header - 1);
  return type == 2 && in.u16() == 0xFEFD;
}

/// OpenSSL's own client or server, with whatever settings; datagrams are its records.
class OpensslPeer {
 public:
  explicit OpensslPeer(Role role) : context_{SSL_CTX_new(DTLS_method()), SSL_CTX_free} {
    SSL_CTX_set_options(context_.get(), SSL_OP_NO_QUERY_MTU);
    EXPECT_EQ(SSL_CTX_use_certificate(context_.get(), a_certificate().x509()), 1);
    EXPECT_EQ(SSL_CTX_use_PrivateKey(context_.get(), a_certificate().key()), 1);
    ssl_ = {SSL_new(context_.get()), SSL_free};
    SSL_set_mtu(ssl(), 1200);
    SSL_set_bio(ssl(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    if (role == Role::client) SSL_set_connect_state(ssl());
    else SSL_set_accept_state(ssl());
  }
  SSL* ssl() const { return ssl_.get(); }

  std::vector<Datagram> step(const std::vector<Datagram>& received) {
    for (const auto& datagram : received)
      EXPECT_GT(BIO_write(SSL_get_rbio(ssl()), datagram.data(), static_cast<int>(datagram.size())), 0);
    (void)SSL_do_handshake(ssl());
    std::vector<Datagram> sent;
    Datagram all(static_cast<std::size_t>(BIO_ctrl_pending(SSL_get_wbio(ssl()))));
    if (all.empty()) return sent;
    EXPECT_GT(BIO_read(SSL_get_wbio(ssl()), all.data(), static_cast<int>(all.size())), 0);
    for (ByteReader in{all}; !in.empty();) {
      const auto length = ByteReader{in.rest().subspan(11)}.u16();
      const auto record = in.take(record_header + length);
      sent.emplace_back(record.begin(), record.end());
    }
    return sent;
  }

 private:
  std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_;
  std::unique_ptr<SSL, void (*)(SSL*)> ssl_{nullptr, SSL_free};
};

struct WithOpenssl {
  explicit WithOpenssl(Role ours)
      : peer{ours == Role::server ? Role::client : Role::server},
        end{context, {.role = ours, .remote_fingerprints = {a_certificate().fingerprint()}}, TimePoint{}} {}

  void run() {
    auto to_us = peer.step({});
    for (int rounds = 0; rounds < 10; ++rounds) {
      for (const auto& datagram : to_us) end.connection.receive(datagram, TimePoint{});
      to_us = peer.step(end.take());
    }
  }

  Context context{another_certificate()};
  OpensslPeer peer;
  End end;
};

TEST(Connection, TakesAClientHelloInFragmentsOutOfOrder) {
  Association association;
  const auto hello = association.client.take();
  ASSERT_EQ(hello.size(), 1u);

  auto fragments = rewrite_hello(hello[0], {}, 60);
  ASSERT_GE(fragments.size(), 3u);
  std::swap(fragments.front(), fragments.back());
  for (const auto& fragment : fragments) association.server.connection.receive(fragment, association.now);
  // The transcript is over whole messages (RFC 6347 §4.2.6), so it does not notice the cuts. But the
  // records have numbers that the client uses next, and what looks repeated it has to send again.
  association.run();

  expect_matching_keys(association);
}

TEST(Connection, TakesAClientHelloLargerThanADatagram) {
  Association association;
  const Datagram key_share(4000, std::byte{0});
  const auto fragments = rewrite_hello(association.client.take()[0], extension(0xFE77, key_share), 1100);
  ASSERT_GE(fragments.size(), 4u);

  for (const auto& fragment : fragments) association.server.connection.receive(fragment, association.now);

  const auto flight = association.server.take();
  ASSERT_FALSE(flight.empty());
  EXPECT_TRUE(is_server_hello_of_dtls12(flight[0]));
}

TEST(Connection, NegotiatesDownAClientThatOffersDtls13) {
  Association association;
  constexpr std::array versions{std::byte{4}, std::byte{0xFE}, std::byte{0xFC}, std::byte{0xFE}, std::byte{0xFD}};
  const auto hello = rewrite_hello(association.client.take()[0], extension(43, versions), 4000);

  association.server.connection.receive(hello[0], association.now);

  const auto flight = association.server.take();
  ASSERT_FALSE(flight.empty());
  EXPECT_TRUE(is_server_hello_of_dtls12(flight[0]));
}

TEST(Connection, TalksToAnotherClientWithTheOldProfileOnly) {
  WithOpenssl association{Role::server};
  ASSERT_EQ(SSL_set_tlsext_use_srtp(association.peer.ssl(), "SRTP_AES128_CM_SHA1_80"), 0);

  association.run();

  ASSERT_TRUE(association.end.keys);
  EXPECT_EQ(association.end.keys->profile, srtp::Profile::aes128_cm_sha1_80);
  EXPECT_EQ(SSL_is_init_finished(association.peer.ssl()), 1);
}

TEST(Connection, TalksToAnotherServerAndGetsTheKeysItExports) {
  WithOpenssl association{Role::client};
  ASSERT_EQ(SSL_set_tlsext_use_srtp(association.peer.ssl(), "SRTP_AEAD_AES_256_GCM"), 0);

  association.run();

  ASSERT_TRUE(association.end.keys);
  EXPECT_EQ(association.end.keys->profile, srtp::Profile::aead_aes_256_gcm);
  std::array<unsigned char, 2 * (32 + 12)> exported;
  ASSERT_EQ(SSL_export_keying_material(association.peer.ssl(), exported.data(), exported.size(), "EXTRACTOR-dtls_srtp",
                                       19, nullptr, 0, 0),
            1);
  const auto material = std::as_bytes(std::span{exported});  // RFC 5764 §4.2: client first
  EXPECT_EQ(association.end.keys->local, srtp::MasterKey(material.subspan(0, 32), material.subspan(64, 12)));
  EXPECT_EQ(association.end.keys->remote, srtp::MasterKey(material.subspan(32, 32), material.subspan(76, 12)));
}

TEST(Connection, RefusesAPeerWithoutSrtp) {
  WithOpenssl association{Role::server};

  association.run();

  ASSERT_TRUE(association.end.failed);
  EXPECT_EQ(association.end.failed->reason, FailReason::no_srtp_profile);
}

TEST(Connection, IgnoresApplicationData) {
  WithOpenssl association{Role::server};
  ASSERT_EQ(SSL_set_tlsext_use_srtp(association.peer.ssl(), "SRTP_AES128_CM_SHA1_80"), 0);
  association.run();
  ASSERT_GT(SSL_write(association.peer.ssl(), "hello", 5), 0);

  for (const auto& datagram : association.peer.step({})) association.end.connection.receive(datagram, TimePoint{});

  EXPECT_EQ(association.end.connection.dropped().application_data, 1u);
  EXPECT_TRUE(association.end.connection.connected());
}

TEST(Connection, IsNotDisturbedByNoise) {
  Association association;
  auto random = Random::seeded(7);
  std::uint64_t stun = 0, large = 0;
  const auto noise = [&](End& end) {
    for (int i = 0; i < 20; ++i) {
      Datagram datagram(1 + random.below(1400));
      random.fill(datagram);
      datagram[0] = std::byte{static_cast<unsigned char>(20 + random.below(44))};  // looks like DTLS
      end.connection.receive(datagram, association.now);
    }
    end.connection.receive(Datagram(20, std::byte{0}), association.now);
    end.connection.receive({}, association.now);
    end.connection.receive(Datagram(3000, std::byte{22}), association.now);
  };
  association.fate = [&](const Datagram&) {
    noise(association.client);
    noise(association.server);
    stun += 2;
    large += 1;
    return Association::Fate{};
  };

  association.exchange();
  noise(association.server);

  expect_matching_keys(association);
  EXPECT_TRUE(association.server.connection.connected());
  EXPECT_EQ(association.client.connection.dropped().not_dtls, stun);
  EXPECT_EQ(association.client.connection.dropped().too_large, large);
}

TEST(Connection, HoldsBackFewRecordsOfTheNextEpoch) {
  Context context{a_certificate()};
  End server{context, {.role = Role::server}, TimePoint{}};

  for (std::uint32_t i = 0; i < 1000; ++i) {
    Datagram datagram(record_header + 40);
    ByteWriter out{datagram};
    out.u8(22);
    out.u16(0xFEFD);
    out.u16(1);
    out.u16(0);
    out.u32(i);
    out.u16(40);
    server.connection.receive(datagram, TimePoint{});
  }

  EXPECT_EQ(server.connection.dropped().early, 1000u - 32u);
  EXPECT_FALSE(server.connection.ended());
}

TEST(Connection, SurvivesEveryBitErrorOfAHandshake) {
  for (std::size_t bit = 0; bit < 8 * 400; bit += 37) {
    Association association;
    auto hello = association.client.take();
    auto& spoilt = hello[0][bit / 8 % hello[0].size()];
    spoilt ^= std::byte{static_cast<unsigned char>(1u << bit % 8)};

    association.server.connection.receive(hello[0], association.now);
    association.exchange();

    // Whatever the server made of it, the two never believe that they share keys.
    EXPECT_FALSE(association.client.keys && association.server.keys &&
                 association.client.keys->local != association.server.keys->remote);
  }
}

}  // namespace
}  // namespace parley::dtls
