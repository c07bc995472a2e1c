// HTTP requests to others, over libcurl on a worker's loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"
#include "net/http_message.hpp"

namespace parley::net {

class Worker;

struct HttpClientRequest {
  std::string method = "GET";
  std::string url;
  NamedValues headers;
  std::string body;
  Duration deadline = 30s;                  // for everything, redirects included
  std::size_t max_body = 16 * 1024 * 1024;  // of the answer
  bool allow_private = false;               // true: the operator chose the address, not a stranger
  bool follow_redirects = true;             // five at most, each checked anew
  /// When set, the body is given piece by piece as it comes, on the worker, instead of being kept
  /// (for server-sent events and audio); `max_body` counts it all the same. False stops with
  /// `cancelled`. Errors' bodies (status 400 and up) are kept, not given.
  std::function<bool(std::string_view piece)> on_data;
};

struct HttpClientResponse {
  int status = 0;
  NamedValues headers;  // of the last answer; names in lower case
  std::string body;
  std::string url;  // after redirects
};

enum class HttpClientError : std::uint8_t {
  bad_url,
  not_resolved,
  forbidden_address,
  not_connected,
  tls_failed,
  timed_out,
  too_large,
  broken_off,
  too_many_redirects,
  cancelled,
  too_many_requests,
};
std::string_view to_string(HttpClientError error);

using HttpClientResult = Result<HttpClientResponse, HttpClientError>;

struct HttpClientConfig {
  std::size_t requests = 1000;  // under way at once; more are refused
  std::string ca_file;          // empty: the system's
};

/// Lives on one worker: made, used and destroyed there (or while no worker runs). Connections are
/// pooled. The guard against private addresses looks at the address that is really connected to, so
/// a name that changes its mind after a check gains nothing; guarded requests never share a
/// connection with others and use no proxy.
class HttpClient {
 public:
  using Done = std::move_only_function<void(HttpClientResult)>;

  explicit HttpClient(Worker& worker, HttpClientConfig config = {});
  /// Requests under way end with `cancelled`, posted.
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// `done` is called once on the worker, later. The answer is an id for cancel(), never 0.
  std::uint64_t start(HttpClientRequest request, Done done);
  /// Its `done` is told `cancelled`, later; harmless when it has ended.
  void cancel(std::uint64_t id);
  std::size_t under_way() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace parley::net
