#include "api/pages.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/embedded.hpp"

namespace parley::api {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr EmbeddedFile files[] = {
    {"assets/app-1a2b.js", "text/javascript", "1a2b", "console.log(1)", "\x1f\x8b packed"},
    {"assets/font-3c4d.woff2", "font/woff2", "3c4d", "wOF2", ""},
    {"index.html", "text/html; charset=utf-8", "5e6f",
     "<meta nonce=\"__NONCE__\"><meta content=\"__VERSION__\"><meta content=\"__SIP_ADDRESS__\">", ""},
};

net::HttpRequest get(std::string path, net::NamedValues headers = {}) {
  net::HttpRequest request;
  request.method = "GET";
  request.path = std::move(path);
  request.headers = std::move(headers);
  return request;
}

std::string header(const net::HttpResponse& response, std::string_view name) {
  for (const auto& [key, value] : response.headers)
    if (key == name) return value;
  return "";
}

std::string body(const net::HttpResponse& response) { return std::get<std::string>(response.body); }

class PagesTest : public testing::Test {
 protected:
  Pages pages_{files, "sip:1000@192.0.2.1?\"<"};
};

TEST_F(PagesTest, GivesEveryPageANonceThatItsPolicyKnows) {
  const auto first = pages_.page(get("/"), "index.html"), second = pages_.page(get("/"), "index.html");

  const auto policy = header(first, "Content-Security-Policy");
  const auto nonce = policy.substr(policy.find("'nonce-") + 7, 26);
  EXPECT_THAT(body(first), HasSubstr("nonce=\"" + nonce + "\""));
  EXPECT_THAT(body(second), Not(HasSubstr(nonce)));
  EXPECT_THAT(policy, HasSubstr("script-src 'self';"));
  EXPECT_THAT(policy, HasSubstr("frame-ancestors 'none'"));
  EXPECT_THAT(policy, Not(HasSubstr("unsafe")));
  EXPECT_EQ(header(first, "X-Content-Type-Options"), "nosniff");
  EXPECT_THAT(header(first, "Permissions-Policy"), HasSubstr("microphone=(self)"));
}

TEST_F(PagesTest, FillsInWhatItTellsOfTheServerAndEscapesIt) {
  const auto page = body(pages_.page(get("/"), "index.html"));
  EXPECT_THAT(page, HasSubstr("sip:1000@192.0.2.1?&quot;&lt;"));
  EXPECT_THAT(page, HasSubstr(PARLEY_VERSION));
  EXPECT_THAT(page, Not(HasSubstr("__")));
}

TEST_F(PagesTest, HasPagesAskedForAgainEachTimeAndAnswersThatNothingChanged) {
  const auto first = pages_.page(get("/"), "index.html");
  EXPECT_EQ(header(first, "Cache-Control"), "no-cache");

  const auto again = pages_.page(get("/", {{"If-None-Match", header(first, "ETag")}}), "index.html");
  EXPECT_EQ(again.status, 304);
  EXPECT_EQ(body(again), "");
  EXPECT_EQ(header(again, "Content-Security-Policy"), "");  // the kept page's nonce is in the kept policy

  const Pages moved{files, "sip:1000@192.0.2.2"};
  EXPECT_EQ(moved.page(get("/", {{"If-None-Match", header(first, "ETag")}}), "index.html").status, 200);
}

TEST_F(PagesTest, LetsAssetsBeKeptForAYear) {
  const auto answer = pages_.asset(get("/assets/app-1a2b.js"));
  EXPECT_EQ(header(answer, "Cache-Control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(header(answer, "Content-Type"), "text/javascript");
  EXPECT_EQ(pages_.asset(get("/assets/app-1a2b.js", {{"If-None-Match", "\"1a2b\""}})).status, 304);
}

TEST_F(PagesTest, CompressesForThoseWhoAcceptItOnly) {
  const auto packed = pages_.asset(get("/assets/app-1a2b.js", {{"Accept-Encoding", "gzip, br"}}));
  EXPECT_EQ(header(packed, "Content-Encoding"), "gzip");
  EXPECT_THAT(body(packed), StartsWith("\x1f\x8b"));

  const auto plain = pages_.asset(get("/assets/app-1a2b.js"));
  EXPECT_EQ(header(plain, "Content-Encoding"), "");
  EXPECT_EQ(body(plain), "console.log(1)");
  EXPECT_EQ(header(plain, "Vary"), "Accept-Encoding");

  const auto font = pages_.asset(get("/assets/font-3c4d.woff2", {{"Accept-Encoding", "gzip"}}));
  EXPECT_EQ(header(font, "Content-Encoding"), "");
  EXPECT_EQ(body(font), "wOF2");
}

TEST_F(PagesTest, AnswersProblemsForWhatIsNotThere) {
  EXPECT_EQ(pages_.asset(get("/assets/none.js")).status, 404);
  EXPECT_EQ(pages_.asset(get("/assets/../index.html")).status, 404);
  EXPECT_EQ(pages_.page(get("/"), "none.html").status, 404);
}

TEST(AcceptsGzip, ReadsCodingsAndTheirWeights) {
  for (const char* yes : {"gzip", "br, gzip", "gzip;q=0.5", "deflate , x-gzip", "*"})
    EXPECT_TRUE(accepts_gzip(yes)) << yes;
  for (const char* no : {"", "br", "gzip;q=0", "gzip; q=0.000, br", "*;q=0", "identity, *;q=0.0", "gzipped", ",,;;"})
    EXPECT_FALSE(accepts_gzip(no)) << no;
}

TEST(NamesTag, ComparesWeakly) {
  EXPECT_TRUE(names_tag("\"a\", W/\"b\"", "\"b\""));
  EXPECT_TRUE(names_tag("*", "\"b\""));
  EXPECT_FALSE(names_tag("\"a\"", "\"b\""));
  EXPECT_FALSE(names_tag("", "\"b\""));
}

TEST(EmbeddedWeb, HasBothPagesAndWhatTheyLoad) {
  const Pages pages{embedded::web_files, "sip:1000@192.0.2.1"};
  for (const char* name : {"index.html", "calls.html"}) {
    const auto html = body(pages.page(get("/"), name));
    EXPECT_THAT(html, Not(HasSubstr("<script>")));
    EXPECT_THAT(html, Not(HasSubstr("//"))) << "nothing comes from another host";
    for (auto at = html.find("/assets/"); at != std::string::npos; at = html.find("/assets/", at + 1)) {
      const auto path = html.substr(at, html.find('"', at) - at);
      EXPECT_EQ(pages.asset(get(path)).status, 200) << path;
    }
  }
}

}  // namespace
}  // namespace parley::api
