#include "legs/sip/shell.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <filesystem>
#include <future>
#include <thread>

#include "call/environment.hpp"
#include "legs/sip/websocket_messages.hpp"
#include "net/http_server.hpp"
#include "net/test_tls_client.hpp"
#include "net/udp.hpp"
#include "net/worker.hpp"
#include "protocol/stun/builder.hpp"

namespace parley::legs {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using sip::Transport;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

struct NoApplications final : call::ApplicationFactory {
  std::unique_ptr<call::Application> make(const call::RouteTarget&, call::CallControl&) override { return nullptr; }
};

/// A shell on two workers that listens on free ports of every transport, WebSockets included.
class Server {
 public:
  explicit Server(net::TlsTrust trust = {}, bool over_https = false) {
    environment.wall_clock = [] { return std::chrono::system_clock::now(); };
    for (std::size_t i = 0; i < workers.size(); ++i)
      registries.push_back(std::make_unique<call::Registry>(environment, applications, capacity));
    SipShellConfig config;
    for (const auto transport : {Transport::udp, Transport::tcp, Transport::tls})
      config.listen.push_back({transport, {IpAddress::loopback(), 0}});
    config.admission.digest = {.realm = "test", .secret = "secret"};
    config.tls = TlsConfig{.own = *net::self_signed(folder, {"localhost", "127.0.0.1"}), .trust = trust, .peers = {}};
    for (const bool secure : {false, true}) serve_http(secure);
    config.http = http[0]->endpoints().front();
    config.https = over_https;
    shell = std::make_unique<SipShell>(std::move(config), workers,
                                       std::vector{registries[0].get(), registries[1].get()}, accounts, lockout);
    shell->on_connection_lost([this](std::uint64_t connection) { lost = connection; });
    EXPECT_TRUE(shell->bind().has_value());
    workers.start();
    on(0, [this] { shell->start(); });
    for (auto& server : http) server->start();
  }

  ~Server() {
    for (auto& server : http) server->stop(2s);
    wait_for([this](auto done) { shell->stop(std::move(done)); }, 0);
    for (const std::size_t i : {0U, 1U})
      wait_for([this, i](auto done) { shell->stop_worker(static_cast<int>(i), std::move(done)); }, i);
    workers.stop();
    workers.join();
    fs::remove_all(folder);
  }

  void on(std::size_t worker, std::move_only_function<void()> work) {
    wait_for(
        [&work](auto done) {
          work();
          done();
        },
        worker);
  }

  Endpoint address(Transport transport) {
    if (!sip::is_websocket(transport)) return *shell->address(transport);
    return http[transport == Transport::wss]->endpoints().front();
  }
  std::uint64_t ended(ConnectionEnd end) { return shell->counters().ended[static_cast<std::size_t>(end)]; }
  std::int64_t open() {
    std::int64_t all = 0;
    for (const auto& count : shell->counters().open) all += count;
    return all;
  }
  net::TlsTrust own_trust() const { return {.authorities = folder / "certificate.pem"}; }

  const fs::path folder = fs::temp_directory_path() / ("parley_shell_" + std::to_string(getpid()) + "_" +
                                                       std::to_string(reinterpret_cast<std::uintptr_t>(this)));
  call::Environment environment;
  NoApplications applications;
  call::Capacity capacity{10};
  Accounts accounts{"test", {}};
  SharedLockout lockout;
  net::Workers workers{2};
  std::vector<std::unique_ptr<call::Registry>> registries;
  std::unique_ptr<SipShell> shell;
  std::vector<std::unique_ptr<net::HttpServer>> http;
  std::atomic<std::uint64_t> lost{0};

 private:
  template <class Work>
  void wait_for(Work work, std::size_t worker) {
    std::promise<void> done;
    workers.at(worker).post([&] { work([&done] { done.set_value(); }); });
    done.get_future().wait();
  }

