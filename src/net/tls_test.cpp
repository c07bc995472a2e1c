#include "net/tls.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <filesystem>
#include <fstream>

#include "net/asio_endpoint.hpp"
#include "net/handshakes.hpp"
#include "net/scope.hpp"
#include "net/stream.hpp"
#include "net/test_client.hpp"

namespace parley::net {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using asio::ip::tcp;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

std::string text_of(const fs::path& file) {
  std::ifstream in{file};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// One loop, a server that accepts once or more, and certificates in a folder of its own.
class TlsTest : public testing::Test {
 protected:
  TlsTest() {
    fs::remove_all(folder);
    acceptor.open(tcp::v4());
    acceptor.bind(net::to_asio(Endpoint{IpAddress::loopback(), 0}));
    acceptor.listen();
  }
  ~TlsTest() override { fs::remove_all(folder); }

  TlsFiles certificate(const std::string& name, const std::vector<std::string>& hosts) {
    auto files = self_signed(folder / name, hosts);
    EXPECT_TRUE(files.has_value());
    return *files;
  }
  std::shared_ptr<TlsContext> server_with(const TlsFiles& files) {
    auto context = TlsContext::server(files);
    EXPECT_TRUE(context.has_value());
    return *context;
  }
  Endpoint address() { return net::from_asio(acceptor.local_endpoint()); }

  asio::awaitable<void> echo_once(std::shared_ptr<TlsContext> context) {
    auto socket = co_await acceptor.async_accept(asio::use_awaitable);
    Stream stream{std::move(socket), std::move(context)};
    const bool accepted = co_await handshakes.accept(stream);
    if (!accepted) co_return;
    std::array<char, 64> buffer;
    const auto [error, size] = co_await stream.async_read_some(asio::buffer(buffer), as_result);
    if (!error) co_await asio::async_write(stream, asio::buffer(buffer.data(), size), as_result);
  }

  struct Outcome {
    bool secure = false;
    std::string trouble, echoed;
  };
  asio::awaitable<void> call(std::shared_ptr<TlsContext> context, std::string name, Outcome& outcome) {
    tcp::socket socket{loop};
    co_await socket.async_connect(net::to_asio(address()), asio::use_awaitable);
    Stream stream{std::move(socket), std::move(context)};
    const auto error = co_await stream.shake_hands(std::move(name));
    outcome.trouble = stream.certificate_trouble();
    outcome.secure = !error;
    if (error) co_return;
    const std::array<asio::const_buffer, 2> parts{asio::buffer("he", 2), asio::buffer("llo", 3)};
    co_await asio::async_write(stream, parts, as_result);
    outcome.echoed.resize(5);
    co_await asio::async_read(stream, asio::buffer(outcome.echoed), as_result);
  }

  Outcome call_server(const TlsFiles& files, const TlsTrust& trust, const std::string& name) {
    auto context = TlsContext::client(trust);
    EXPECT_TRUE(context.has_value());
    Outcome outcome;
    scope.spawn(echo_once(server_with(files)));
    scope.spawn(call(*context, name, outcome));
    loop.run_for(10s);
    EXPECT_EQ(scope.running(), 0u);
    loop.restart();
    return outcome;
  }

  const fs::path folder = fs::temp_directory_path() / ("parley_tls_" + std::to_string(getpid()));
  asio::io_context loop;
  tcp::acceptor acceptor{loop};
  HandshakeCounters counters;
  Handshakes handshakes{counters, {.at_once = 2, .within = 200ms}};
  Scope scope{loop.get_executor()};
};

TEST_F(TlsTest, CarriesBytesToAServerThatProvedItsName) {
  const auto files = certificate("a", {"pbx.example.com", "127.0.0.1"});

  for (const char* name : {"pbx.example.com", "127.0.0.1"}) {
    const auto outcome = call_server(files, {.authorities = files.certificate}, name);
    EXPECT_TRUE(outcome.secure) << outcome.trouble;
    EXPECT_EQ(outcome.echoed, "hello") << "the parts of a write become one record";
  }
}

TEST_F(TlsTest, RefusesACertificateForAnotherName) {
  const auto files = certificate("a", {"pbx.example.com"});

  for (const char* name : {"bank.example.com", "127.0.0.1"}) {
    const auto outcome = call_server(files, {.authorities = files.certificate}, name);
    EXPECT_FALSE(outcome.secure);
    EXPECT_THAT(outcome.trouble, HasSubstr("mismatch"));
  }
}

TEST_F(TlsTest, RefusesACertificateThatNobodyVouchesFor) {
  const auto files = certificate("a", {"localhost"}), other = certificate("b", {"localhost"});

  EXPECT_FALSE(call_server(files, {}, "localhost").secure) << "the system's authorities do not know it";
  EXPECT_THAT(call_server(files, {.authorities = other.certificate}, "localhost").trouble, HasSubstr("self-signed"));
}

TEST_F(TlsTest, TakesAnyCertificateWhereItIsNotToVerify) {
  const auto outcome = call_server(certificate("a", {"localhost"}), {.verify = false}, "pbx.example.com");

  EXPECT_TRUE(outcome.secure);
  EXPECT_THAT(outcome.trouble, IsEmpty());
}

TEST_F(TlsTest, GivesUpAHandshakeThatTakesTooLong) {
  const auto context = server_with(certificate("a", {"localhost"}));
  scope.spawn(echo_once(context));
  TestClient silent{address()};

  loop.run_for(10s);

  EXPECT_EQ(counters.timed_out, 1u);
  EXPECT_EQ(handshakes.under_way(), 0u);
  EXPECT_EQ(silent.read_all(), "");
}

TEST_F(TlsTest, MakesRoomForYoungerHandshakes) {
  const auto context = server_with(certificate("a", {"localhost"}));
  for (int i = 0; i < 3; ++i) scope.spawn(echo_once(context));
  TestClient first{address()}, second{address()}, third{address()};

  loop.run_for(10s);

  EXPECT_EQ(counters.crowded_out, 1u);
  EXPECT_EQ(counters.timed_out, 2u);
}

TEST_F(TlsTest, CountsWhatIsNoTls) {
  scope.spawn(echo_once(server_with(certificate("a", {"localhost"}))));
  TestClient lost{address()};
  lost.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n");

  loop.run_for(10s);

  EXPECT_EQ(counters.failed, 1u);
}

TEST_F(TlsTest, KeepsTheCertificateThatItMade) {
  const auto first = certificate("a", {"localhost"});
  const auto text = text_of(first.certificate);
  struct stat key{};

  EXPECT_EQ(certificate("a", {"localhost"}), first);
  EXPECT_EQ(text_of(first.certificate), text);
  ASSERT_EQ(::stat(first.key.c_str(), &key), 0);
  EXPECT_EQ(key.st_mode & 0777, 0600u);
}

TEST_F(TlsTest, MakesANewCertificateWhereTheOldOneCannotBeUsed) {
  const auto files = certificate("a", {"localhost"});
  std::ofstream{files.key} << "no key";

  certificate("a", {"localhost"});

  EXPECT_TRUE(TlsContext::server(files).has_value());
}

TEST_F(TlsTest, NamesTheFileThatCannotBeUsed) {
  const auto files = certificate("a", {"localhost"}), other = certificate("b", {"localhost"});

  EXPECT_THAT(TlsContext::server({folder / "none.pem", files.key}).error(), HasSubstr("none.pem"));
  EXPECT_THAT(TlsContext::server({files.certificate, other.key}).error(), HasSubstr(other.key.string()));
  EXPECT_THAT(TlsContext::client({.authorities = files.key}).error(), HasSubstr(files.key.string()));
  EXPECT_FALSE(self_signed("/proc/nowhere", {"localhost"}).has_value());
}

}  // namespace
}  // namespace parley::net
