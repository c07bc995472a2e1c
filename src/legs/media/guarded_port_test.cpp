#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <vector>

#include "legs/media/dtls_port.hpp"
#include "legs/media/srtp_port.hpp"

namespace parley::legs {
namespace {

using Bytes = std::vector<std::byte>;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const Endpoint here{IpAddress::v4(0xC0000201), 20'000}, there{IpAddress::v4(0xC6336401), 30'000};

/// What one end sends waits at the other.
struct Wire {
  std::deque<Bytes> rtp, rtcp;
};

class WirePort final : public MediaPort {
 public:
  WirePort(const Endpoint& local, const Endpoint& remote, Wire& in, Wire& out)
      : local_{local}, remote_{remote}, in_{in}, out_{out} {}
  Endpoint local() const override { return local_; }
  void receive_rtp(DatagramSink& sink) override { drain(in_.rtp, sink); }
  void receive_rtcp(DatagramSink& sink) override { drain(in_.rtcp, sink); }
  void send_rtp(const Endpoint&, std::span<const std::byte> bytes) override {
    out_.rtp.emplace_back(bytes.begin(), bytes.end());
  }
  void send_rtcp(const Endpoint&, std::span<const std::byte> bytes) override {
    out_.rtcp.emplace_back(bytes.begin(), bytes.end());
  }

 private:
  void drain(std::deque<Bytes>& queue, DatagramSink& sink) {
    for (const Bytes& each : std::exchange(queue, {})) sink.on_datagram({remote_, TimePoint{1h}, each});
  }
  Endpoint local_, remote_;
  Wire& in_;
  Wire& out_;
};

struct Taken final : DatagramSink {
  std::vector<Bytes> packets;
  void on_datagram(const Datagram& datagram) override {
    packets.emplace_back(datagram.bytes.begin(), datagram.bytes.end());
  }
};

Bytes rtp(std::uint8_t sequence) {
  Bytes packet(172, std::byte{0x55});
  packet[0] = std::byte{0x80}, packet[1] = std::byte{0}, packet[2] = std::byte{0}, packet[3] = std::byte{sequence};
  return packet;
}
Bytes receiver_report() {
  Bytes report(8, std::byte{7});
  report[0] = std::byte{0x80}, report[1] = std::byte{201}, report[2] = std::byte{0}, report[3] = std::byte{1};
  return report;
}

srtp::Keys keys(unsigned char local, unsigned char remote) {
  const Bytes a(16, std::byte{local}), b(16, std::byte{remote});
  const auto master = [](const Bytes& key) { return srtp::MasterKey{key, std::span{key}.first(14)}; };
  return {srtp::Profile::aes128_cm_sha1_32, master(a), master(b)};
}

class SrtpPortTest : public ::testing::Test {
 protected:
  static std::unique_ptr<MediaPort> end(bool ours, Wire& in, Wire& out) {
    return std::make_unique<WirePort>(ours ? here : there, ours ? there : here, in, out);
  }
  std::vector<Bytes> arrived(GuardedPort& port) {
    Taken taken;
    port.receive_rtp(taken);
    return taken.packets;
  }

