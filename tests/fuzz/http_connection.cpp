// The bytes of an HTTP connection, over all routes of the API: whatever is asked, every answer is a whole one of ours,
// none of them says that the server failed, and the connection ends with its peer.
#include <algorithm>
#include <charconv>
#include <cstdint>

#include "api_connection.hpp"
#include "property.hpp"

namespace {

using namespace parley;

constexpr std::string_view status_line = "HTTP/1.1 ";

/// The value of a header; empty when it is not there.
std::string_view value_of(std::string_view head, std::string_view name) {
  const auto at = head.find(name);
  if (at == std::string_view::npos) return {};
  const auto value = head.substr(at + name.size());
  return value.substr(0, value.find("\r\n"));
}

void check_head(std::string_view head) {
  const int status = (head[9] - '0') * 100 + (head[10] - '0') * 10 + (head[11] - '0');
  fuzz::require(status >= 100 && status < 600 && status != 500);
  if (status != 201 || value_of(head, "\r\nContent-Type: ") != "application/sdp") return;
  fuzz::require(value_of(head, "\r\nLocation: ").starts_with("/whip/"));
  fuzz::require(value_of(head, "\r\nETag: ") == "\"ice1\"");
}

void check_answers(std::string_view answers) {
  while (!answers.empty()) {
    fuzz::require(answers.starts_with(status_line));
    const auto end = answers.find("\r\n\r\n");
    fuzz::require(end != std::string_view::npos);
    const auto head = answers.substr(0, end + 2);
    check_head(head);
    answers.remove_prefix(end + 4);
    if (head.starts_with("HTTP/1.1 101")) return;
    if (answers.starts_with(status_line)) continue;  // HEAD's answer names a length and has no body
    std::size_t length = 0;
    const auto text = value_of(head, "\r\nContent-Length: ");
    std::from_chars(text.data(), text.data() + text.size(), length);
    fuzz::require(answers.empty() || length <= answers.size());
    answers.remove_prefix(std::min(length, answers.size()));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t longest = 64 * 1024;
  if (size > longest) return 0;
  fuzz::ApiConnection connection;

  connection.send(fuzz::text_of(data, size));
  connection.finish();

  check_answers(connection.take());
  return 0;
}
