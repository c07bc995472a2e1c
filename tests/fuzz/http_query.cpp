// Request targets, bodies and ranges: nothing a stranger sends may do more than be refused.
#include <cstdint>
#include <string>

#include "api/body.hpp"
#include "base/assert.hpp"
#include "net/http_message.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace parley;
  const std::string text{reinterpret_cast<const char*>(data), size};
  if (const auto target = net::parse_target(text)) {
    PARLEY_ASSERT(target->path.starts_with('/') && target->path.size() <= size);
    PARLEY_ASSERT(target->query.size() <= 100);
  }

  net::HttpRequest request;
  request.headers = {{"Content-Type", "application/json"}, {"Range", text}};
  request.body = text;
  api::Body body{request};
  const auto to = body.required_string("to", 50);
  PARLEY_ASSERT(to.size() <= 50);
  (void)body.boolean("interrupt");
  if (const auto number = body.integer("ring_timeout_ms", 1, 9)) PARLEY_ASSERT(*number >= 1 && *number <= 9);
  (void)body.object("context");
  (void)body.refusal();

  const auto file = net::file_response(request, "/proc/self/exe", "application/octet-stream");
  if (const auto* part = std::get_if<net::FileBody>(&file.body)) PARLEY_ASSERT(file.status == 200 || part->size > 0);
  return 0;
}
