#include "api/pages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "base/random.hpp"
#include "net/http_router.hpp"

namespace parley::api {

namespace {

std::string replace_all(std::string text, std::string_view what, std::string_view with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
  return text;
}

std::string html_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<') out += "&lt;";
    else if (c == '>') out += "&gt;";
    else if (c == '&') out += "&amp;";
    else if (c == '"') out += "&quot;";
    else out += c;
  }
  return out;
}

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// The next element of a comma-separated list, which it is taken from.
std::string_view next_element(std::string_view& list) {
  const auto end = std::min(list.find(','), list.size());
  const auto element = trimmed(list.substr(0, end));
  list.remove_prefix(std::min(end + 1, list.size()));
  return element;
}

/// `;q=0`, `; q=0.000`: not acceptable (RFC 9110 §12.4.2).
bool refused(std::string_view parameters) {
  const auto q = parameters.find("q=");
  if (q == std::string_view::npos) return false;
  const auto value = trimmed(parameters.substr(q + 2));
  return value.starts_with('0') && value.find_first_not_of("0.") == std::string_view::npos;
}

std::string policy(std::string_view nonce) {
  return fmt::format(
      "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{}'; img-src 'self'; font-src 'self'; "
      "connect-src 'self'; media-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      nonce);
}

void add_common(net::HttpResponse& response) {
  response.with("X-Content-Type-Options", "nosniff").with("Referrer-Policy", "no-referrer");
}

}  // namespace

bool accepts_gzip(std::string_view accept_encoding) {
  bool any = false;
  while (!accept_encoding.empty()) {
    const auto element = next_element(accept_encoding);
    const auto semicolon = std::min(element.find(';'), element.size());
    const auto coding = trimmed(element.substr(0, semicolon));
    if (coding == "gzip" || coding == "x-gzip") return !refused(element.substr(semicolon));
    if (coding == "*") any = !refused(element.substr(semicolon));
  }
  return any;
}

bool names_tag(std::string_view if_none_match, std::string_view tag) {
  const auto strong = [](std::string_view text) { return text.starts_with("W/") ? text.substr(2) : text; };
  while (!if_none_match.empty()) {
    const auto element = next_element(if_none_match);
    if (element == "*" || strong(element) == strong(tag)) return true;
  }
  return false;
}

Pages::Pages(std::span<const EmbeddedFile> files, std::string sip_address)
    : files_{files}, sip_address_{html_escaped(sip_address)} {}

void Pages::add_routes(net::HttpRouter& router, std::span<const EmbeddedFile> files, std::string sip_address) {
  using Answer = boost::asio::awaitable<net::HttpResponse>;
  const auto pages = std::make_shared<const Pages>(files, std::move(sip_address));
  for (const auto& [path, file] : {std::pair{"/", "index.html"}, std::pair{"/calls", "calls.html"}})
    router.add("GET", path, [pages, name = std::string_view{file}](net::HttpRequest& request) -> Answer {
      co_return pages->page(request, name);
    });
  router.add("GET", "/assets/{file...}",
             [pages](net::HttpRequest& request) -> Answer { co_return pages->asset(request); });
}

net::HttpResponse Pages::page(const net::HttpRequest& request, std::string_view file) const {
  const auto* const found = find(file);
  if (found == nullptr) return net::problem(404, "There is no such page.");
  // Weak: two answers differ by their nonce, and by what the server tells about itself.
  const auto tag = fmt::format("W/\"{}-{:x}\"", found->hash, std::hash<std::string>{}(sip_address_ + PARLEY_VERSION));

  net::HttpResponse response;
  response.with("ETag", tag).with("Cache-Control", "no-cache");
  add_common(response);
  if (names_tag(request.header("If-None-Match").value_or(""), tag)) {
    // Without a policy: the browser keeps the one of the page it has, which knows that page's nonce (RFC 9111 §3.2).
    response.status = 304;
    return response;
  }
  Random random = Random::secure();
  const std::string nonce = random.token(26);
  auto html = replace_all(std::string{found->bytes}, "__NONCE__", nonce);
  html = replace_all(std::move(html), "__VERSION__", PARLEY_VERSION);
  response.body = replace_all(std::move(html), "__SIP_ADDRESS__", sip_address_);
  response.with("Content-Type", std::string{found->content_type})
      .with("Content-Security-Policy", policy(nonce))
      .with("Permissions-Policy", "microphone=(self), autoplay=(self), camera=(), geolocation=(), display-capture=()")
      .with("Cross-Origin-Opener-Policy", "same-origin");
  return response;
}

net::HttpResponse Pages::asset(const net::HttpRequest& request) const {
  const auto* const found = find(std::string_view{request.path}.substr(1));
  if (found == nullptr) return net::problem(404, "There is no such file.");
  const auto tag = fmt::format("\"{}\"", found->hash);

  net::HttpResponse response;
  response.with("ETag", tag).with("Cache-Control", "public, max-age=31536000, immutable");
  add_common(response);
  if (!found->gzip.empty()) response.with("Vary", "Accept-Encoding");
  if (names_tag(request.header("If-None-Match").value_or(""), tag)) {
    response.status = 304;
    return response;
  }
  response.with("Content-Type", std::string{found->content_type});
  const bool packed = !found->gzip.empty() && accepts_gzip(request.header("Accept-Encoding").value_or(""));
  if (packed) response.with("Content-Encoding", "gzip");
  response.body = std::string{packed ? found->gzip : found->bytes};
  return response;
}

const EmbeddedFile* Pages::find(std::string_view path) const {
  const auto found = std::ranges::find(files_, path, &EmbeddedFile::path);
  return found == files_.end() ? nullptr : &*found;
}

}  // namespace parley::api
