#include "net/http_server.hpp"

#include <filesystem>
#include <fstream>
#include <list>
#include <set>
#include <thread>

#include "net/pool.hpp"
#include "net/test_client.hpp"
#include "net/test_tls_client.hpp"
#include "net/tls.hpp"
#include "net/worker.hpp"

namespace parley::net {
namespace {

namespace asio = boost::asio;
using testing::HasSubstr;
using testing::StartsWith;

asio::awaitable<HttpResponse> echo(HttpRequest& request) {
  co_return text_response(200, "text/plain", request.method + " " + request.path + " " + request.body);
}
asio::awaitable<HttpResponse> worker_index(HttpRequest& request) {
  co_return text_response(200, "text/plain", std::to_string(request.worker));
}
asio::awaitable<HttpResponse> fail(HttpRequest&) {
  throw std::runtime_error{"a handler's bug"};
  co_return HttpResponse{};
}
asio::awaitable<HttpResponse> split_header(HttpRequest&) {
  HttpResponse response = text_response(200, "text/plain", "ok");
  response.with("X-Note", "one\r\nInjected: yes");
  co_return response;
}
asio::awaitable<HttpResponse> echo_messages(HttpRequest& request, WebSocketUpgrade& upgrade) {
  if (request.query_value("secret") != "yes") co_return problem(401, "No.");
  WebSocket* websocket = co_await upgrade.accept({});
  if (websocket == nullptr) co_return HttpResponse{};
  WebSocketMessage message;
  for (;;) {
    const auto read = co_await websocket->read(message);
    if (!read) break;
    if (message.is_text) websocket->send_text(message.data);
    else websocket->send_binary(std::as_bytes(std::span{message.data}));
  }
  co_return HttpResponse{};
}
asio::awaitable<HttpResponse> flood(HttpRequest&, WebSocketUpgrade& upgrade) {
  WebSocketOptions options;
  options.queue_bytes = 256 * 1024;
  WebSocket* websocket = co_await upgrade.accept(options);
  if (websocket == nullptr) co_return HttpResponse{};
  const std::string block(16 * 1024, 'x');
  while (websocket->send_text(block)) {
  }
  WebSocketMessage message;
  const auto end = co_await websocket->read(message);
  EXPECT_EQ(end.error(), WebSocketEnd::too_slow);
  co_return HttpResponse{};
}

/// Two workers and a server on a free port.
class Http : public testing::Test {
 protected:
  void SetUp() override {
    workers_.start();
    path_ = std::filesystem::temp_directory_path() / ("parley_http_" + std::to_string(getpid()));
    std::ofstream{path_} << "0123456789";
  }
  void TearDown() override {
    server_.reset();
    files_.stop();
    std::filesystem::remove(path_);
  }

  void serve(HttpServerConfig config = {}) {
    config.listen = {{IpAddress::loopback(), 0}};
    config.files = &files_;
    HttpRouter router;
    for (const char* method : {"GET", "POST"}) router.add(method, "/echo", echo);
    router.add("GET", "/worker", worker_index);
    router.add("GET", "/fail", fail);
    router.add("GET", "/split", split_header);
    router.add("GET", "/file", [this](HttpRequest& request) { return send_file(request); });
    router.add_websocket("/ws", echo_messages);
    router.add_websocket("/flood", flood);
    server_ = std::make_unique<HttpServer>(workers_, std::move(config), std::move(router));
    server_->start();
  }
  asio::awaitable<HttpResponse> send_file(HttpRequest& request) {
    co_return file_response(request, path_, "text/plain");
  }
  Endpoint address() { return server_->endpoints()[0]; }
  std::string ask(std::string_view text) {
    TestClient client{address()};
    client.send(text);
    client.finish_sending();
    return client.read_all();
  }

