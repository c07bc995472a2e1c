#include "net/http_client.hpp"

#include <boost/asio/io_context.hpp>

#include <future>

#include "net/address_policy.hpp"
#include "net/http_server.hpp"
#include "net/worker.hpp"

namespace parley::net {
namespace {

namespace asio = boost::asio;

asio::awaitable<HttpResponse> answer(HttpRequest& request) {
  if (request.path == "/loop") {
    HttpResponse response = text_response(302, "text/plain", "");
    response.with("Location", "/loop");
    co_return response;
  }
  if (request.path == "/away") {
    HttpResponse response = text_response(302, "text/plain", "over there");
    response.with("Location", "/body");
    co_return response;
  }
  if (request.path == "/long") co_return text_response(200, "text/plain", std::string(100'000, 'x'));
  if (request.path == "/bad") co_return problem(422, "no");
  co_return text_response(
      200, "text/plain",
      request.method + " " + request.body + " " + std::string{request.header("X-Test").value_or("")});
}

class Client : public testing::Test {
 protected:
  void SetUp() override {
    workers_.start();
    HttpRouter router;
    for (const char* method : {"GET", "POST"}) router.add(method, "/{any...}", answer);
    HttpServerConfig config;
    config.listen = {{IpAddress::loopback(), 0}};
    server_ = std::make_unique<HttpServer>(workers_, config, std::move(router));
    server_->start();
    on_worker([this] { client_ = std::make_unique<HttpClient>(workers_.at(0)); });
  }
  void TearDown() override {
    on_worker([this] { client_.reset(); });
    server_.reset();
  }
  void on_worker(std::move_only_function<void()> work) {
    std::promise<void> done;
    workers_.at(0).post([&] {
      work();
      done.set_value();
    });
    done.get_future().wait();
  }
  std::string url(std::string_view path) { return "http://" + server_->endpoints()[0].to_string() + std::string{path}; }
  HttpClientRequest get(std::string_view path) {
    HttpClientRequest request;
    request.url = url(path);
    request.allow_private = true;
    request.deadline = 10s;
    return request;
  }
  HttpClientResult fetch(HttpClientRequest request) {
    std::promise<HttpClientResult> result;
    workers_.at(0).post([&] {
      client_->start(std::move(request), [&](HttpClientResult answer) { result.set_value(std::move(answer)); });
    });
    return result.get_future().get();
  }

  Workers workers_{1};
  std::unique_ptr<HttpServer> server_;
  std::unique_ptr<HttpClient> client_;
};

TEST_F(Client, SendsAndReceives) {
  auto request = get("/body");
  request.method = "POST";
  request.body = "hello";
  request.headers = {{"X-Test", "yes"}};
  const auto response = fetch(std::move(request));
  ASSERT_TRUE(response) << to_string(response.error());
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "POST hello yes");
  EXPECT_THAT(response->headers, testing::Contains(testing::Pair("content-type", "text/plain")));
}

TEST_F(Client, FollowsRedirectsUpToABound) {
  const auto response = fetch(get("/away"));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, "GET  ");
  EXPECT_EQ(response->url, url("/body"));
  EXPECT_EQ(fetch(get("/loop")).error(), HttpClientError::too_many_redirects);
}

TEST_F(Client, RefusesPrivateAddressesHoweverTheyAreNamed) {
  const auto port = std::to_string(server_->endpoints()[0].port);
  ASSERT_TRUE(fetch(get("/body")));  // a pooled connection must not be lent to a guarded request
  for (const std::string host :
       {"127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"}) {
    HttpClientRequest request;
    request.url = "http://" + host + ":" + port + "/body";
    request.deadline = 10s;
    EXPECT_EQ(fetch(std::move(request)).error(), HttpClientError::forbidden_address) << host;
  }
}

TEST_F(Client, TakesNoOtherScheme) {
  HttpClientRequest request;
  request.url = "file:///etc/passwd";
  EXPECT_EQ(fetch(std::move(request)).error(), HttpClientError::bad_url);
}

TEST_F(Client, StopsAtTheLimitOfTheBody) {
  auto request = get("/long");
  request.max_body = 99'999;
  EXPECT_EQ(fetch(std::move(request)).error(), HttpClientError::too_large);
}

TEST_F(Client, GivesTheBodyInPiecesButKeepsThatOfAnError) {
  std::size_t streamed = 0;
  auto request = get("/long");
  request.on_data = [&](std::string_view piece) {
    streamed += piece.size();
    return true;
  };
  const auto on_data = request.on_data;
  EXPECT_EQ(fetch(std::move(request))->body, "");
  EXPECT_EQ(streamed, 100'000u);

  request = get("/bad");
  request.on_data = on_data;
  const auto refused = fetch(std::move(request));
  EXPECT_EQ(refused->status, 422);
  EXPECT_THAT(refused->body, testing::HasSubstr("\"detail\":\"no\""));
}

TEST_F(Client, CanBeCancelled) {
  std::promise<HttpClientResult> result;
  workers_.at(0).post([&] {
    const auto id = client_->start(get("/body"), [&](HttpClientResult answer) { result.set_value(std::move(answer)); });
    client_->cancel(id);
    client_->cancel(id);
  });
  EXPECT_EQ(result.get_future().get().error(), HttpClientError::cancelled);
}

TEST_F(Client, SaysThatNobodyIsThere) {
  auto request = get("/body");
  request.url = "http://127.0.0.1:1/";
  EXPECT_EQ(fetch(std::move(request)).error(), HttpClientError::not_connected);
}

TEST(AddressPolicy, KnowsWhatIsPublic) {
  for (const char* text : {"8.8.8.8", "172.15.0.1", "172.32.0.1", "192.167.1.1", "100.128.0.1", "2606:4700::1111"})
    EXPECT_TRUE(is_public(IpAddress::parse(text).value())) << text;
  for (const char* text : {"0.0.0.0",
                           "10.1.2.3",
                           "100.64.0.1",
                           "127.9.9.9",
                           "169.254.169.254",
                           "172.16.0.1",
                           "172.31.255.255",
                           "192.168.0.1",
                           "198.18.0.1",
                           "224.0.0.1",
                           "255.255.255.255",
                           "::",
                           "::1",
                           "fe80::1",
                           "fd00::1",
                           "ff02::1",
                           "::ffff:127.0.0.1",
                           "64:ff9b::7f00:1",
                           "2002:7f00:1::",
                           "2001:db8::1",
                           "2001::1"})
    EXPECT_FALSE(is_public(IpAddress::parse(text).value())) << text;
}

}  // namespace
}  // namespace parley::net
