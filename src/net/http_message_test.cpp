#include "net/http_message.hpp"

#include "net/http_router.hpp"

namespace parley::net {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(Target, IsSplitAndDecoded) {
  const auto target = parse_target("/a%20b/c?x=1+2&y=%C3%A9&flag&=v&&x=3").value();
  EXPECT_EQ(target.path, "/a b/c");
  EXPECT_THAT(target.query,
              ElementsAre(Pair("x", "1 2"), Pair("y", "é"), Pair("flag", ""), Pair("", "v"), Pair("x", "3")));
}

TEST(Target, IsRefusedWhenMalformedOrEndless) {
  std::string endless = "/?";
  for (int i = 0; i < 101; ++i) endless += "a=1&";
  for (const std::string& text : std::vector<std::string>{"", "a", "*", "/%", "/%4", "/%zz", "/%00", "/?a=%0", endless})
    EXPECT_FALSE(parse_target(text)) << text;
}

TEST(HttpRequest, FindsHeadersWhateverTheirCase) {
  HttpRequest request;
  request.headers = {{"X-One", "1"}, {"x-one", "2"}};
  EXPECT_EQ(request.header("x-ONE"), "1");
  EXPECT_EQ(request.header("X-Two"), std::nullopt);
}

TEST(Problem, QuotesWhatStrangersSentSafely) {
  const auto response = problem(400, "bad \"\xFF\"", {{"to", "is missing"}});
  EXPECT_EQ(
      std::get<std::string>(response.body),
      "{\"type\":\"about:blank\",\"title\":\"Bad Request\",\"status\":400,\"detail\":\"bad \\\"\xEF\xBF\xBD\\\"\","
      "\"errors\":[{\"field\":\"to\",\"message\":\"is missing\"}]}");
}

HttpHandler named(std::string name) {
  return [name](HttpRequest&) -> boost::asio::awaitable<HttpResponse> { co_return text_response(200, name, ""); };
}

class Router : public testing::Test {
 protected:
  Router() {
    router_.add("GET", "/{rest...}", named("page"));
    router_.add("GET", "/calls/{id}", named("show"));
    router_.add("DELETE", "/calls/{id}", named("hang up"));
    router_.add("GET", "/calls/new", named("new"));
    router_.add_websocket("/events", [](HttpRequest&, WebSocketUpgrade&) -> boost::asio::awaitable<HttpResponse> {
      co_return HttpResponse{};
    });
  }
  HttpRouter::Match find(std::string method, std::string path, bool upgrade = false) {
    request_.method = std::move(method);
    request_.path = std::move(path);
    return router_.find(request_, upgrade);
  }
  HttpRouter router_;
  HttpRequest request_;
};

TEST_F(Router, PrefersLiteralSegmentsAndFillsInTheNames) {
  EXPECT_TRUE(std::holds_alternative<const HttpHandler*>(find("GET", "/calls/01J")));
  EXPECT_EQ(request_.param("id"), "01J");
  EXPECT_TRUE(std::holds_alternative<const HttpHandler*>(find("GET", "/calls/new")));
  EXPECT_EQ(request_.param("id"), "");
  EXPECT_TRUE(std::holds_alternative<const HttpHandler*>(find("GET", "/a/b")));
  EXPECT_EQ(request_.param("rest"), "a/b");
  EXPECT_TRUE(std::holds_alternative<const HttpHandler*>(find("HEAD", "/")));
}

TEST_F(Router, NamesTheOtherMethods) {
  EXPECT_EQ(std::get<HttpRouter::MethodNotAllowed>(find("PUT", "/calls/1")).allow, "GET, HEAD, DELETE");
  EXPECT_TRUE(std::holds_alternative<const UpgradeHandler*>(find("GET", "/events", true)));
}

}  // namespace
}  // namespace parley::net