  Workers workers_{2};
  BlockingPool files_{{.name = "files"}};
  std::unique_ptr<HttpServer> server_;
  std::filesystem::path path_;
};

TEST_F(Http, KeepsAConnectionForSeveralRequests) {
  serve();
  TestClient client{address()};
  for (int i = 0; i < 3; ++i) {
    client.send("POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 2\r\n\r\nhi");
    const auto response = client.read_response();
    EXPECT_THAT(response, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(response, HasSubstr("POST /echo hi"));
  }
}

TEST_F(Http, AnswersPipelinedRequestsInOrder) {
  serve();
  const auto answers =
      ask("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\r\none"
          "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ntwo\r\n0\r\n\r\n"
          "GET /nothing HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
  const auto one = answers.find("/echo one"), two = answers.find("/echo two"), three = answers.find("404 Not Found");
  ASSERT_NE(three, std::string::npos) << answers;
  EXPECT_LT(one, two);
  EXPECT_LT(two, three);
}

TEST_F(Http, TellsBadRequestsWhatIsWrongInAProblemDocument) {
  serve({.header_limit = 1024, .body_limit = 100});
  const std::string long_header = "GET /echo HTTP/1.1\r\nHost: t\r\nX: " + std::string(5000, 'x') + "\r\n\r\n";
  const std::vector<std::pair<std::string, std::string>> cases{
      {"nonsense\r\n\r\n", "400"},
      {"GET /echo HTTP/1.1\r\n\r\n", "400"},
      {"GET /echo HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400"},
      {"GET /ec%zzho HTTP/1.1\r\nHost: t\r\n\r\n", "400"},
      {"GET /echo HTTP/3.0\r\nHost: t\r\n\r\n", "505"},
      {long_header, "431"},
      {"POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 101\r\n\r\n", "413"},
      {"POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n" + std::string(65535, 'x'), "413"},
      {"POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhi\r\n", "400"},
      {"POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"},
      {"POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", "400"},
      {"POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: -5\r\n\r\n", "400"},
      {"DELETE /echo HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n", "405"},
      {"GET /ws HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n", "426"},
      {"GET /fail HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n", "500"},
  };
  for (const auto& [request, status] : cases) {
    const auto answer = ask(request);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 " + status)) << request.substr(0, 100);
    EXPECT_THAT(answer, HasSubstr("application/problem+json")) << request.substr(0, 100);
  }
}

TEST_F(Http, NamesTheMethodsThatAPathTakes) {
  serve();
  EXPECT_THAT(ask("PUT /echo HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n"),
              HasSubstr("Allow: GET, HEAD, POST\r\n"));
}

TEST_F(Http, GivesUpOnSlowHeadersAndBodiesAndIdleConnections) {
  serve({.idle_timeout = 60ms, .header_timeout = 60ms, .body_timeout = 60ms});
  TestClient slow_header{address()}, slow_body{address()}, idle{address()};
  slow_header.send("GET /echo HTTP/1.1\r\nHo");
  slow_body.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\nhal");
  EXPECT_THAT(slow_header.read_response(), StartsWith("HTTP/1.1 408"));
  EXPECT_THAT(slow_body.read_response(), StartsWith("HTTP/1.1 408"));
  EXPECT_EQ(idle.read_all(), "");
}

TEST_F(Http, AnswersHeadWithoutABody) {
  serve();
  const auto answer = ask("HEAD /echo HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("Content-Length: 11\r\n"));
  EXPECT_THAT(answer, testing::EndsWith("\r\n\r\n"));
}

TEST_F(Http, InvitesTheBodyOfAClientThatAsksFirst) {
  serve();
  TestClient client{address()};
  client.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("hi");
  EXPECT_THAT(client.read_response(), HasSubstr("POST /echo hi"));
}

TEST_F(Http, DoesNotLetAHandlerSplitItsHeaders) {
  serve();
  EXPECT_THAT(ask("GET /split HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n"),
              HasSubstr("X-Note: oneInjected: yes\r\n"));
}

TEST_F(Http, SendsFilesWholeAndInRanges) {
  serve();
  const auto get = [this](std::string_view range) {
    return ask("GET /file HTTP/1.1\r\nHost: t\r\nConnection: close\r\n" + std::string{range} + "\r\n");
  };
  EXPECT_THAT(get(""), testing::EndsWith("\r\n\r\n0123456789"));
  const auto part = get("Range: bytes=2-4\r\n");
  EXPECT_THAT(part, StartsWith("HTTP/1.1 206 Partial Content"));
  EXPECT_THAT(part, HasSubstr("Content-Range: bytes 2-4/10\r\n"));
  EXPECT_THAT(part, testing::EndsWith("\r\n\r\n234"));
  EXPECT_THAT(get("Range: bytes=7-\r\n"), testing::EndsWith("\r\n\r\n789"));
  EXPECT_THAT(get("Range: bytes=-2\r\n"), testing::EndsWith("\r\n\r\n89"));
  EXPECT_THAT(get("Range: bytes=8-99\r\n"), HasSubstr("bytes 8-9/10"));
  EXPECT_THAT(get("Range: bytes=0-1,4-5\r\n"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(get("Range: bytes=5-2\r\n"), StartsWith("HTTP/1.1 200"));
  const auto behind = get("Range: bytes=10-\r\n");
  EXPECT_THAT(behind, StartsWith("HTTP/1.1 416"));
  EXPECT_THAT(behind, HasSubstr("Content-Range: bytes */10\r\n"));
  EXPECT_THAT(get("Range: bytes=2-4\r\nIf-Range: \"old\"\r\n"), StartsWith("HTTP/1.1 200"));
}

TEST_F(Http, SpreadsConnectionsOverTheWorkers) {
  serve();
  std::set<std::string> seen;
  std::list<TestClient> clients;
  for (int i = 0; i < 4; ++i) {
    auto& client = clients.emplace_back(address());
    client.send("GET /worker HTTP/1.1\r\nHost: t\r\n\r\n");
    const auto response = client.read_response();
    seen.insert(response.substr(response.size() - 1));
  }
  EXPECT_EQ(server_->connections(), 4u);
  EXPECT_THAT(seen, testing::ElementsAre("0", "1"));
}

TEST_F(Http, EchoesWebSocketMessages) {
  serve();
  TestClient client{address()};
  const auto head = client.upgrade("/ws?secret=yes");
  EXPECT_THAT(head, StartsWith("HTTP/1.1 101"));
  EXPECT_THAT(head, HasSubstr("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));  // RFC 6455 §1.3

  client.send_frame(1, "hello");
  EXPECT_EQ(client.read_frame(), (std::pair{1, std::string{"hello"}}));
  client.send_frame(2, "bytes");
  EXPECT_EQ(client.read_frame(), (std::pair{2, std::string{"bytes"}}));
  client.send_frame(9, "ping");
  EXPECT_EQ(client.read_frame(), (std::pair{10, std::string{"ping"}}));
  client.send_frame(8, std::string_view{"\x03\xE8", 2});
  EXPECT_EQ(client.read_frame().first, 8);
  EXPECT_EQ(client.read_all(), "");
}

TEST_F(Http, RefusesAnUpgradeAsTheHandlerSays) {
  serve();
  TestClient client{address()};
  EXPECT_THAT(client.upgrade("/ws"), StartsWith("HTTP/1.1 401"));
}

TEST_F(Http, ClosesAWebSocketWhosePeerDoesNotRead) {
  serve();
  TestClient client{address(), 4096};
  EXPECT_THAT(client.upgrade("/flood"), StartsWith("HTTP/1.1 101"));
  std::pair<int, std::string> frame;
  do frame = client.read_frame();
  while (frame.first == 1);
  ASSERT_EQ(frame.first, 8);
  EXPECT_EQ(static_cast<std::uint8_t>(frame.second[0]) << 8 | static_cast<std::uint8_t>(frame.second[1]), 1013);
}

TEST_F(Http, TellsWebSocketsWhenItStopsAndClosesIdleConnections) {
  serve();
  TestClient websocket{address()}, idle{address()};
  websocket.upgrade("/ws?secret=yes");
  idle.send("GET /echo HTTP/1.1\r\nHost: t\r\n\r\n");
  idle.read_response();

  std::jthread stopping{[this] { server_->stop(5s); }};

  const auto frame = websocket.read_frame();
  EXPECT_EQ(frame.first, 8);
  EXPECT_EQ(static_cast<std::uint8_t>(frame.second[1]), 1001 & 0xFF);
  websocket.send_frame(8, std::string_view{"\x03\xE9", 2});
  websocket.finish_sending();
  EXPECT_EQ(idle.read_all(), "");
  stopping.join();
  EXPECT_EQ(server_->connections(), 0u);
}

TEST_F(Http, CutsOffWhatIsLeftWhenItMustStop) {
  serve();
  TestClient half{address()};
  half.send("GET /echo HT");
  TestClient other{address()};
  other.send("GET /echo HTTP/1.1\r\nHost: t\r\n\r\n");
  other.read_response();

  server_->stop(0ms);

  EXPECT_EQ(server_->connections(), 0u);
  EXPECT_EQ(half.read_all(), "");
}

TEST_F(Http, SaysWhichAddressItCannotHave) {
  serve();
  HttpServerConfig config;
  config.listen = {address()};
  HttpServer second{workers_, config, {}};
  EXPECT_THROW(second.bind(), std::runtime_error);
  EXPECT_THROW(second.start(), std::runtime_error);
}

std::shared_ptr<TlsContext> a_server_context() {
  const auto folder = std::filesystem::temp_directory_path() / ("parley_https_" + std::to_string(getpid()));
  const auto files = self_signed(folder, {"localhost"});
  auto context = TlsContext::server(*files);
  std::filesystem::remove_all(folder);
  return *context;
}

TEST_F(Http, SpeaksTls) {
  HttpServerConfig config;
  config.tls = a_server_context();
  serve(std::move(config));
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsTestClient client{address(), version};
    ASSERT_TRUE(client.secure());
    for (int i = 0; i < 2; ++i) {
      client.send("POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 2\r\n\r\nhi");
      EXPECT_THAT(client.read_response(), HasSubstr("POST /echo hi"));
    }
    client.send("GET /file HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(client.read_all(), HasSubstr("0123456789"));
  }
}

TEST_F(Http, CarriesWebSocketsOverTls) {
  HttpServerConfig config;
  config.tls = a_server_context();
  serve(std::move(config));
  TlsTestClient client{address()};
  EXPECT_THAT(client.upgrade("/ws?secret=yes"), StartsWith("HTTP/1.1 101"));
  client.send_frame(1, "hello");
  EXPECT_EQ(client.read_frame(), std::make_pair(1, std::string{"hello"}));
}

TEST_F(Http, RefusesOldVersionsOfTlsAndPlainText) {
  HttpServerConfig config;
  config.tls = a_server_context();
  serve(std::move(config));
  EXPECT_FALSE((TlsTestClient{address(), TLS1_1_VERSION}.secure()));
  EXPECT_THAT(ask("GET /echo HTTP/1.1\r\nHost: test\r\n\r\n"), testing::Not(HasSubstr("200 OK")));
}

}  // namespace
}  // namespace parley::net
