#include "net/http_message.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <boost/beast/http/status.hpp>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

namespace parley::net {

namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
bool same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/// Up to the separator, which is taken off `rest` too. (GCC 12 warns about string_view::find here.)
std::string_view cut(std::string_view& rest, char separator) {
  const auto end = static_cast<std::size_t>(std::ranges::find(rest, separator) - rest.begin());
  const auto part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return part;
}

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '+' && plus_is_space) c = ' ';
    if (c == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = hex_digit(text[i + 1]), low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      c = static_cast<char>(high << 4 | low);
      i += 2;
    }
    if (c == '\0') return std::nullopt;
    out += c;
  }
  return out;
}

}  // namespace

std::optional<std::string_view> HttpRequest::header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (same_name(key, name)) return value;
  return std::nullopt;
}

std::optional<std::string_view> HttpRequest::query_value(std::string_view name) const {
  for (const auto& [key, value] : query)
    if (key == name) return value;
  return std::nullopt;
}

std::string_view HttpRequest::param(std::string_view name) const {
  for (const auto& [key, value] : params)
    if (key == name) return value;
  return {};
}

HttpResponse& HttpResponse::with(std::string name, std::string value) {
  headers.emplace_back(std::move(name), std::move(value));
  return *this;
}

std::string_view reason_phrase(int status) {
  const auto phrase = boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(status));
  return {phrase.data(), phrase.size()};
}

HttpResponse text_response(int status, std::string content_type, std::string body) {
  HttpResponse response;
  response.status = status;
  response.with("Content-Type", std::move(content_type));
  response.body = std::move(body);
  return response;
}

HttpResponse json_response(int status, std::string json) {
  return text_response(status, "application/json", std::move(json));
}

HttpResponse problem(int status, std::string_view detail, const std::vector<FieldError>& errors) {
  nlohmann::ordered_json document{
      {"type", "about:blank"}, {"title", reason_phrase(status)}, {"status", status}, {"detail", detail}};
  for (const auto& error : errors) document["errors"].push_back({{"field", error.field}, {"message", error.message}});
  // A detail may quote what a stranger sent.
  return text_response(status, "application/problem+json",
                       document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

std::optional<Target> parse_target(std::string_view target) {
  if (!target.starts_with('/')) return std::nullopt;
  Target result;
  std::string_view rest = target;
  auto path = percent_decode(cut(rest, '?'), false);
  if (!path) return std::nullopt;
  result.path = std::move(*path);
  while (!rest.empty()) {
    std::string_view encoded_value = cut(rest, '&');
    if (encoded_value.empty()) continue;
    const auto encoded_name = cut(encoded_value, '=');
    auto name = percent_decode(encoded_name, true);
    auto value = percent_decode(encoded_value, true);
    if (!name || !value || result.query.size() >= 100) return std::nullopt;
    result.query.emplace_back(std::move(*name), std::move(*value));
  }
  return result;
}

namespace {

struct Range {
  std::uint64_t first, last;
};
enum class RangeAnswer { whole, part, unsatisfiable };

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// One range of RFC 9110 §14.1.2; anything else that is asked for is answered with the whole.
RangeAnswer parse_range(std::string_view text, std::uint64_t size, Range& range) {
  if (!text.starts_with("bytes=") || std::ranges::find(text, ',') != text.end()) return RangeAnswer::whole;
  text.remove_prefix(6);
  const auto dash = static_cast<std::size_t>(std::ranges::find(text, '-') - text.begin());
  if (dash == text.size()) return RangeAnswer::whole;
  const auto first = number(text.substr(0, dash)), last = number(text.substr(dash + 1));
  if (dash == 0) {  // the last n bytes
    if (!last) return RangeAnswer::whole;
    if (*last == 0 || size == 0) return RangeAnswer::unsatisfiable;
    range = {size - std::min(*last, size), size - 1};
    return RangeAnswer::part;
  }
  if (!first || (!last && dash + 1 != text.size()) || (last && *last < *first)) return RangeAnswer::whole;
  if (*first >= size) return RangeAnswer::unsatisfiable;
  range = {*first, last ? std::min(*last, size - 1) : size - 1};
  return RangeAnswer::part;
}

}  // namespace

HttpResponse file_response(const HttpRequest& request, const std::filesystem::path& path, std::string content_type) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return problem(404, "There is no such file.");
  const auto size = static_cast<std::uint64_t>(status.st_size);
  const std::string etag = fmt::format("\"{:x}-{:x}.{:x}\"", size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec);

  HttpResponse response;
  response.with("ETag", etag).with("Accept-Ranges", "bytes");
  if (request.header("If-None-Match") == etag) {
    response.status = 304;
    return response;
  }
  response.with("Content-Type", std::move(content_type));
  Range range{0, size == 0 ? 0 : size - 1};
  auto answer = RangeAnswer::whole;
  const auto wanted = request.header("Range");
  const auto condition = request.header("If-Range");
  if (wanted && (!condition || *condition == etag)) answer = parse_range(*wanted, size, range);
  switch (answer) {
    case RangeAnswer::unsatisfiable:
      return problem(416, "The range lies behind the end of the file.")
          .with("Content-Range", fmt::format("bytes */{}", size));
    case RangeAnswer::part:
      response.status = 206;
      response.with("Content-Range", fmt::format("bytes {}-{}/{}", range.first, range.last, size));
      response.body = FileBody{path, range.first, range.last - range.first + 1};
      return response;
    case RangeAnswer::whole: break;
  }
  response.body = FileBody{path, 0, size};
  return response;
}

}  // namespace parley::net
