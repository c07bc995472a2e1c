// Request bodies: JSON objects whose fields are all known.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/http_message.hpp"

namespace parley::api {

/// Reads fields one by one and collects what is wrong with them; refusal() then says all of it at
/// once. An empty body counts as `{}`.
class Body {
 public:
  explicit Body(const net::HttpRequest& request);
  ~Body();
  Body(const Body&) = delete;
  Body& operator=(const Body&) = delete;

  /// Lengths are in bytes of UTF-8. A missing field is an error only where it says required.
  std::string required_string(std::string_view name, std::size_t max_length);
  std::optional<std::string> string(std::string_view name, std::size_t max_length);
  std::optional<bool> boolean(std::string_view name);
  std::optional<std::int64_t> integer(std::string_view name, std::int64_t least, std::int64_t most);
  /// The object as text.
  std::optional<std::string> object(std::string_view name);
  bool has(std::string_view name) const;
  void fail(std::string_view field, std::string message);

  /// After the last field: 415, or 400 with `errors`, naming also the fields that nobody asked for.
  std::optional<net::HttpResponse> refusal();

 private:
  struct Document;
  std::unique_ptr<Document> document_;
  std::vector<net::FieldError> errors_;
  std::optional<net::HttpResponse> broken_;
};

}  // namespace parley::api
