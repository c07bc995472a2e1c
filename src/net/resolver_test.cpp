#include "net/resolver.hpp"

#include <poll.h>
#include <boost/asio/io_context.hpp>

#include <future>
#include <thread>

#include "base/bytes.hpp"
#include "net/dns_message.hpp"
#include "net/udp.hpp"
#include "net/worker.hpp"

namespace parley::net {
namespace {

using Status = dns::Answer::Status;

std::string name(std::string_view dotted) {
  std::string out;
  while (!dotted.empty()) {
    const auto dot = std::min(dotted.find('.'), dotted.size());
    (out += static_cast<char>(dot)) += dotted.substr(0, dot);
    dotted.remove_prefix(std::min(dot + 1, dotted.size()));
  }
  return out += '\0';
}
std::string u16(unsigned value) { return {static_cast<char>(value >> 8), static_cast<char>(value)}; }
std::string u32(unsigned value) { return u16(value >> 16) + u16(value & 0xFFFF); }
/// A record whose owner points to the question's name.
std::string record(unsigned type, unsigned ttl, const std::string& data) {
  return "\xC0\x0C" + u16(type) + u16(1) + u32(ttl) + u16(static_cast<unsigned>(data.size())) + data;
}
std::string response(unsigned rcode, const std::string& question, const std::vector<std::string>& answers,
                     const std::vector<std::string>& authorities = {}) {
  std::string out = u16(7) + u16(0x8180 | rcode) + u16(1) + u16(static_cast<unsigned>(answers.size())) +
                    u16(static_cast<unsigned>(authorities.size())) + u16(0) + question;
  for (const auto& part : answers) out += part;
  for (const auto& part : authorities) out += part;
  return out;
}
const std::string question = name("example.com") + u16(1) + u16(1);

TEST(DnsResponse, YieldsRecordsOfTheTypeThatWasAsked) {
  const auto srv =
      parse_dns_response(as_bytes(response(0, question,
                                           {record(5, 60, name("alias.example.com")),
                                            record(33, 60, u16(10) + u16(20) + u16(5060) + "\3sip\xC0\x0C")})),
                         dns::QueryType::srv)
          .value();
  EXPECT_EQ(srv.status, Status::ok);
  EXPECT_THAT(srv.srv, testing::ElementsAre(dns::Srv{10, 20, 5060, "sip.example.com", std::chrono::seconds{60}}));

  const auto naptr =
      parse_dns_response(
          as_bytes(response(
              0, question,
              {record(35, 5, u16(1) + u16(2) + "\1s\7SIP+D2U" + std::string{'\0'} + name("_sip._udp.example.com"))})),
          dns::QueryType::naptr)
          .value();
  EXPECT_THAT(naptr.naptr, testing::ElementsAre(
                               dns::Naptr{1, 2, "s", "SIP+D2U", "", "_sip._udp.example.com", std::chrono::seconds{5}}));
}

TEST(DnsResponse, SaysHowLongANegativeAnswerHolds) {
  const auto soa = record(6, 300, name("ns") + name("root") + u32(1) + u32(2) + u32(3) + u32(4) + u32(90));
  const auto none = parse_dns_response(as_bytes(response(3, question, {}, {soa})), dns::QueryType::a).value();
  EXPECT_EQ(none.status, Status::no_such_name);
  EXPECT_EQ(none.negative_ttl, std::chrono::seconds{90});
  EXPECT_EQ(parse_dns_response(as_bytes(response(0, question, {})), dns::QueryType::a)->status, Status::no_data);
  EXPECT_EQ(parse_dns_response(as_bytes(response(2, question, {})), dns::QueryType::a)->status, Status::failed);
}

TEST(DnsResponse, IsRefusedWhenCutOffAnywhereOrPointingInCircles) {
  const auto whole = response(0, question, {record(33, 60, u16(10) + u16(20) + u16(5060) + "\3sip\xC0\x0C")});
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(parse_dns_response(as_bytes(std::string_view{whole}.substr(0, size)), dns::QueryType::srv)) << size;
  EXPECT_FALSE(parse_dns_response(as_bytes(response(0, "\xC0\x0C" + u16(1) + u16(1), {})), dns::QueryType::a));
}

/// A server that answers its one query with what it was told, or never.
class FakeServer {
 public:
  explicit FakeServer(std::string records, unsigned rcode = 0, bool silent = false)
      : thread_{[this, records = std::move(records), rcode, silent](const std::stop_token& stop) {
          ReceiveBatch batch;
          while (!stop.stop_requested()) {
            pollfd wanted{socket_.native_handle(), POLLIN, 0};
            if (poll(&wanted, 1, 20) != 1 || !socket_.receive(batch)) continue;
            for (const auto& query : batch.received()) {
              std::string text{as_text(query.datagram)};
              text[2] = static_cast<char>(0x81);
              text[3] = static_cast<char>(0x80 | rcode);
              text[7] = records.empty() ? 0 : 1;
              text[11] = 0;
              if (!silent) (void)socket_.send_to(as_bytes(text + records), query.from);
            }
          }
        }} {}
  Endpoint endpoint() const { return socket_.local_endpoint(); }

 private:
  UdpSocket socket_ = UdpSocket::bind({IpAddress::loopback(), 0}).value();
  std::jthread thread_;
};

dns::Answer ask(const FakeServer& server, dns::QueryType type, const std::string& name, Duration limit = 10s) {
  Workers workers{1};
  std::unique_ptr<Resolver> resolver;
  std::promise<dns::Answer> answer;
  ResolverConfig config;
  config.servers = {server.endpoint()};
  workers.start();
  workers.at(0).post([&] {
    resolver = std::make_unique<Resolver>(workers.at(0), config);
    resolver->query(type, name, limit, [&](dns::Answer got) {
      resolver.reset();
      answer.set_value(std::move(got));
    });
  });
  return answer.get_future().get();
}

TEST(Resolver, AsksTheServersItWasGiven) {
  FakeServer address{"\xC0\x0C" + u16(1) + u16(1) + u32(30) + u16(4) + std::string{"\xC0\x00\x02\x01", 4}};
  const auto answer = ask(address, dns::QueryType::a, "pbx.example.com");
  EXPECT_EQ(answer.status, Status::ok);
  EXPECT_THAT(answer.addresses,
              testing::ElementsAre(dns::Address{*IpAddress::parse("192.0.2.1"), std::chrono::seconds{30}}));
}

TEST(Resolver, TellsANameThatIsNotThereFromOneWithoutSuchRecords) {
  EXPECT_EQ(ask(FakeServer{"", 3}, dns::QueryType::srv, "_sip._udp.example.com").status, Status::no_such_name);
  EXPECT_EQ(ask(FakeServer{"", 0}, dns::QueryType::naptr, "example.com").status, Status::no_data);
}

TEST(Resolver, GivesUpAtItsDeadline) {
  EXPECT_EQ(ask(FakeServer{"", 0, true}, dns::QueryType::a, "example.com", 30ms).status, Status::timed_out);
}

TEST(Resolver, ReadsTheHostsFileForAddresses) {
  const auto answer = ask(FakeServer{"", 3}, dns::QueryType::a, "localhost");
  EXPECT_THAT(answer.addresses, testing::Contains(testing::Field(&dns::Address::address, IpAddress::loopback())));
}

}  // namespace
}  // namespace parley::net