  void serve_http(bool secure) {
    net::HttpRouter router;
    router.add_websocket(
        "/sip", [this](net::HttpRequest& request, net::WebSocketUpgrade& upgrade) { return carry(request, upgrade); });
    net::HttpServerConfig config;
    config.listen = {{IpAddress::loopback(), 0}};
    if (secure) config.tls = *net::TlsContext::server(*net::self_signed(folder, {"localhost", "127.0.0.1"}));
    http.push_back(std::make_unique<net::HttpServer>(workers, std::move(config), std::move(router)));
    http.back()->bind();
  }

  asio::awaitable<net::HttpResponse> carry(net::HttpRequest& request, net::WebSocketUpgrade& upgrade) {
    auto options = WebSocketMessages::options();
    auto* websocket = co_await upgrade.accept(std::move(options));
    if (websocket == nullptr) co_return net::HttpResponse{};
    sip::Flow from{request.secure ? Transport::wss : Transport::ws, request.remote};
    co_await shell->serve(static_cast<int>(request.worker), *websocket, std::move(from));
    co_return net::HttpResponse{};
  }
};

/// A telephone on one connection.
class Phone {
 public:
  Phone(Server& server, Transport transport) : transport_{transport} {
    const bool tls = sip::is_secure(transport);
    if (tls) client_ = std::make_unique<net::TlsTestClient>(server.address(transport));
    else client_ = std::make_unique<net::TestClient>(server.address(transport));
    if (!sip::is_websocket(transport)) return;
    EXPECT_THAT(client_->upgrade("/sip", "Sec-WebSocket-Protocol: sip\r\n"), HasSubstr("Sec-WebSocket-Protocol: sip"));
  }

  net::TestClient& wire() { return *client_; }
  void send(std::string_view text) {
    if (sip::is_websocket(transport_)) client_->send_frame(1, text);
    else client_->send(text);
  }
  /// The next message, or what is left when there is none.
  std::string receive() {
    if (sip::is_websocket(transport_)) return client_->read_frame().second;
    return client_->read_response();
  }
  std::string options(std::string_view call_id = "o1") const {
    return "OPTIONS sip:parley@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/" + std::string{via_name(transport_)} +
           " df7jal23ls0d.invalid;rport;branch=z9hG4bK" + std::string{call_id} +
           "\r\nMax-Forwards: 70\r\nFrom: <sip:anna@df7jal23ls0d.invalid>;tag=a\r\nTo: <sip:parley@127.0.0.1>\r\n"
           "Call-ID: " +
           std::string{call_id} + "\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";
  }

 private:
  Transport transport_;
  std::unique_ptr<net::TestClient> client_;
};

template <class Condition>
bool eventually(Condition condition) {
  for (int i = 0; i < 500; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(10ms);
  }
  return false;
}

class ShellTest : public testing::TestWithParam<Transport> {
 protected:
  /// To a phone behind a connection, as its binding names it.
  sip::RequestOptions options_by(std::uint64_t connection) {
    sip::RequestOptions ask;
    ask.method = "OPTIONS";
    ask.target = *sip::Uri::parse("sip:anna@df7jal23ls0d.invalid;transport=ws");
    ask.from.uri = *sip::Uri::parse("sip:parley@127.0.0.1");
    ask.flows = {{GetParam(), {IpAddress::loopback(), 9}, connection}};
    return ask;
  }

  /// Of the first connection that was made: what a second one, lost again, tells of it.
  ConnectionRef reference_of_first() {
    {
      Phone other{server, GetParam()};  // on the other worker, for that one is emptier
      other.send(other.options("other"));
      other.receive();
    }
    EXPECT_TRUE(eventually([&] { return server.lost != 0; }));
    const auto others = ConnectionRef::unpack(server.lost);
    EXPECT_EQ(others.worker, 1);
    return {0, others.generation, 1};
  }

