// HTTP requests and responses as plain values, and the documents that errors are told in.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/endpoint.hpp"

namespace parley::net {

using NamedValues = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string method;   // `GET`
  std::string target;   // as sent: `/api/v1/calls?limit=5`
  std::string path;     // of the target, percent-decoded: `/api/v1/calls`
  NamedValues query;    // decoded, in order
  NamedValues headers;  // in order, names as sent
  NamedValues params;   // what the route's `{name}` parts matched
  std::string body;
  Endpoint remote;         // of the connection, not of any forwarding header
  bool secure = false;     // it came over TLS
  std::size_t worker = 0;  // index of the worker that serves it

  /// The first of that name, ignoring case.
  std::optional<std::string_view> header(std::string_view name) const;
  /// The first of that name.
  std::optional<std::string_view> query_value(std::string_view name) const;
  /// Of the route's pattern; empty when it has no such part.
  std::string_view param(std::string_view name) const;
};

/// A part of a file, streamed.
struct FileBody {
  std::filesystem::path path;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

struct HttpResponse {
  // Not an aggregate: GCC 12 destroys aggregate temporaries twice in expressions with co_await.
  HttpResponse() = default;
  explicit HttpResponse(int code) : status{code} {}

  int status = 200;
  NamedValues headers;
  std::variant<std::string, FileBody> body;

  HttpResponse& with(std::string name, std::string value);
};

std::string_view reason_phrase(int status);

HttpResponse json_response(int status, std::string json);
HttpResponse text_response(int status, std::string content_type, std::string body);

struct FieldError {
  std::string field, message;
};
/// An RFC 9457 document: application/problem+json.
HttpResponse problem(int status, std::string_view detail, const std::vector<FieldError>& errors = {});

/// Splits and decodes an origin-form target. Nothing when it is malformed: no leading slash, a bad
/// percent sequence, a NUL, or over 100 query parameters.
struct Target {
  std::string path;
  NamedValues query;
};
std::optional<Target> parse_target(std::string_view target);

/// The file, or the part of it that the request's Range asks for (RFC 9110 §14; several ranges get
/// the whole): 200, 206, 304, 416, or 404 when there is no such file.
HttpResponse file_response(const HttpRequest& request, const std::filesystem::path& path, std::string content_type);

}  // namespace parley::net