  Wire to_us, to_them;
  GuardedPort::Remote remote{there, there, true};
  SrtpPort us{end(true, to_us, to_them)}, them{end(false, to_them, to_us)};
};

TEST_F(SrtpPortTest, IsPlainWithoutKeys) {
  us.protect({}, remote, {});
  us.send_rtp(there, rtp(1));

  EXPECT_THAT(to_them.rtp, ElementsAre(rtp(1)));
  EXPECT_THAT(arrived(them), ElementsAre(rtp(1)));
}

TEST_F(SrtpPortTest, ProtectsSoundAndReportsOnWhateverPort) {
  us.protect({.keys = keys(1, 2)}, remote, {});
  them.protect({.keys = keys(2, 1)}, remote, {});

  us.send_rtp(there, rtp(1));
  us.send_rtp(there, receiver_report());  // multiplexed
  us.send_rtcp(there, receiver_report());

  ASSERT_THAT(to_them.rtp, SizeIs(2));
  EXPECT_THAT(to_them.rtp[0], SizeIs(172 + 4));
  EXPECT_THAT(to_them.rtp[1], SizeIs(8 + 4 + 10));
  EXPECT_THAT(arrived(them), ElementsAre(rtp(1), receiver_report()));
  Taken reports;
  them.receive_rtcp(reports);
  EXPECT_THAT(reports.packets, ElementsAre(receiver_report()));
}

TEST_F(SrtpPortTest, CountsAndDropsWhatIsForgedOrComesTwice) {
  us.protect({.keys = keys(1, 2)}, remote, {});
  them.protect({.keys = keys(2, 1)}, remote, {});
  us.send_rtp(there, rtp(1));
  to_them.rtp.push_back(to_them.rtp.front());
  to_them.rtp.push_back(rtp(2));                  // plain
  to_them.rtp.push_back(Bytes(3, std::byte{9}));  // nothing
  to_them.rtp.push_back(Bytes(4'000, std::byte{0x80}));

  EXPECT_THAT(arrived(them), ElementsAre(rtp(1)));
  EXPECT_EQ(them.counters().replayed, 1u);
  EXPECT_EQ(them.counters().forged, 3u);
}

TEST_F(SrtpPortTest, TakesOtherKeysInTheMiddleOfACall) {
  us.protect({.keys = keys(1, 2)}, remote, {});
  them.protect({.keys = keys(2, 1)}, remote, {});
  us.send_rtp(there, rtp(1));
  EXPECT_THAT(arrived(them), SizeIs(1));

  us.protect({.keys = keys(3, 2)}, remote, {});
  us.send_rtp(there, rtp(2));
  EXPECT_THAT(arrived(them), IsEmpty()) << "not the key that they know";
  them.protect({.keys = keys(2, 3)}, remote, {});
  us.send_rtp(there, rtp(3));

  EXPECT_THAT(arrived(them), ElementsAre(rtp(3)));
}

class DtlsPortTest : public ::testing::Test {
 protected:
  struct Side {
    Side(const Endpoint& local, const Endpoint& remote, Wire& in, Wire& out)
        : port{std::make_unique<WirePort>(local, remote, in, out), context} {}
    dtls::Context context{dtls::Certificate::make()};
    DtlsPort port;
  };

  void agree(bool mux, const dtls::Fingerprint& expected_of_us) {
    us.port.protect({.dtls = Protection::Dtls{dtls::Role::server, {them.context.fingerprint()}}}, {there, there, mux},
                    now);
    them.port.protect({.dtls = Protection::Dtls{dtls::Role::client, {expected_of_us}}}, {here, here, mux}, now);
  }
  void exchange() {
    for (int turn = 0; turn < 20; ++turn, now += 20ms)
      for (auto* side : {&us, &them}) {
        side->port.receive_rtp(ignored);
        side->port.advance(now);
      }
  }

  Wire to_us, to_them;
  Side us{here, there, to_us, to_them}, them{there, here, to_them, to_us};
  Taken ignored;
  TimePoint now{1h};
};

TEST_F(DtlsPortTest, SendsNothingBeforeTheHandshakeAndSoundAfterIt) {
  us.port.send_rtp(there, rtp(1));
  EXPECT_THAT(to_them.rtp, IsEmpty());

  agree(true, us.context.fingerprint());
  exchange();
  ASSERT_TRUE(us.port.ready() && them.port.ready());
  us.port.send_rtp(there, rtp(2));

  Taken taken;
  them.port.receive_rtp(taken);
  EXPECT_THAT(taken.packets, ElementsAre(rtp(2)));
}

TEST_F(DtlsPortTest, ReportsHaveAHandshakeOfTheirOwnWithoutMux) {
  agree(false, us.context.fingerprint());
  exchange();
  them.port.send_rtcp(here, receiver_report());

  Taken taken;
  us.port.receive_rtcp(taken);
  EXPECT_THAT(taken.packets, ElementsAre(receiver_report()));
}

TEST_F(DtlsPortTest, FailsWhenTheCertificateIsAnother) {
  agree(true, dtls::Certificate::make().fingerprint());
  exchange();

  EXPECT_EQ(them.port.failure(), dtls::name(dtls::FailReason::fingerprint));
  EXPECT_FALSE(them.port.ready());
  them.port.send_rtp(here, rtp(1));
  Taken taken;
  us.port.receive_rtp(taken);
  EXPECT_THAT(taken.packets, IsEmpty());
}

TEST_F(DtlsPortTest, GoesOnWhenALaterNegotiationAgreesOnTheSame) {
  agree(true, us.context.fingerprint());
  exchange();
  agree(true, us.context.fingerprint());

  us.port.send_rtp(there, rtp(1));
  Taken taken;
  them.port.receive_rtp(taken);
  EXPECT_THAT(taken.packets, SizeIs(1));
}

}  // namespace
}  // namespace parley::legs