  Server server{{}, GetParam() == Transport::wss};
};
INSTANTIATE_TEST_SUITE_P(Over, ShellTest,
                         testing::Values(Transport::tcp, Transport::tls, Transport::ws, Transport::wss),
                         [](const auto& of) { return std::string{uri_name(of.param)}; });

TEST_P(ShellTest, AnswersOnTheConnectionThatARequestCameBy) {
  Phone phone{server, GetParam()};

  for (const char* call_id : {"one", "two"}) {
    phone.send(phone.options(call_id));
    const auto response = phone.receive();
    EXPECT_THAT(response, StartsWith("SIP/2.0 200 OK\r\n"));
    EXPECT_THAT(response, HasSubstr(std::string{"Call-ID: "} + call_id));
    EXPECT_THAT(response, HasSubstr("received=127.0.0.1"));
  }
}

TEST_P(ShellTest, AnswersPings) {
  Phone phone{server, GetParam()};

  phone.send("\r\n\r\n");

  if (sip::is_websocket(GetParam())) {
    EXPECT_EQ(phone.receive(), "\r\n");
  } else {
    EXPECT_EQ(phone.wire().read_bytes(2), "\r\n");
  }
}

TEST_P(ShellTest, EndsWhatDoesNotSpeakSip) {
  Phone phone{server, GetParam()};

  phone.send("hello, is this the bank?\r\n\r\n");

  if (sip::is_websocket(GetParam())) {
    EXPECT_EQ(phone.wire().read_frame().first, 8) << "a close frame";
  } else {
    EXPECT_THAT(phone.wire().read_all(), IsEmpty());
  }
  EXPECT_TRUE(eventually([&] { return server.ended(ConnectionEnd::not_sip) == 1; }));
}

TEST_P(ShellTest, EndsWhatSendsMessagesWithoutEnd) {
  Phone phone{server, GetParam()};

  phone.send(phone.options().insert(9, std::string(70'000, 'x')));

  if (sip::is_websocket(GetParam())) {
    EXPECT_EQ(phone.wire().read_frame().first, 8) << "a close frame";
  } else {
    EXPECT_THAT(phone.wire().read_all(), IsEmpty());
  }
  EXPECT_TRUE(eventually([&] { return server.open() == 0; }));
}

TEST_P(ShellTest, TellsThatAConnectionIsLost) {
  auto phone = std::make_unique<Phone>(server, GetParam());
  phone->send(phone->options());
  phone->receive();
  EXPECT_EQ(server.open(), 1);

  phone.reset();

  EXPECT_TRUE(eventually([&] { return server.lost != 0 && server.open() == 0; }));
  EXPECT_EQ(ConnectionRef::unpack(server.lost).packed(), server.lost);
}

TEST_P(ShellTest, ReachesALostConnectionNoMore) {
  auto phone = std::make_unique<Phone>(server, GetParam());
  phone->send(phone->options());
  phone->receive();
  phone.reset();
  ASSERT_TRUE(eventually([&] { return server.lost != 0; }));

  for (const std::size_t worker : {0U, 1U}) {
    std::promise<int> answered;
    server.on(worker, [&] {
      server.shell->agent(static_cast<int>(worker)).request(options_by(server.lost), [&](const sip::Message& r) {
        answered.set_value(r.status);
      });
    });
    EXPECT_EQ(answered.get_future().get(), 503);
  }
}

TEST_P(ShellTest, ReachesAPhoneByItsConnectionFromEveryWorker) {
  Phone phone{server, GetParam()};
  phone.send(phone.options());
  phone.receive();
  const auto reference = reference_of_first();

  for (const std::size_t worker : {0U, 1U}) {
    std::promise<int> answered;
    server.on(worker, [&] {
      server.shell->agent(static_cast<int>(worker)).request(options_by(reference.packed()), [&](const sip::Message& r) {
        answered.set_value(r.status);
      });
    });
    const auto request = phone.receive();
    EXPECT_THAT(request, StartsWith("OPTIONS sip:anna@df7jal23ls0d.invalid"));
    EXPECT_THAT(request, HasSubstr("Via: SIP/2.0/" + std::string{via_name(GetParam())}));
    const auto parsed = sip::parse(request);
    ASSERT_TRUE(parsed);
    phone.send(sip::make_response(*parsed, 200, "OK", "b").to_string());
    EXPECT_EQ(answered.get_future().get(), 200) << "the answer finds the worker that asked";
  }
}

TEST_P(ShellTest, HoldsAPhoneToItsKeepAlives) {
  Phone phone{server, GetParam()};
  phone.send(phone.options());
  phone.receive();
  const auto reference = reference_of_first();

  server.shell->expect_keep_alive(ConnectionRef{0, static_cast<std::uint16_t>(reference.generation + 1), 1}.packed(),
                                  1ms);
  phone.send(phone.options("again"));
  EXPECT_THAT(phone.receive(), StartsWith("SIP/2.0 200")) << "a reference of another run means nobody";
  server.shell->expect_keep_alive(reference.packed(), 50ms);

  EXPECT_TRUE(
      eventually([&] { return server.ended(ConnectionEnd::silent) == 1 && server.lost == reference.packed(); }));
}

/// One server calls another over TLS and asks for its options.
int call_over_tls(Server& from, Server& to, const std::string& host = "127.0.0.1") {
  std::promise<int> answered;
  from.on(0, [&] {
    sip::RequestOptions ask;
    ask.method = "OPTIONS";
    ask.from.uri = *sip::Uri::parse("sip:parley@127.0.0.1");
    ask.target =
        *sip::Uri::parse("sip:" + host + ":" + std::to_string(to.address(Transport::tls).port) + ";transport=tls");
    from.shell->agent(0).request(std::move(ask), [&](const sip::Message& r) { answered.set_value(r.status); });
  });
  return answered.get_future().get();
}

TEST(ShellOverTls, CallsAServerThatItTrustsByOneConnection) {
  Server callee;
  Server caller{callee.own_trust()};

  EXPECT_EQ(call_over_tls(caller, callee), 200);
  EXPECT_EQ(call_over_tls(caller, callee), 200);

  EXPECT_EQ(caller.open(), 1);
  EXPECT_EQ(callee.open(), 1);
}

TEST(ShellOverTls, CallsNobodyWhomNobodyVouchesFor) {
  Server callee, caller;

  EXPECT_EQ(call_over_tls(caller, callee), 503);

  EXPECT_EQ(caller.ended(ConnectionEnd::certificate), 1u);
  EXPECT_EQ(caller.open(), 0);
}

TEST(ShellOverTls, CallsAnybodyWhereItIsNotToVerify) {
  Server callee;
  Server caller{{.verify = false}};

  EXPECT_EQ(call_over_tls(caller, callee), 200);
}

TEST(ShellOverTls, CountsWhatIsNoTls) {
  Server server;
  net::TestClient lost{server.address(Transport::tls)};

  lost.send("OPTIONS sip:parley@127.0.0.1 SIP/2.0\r\n\r\n");

  lost.read_all();
  EXPECT_TRUE(eventually([&] { return server.ended(ConnectionEnd::handshake) == 1; }));
  EXPECT_EQ(server.shell->counters().handshakes.failed, 1u);
}

TEST(ShellOverUdp, TellsAPhoneWhereItIsSeen) {
  Server server;
  auto phone = *net::UdpSocket::bind({IpAddress::loopback(), 0}, {});
  auto random = Random::seeded(1);
  const auto id = stun::make_transaction_id(random);

  ASSERT_FALSE(phone.send_to(stun::Builder{stun::Class::request, id}.finish(), server.address(Transport::udp)));

  net::ReceiveBatch batch;
  ASSERT_TRUE(eventually([&] { return phone.receive(batch).value_or(0) == 1; }));
  const auto answer = stun::parse(batch.received()[0].datagram);
  ASSERT_TRUE(answer);
  EXPECT_EQ(stun::read(*answer).xor_mapped_address, phone.local_endpoint());
}

}  // namespace
}  // namespace parley::legs
