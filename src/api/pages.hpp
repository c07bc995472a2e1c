// The web pages (web/) out of the program itself.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <span>
#include <string>
#include <string_view>

#include "base/embedded_file.hpp"
#include "net/http_message.hpp"

namespace parley::net {
class HttpRouter;
}

namespace parley::api {

/// Whether an Accept-Encoding lets us answer with gzip (RFC 9110 §12.5.3): by name or by `*`, and not with `q=0`.
bool accepts_gzip(std::string_view accept_encoding);

/// Whether an If-None-Match names this tag. Weak comparison (RFC 9110 §13.1.2).
bool names_tag(std::string_view if_none_match, std::string_view tag);

/// Thread-safe: nothing changes after construction.
class Pages {
 public:
  /// `files` outlive this. `sip_address` is shown to callers.
  Pages(std::span<const EmbeddedFile> files, std::string sip_address);

  /// `/`, `/calls` and `/assets/…`. Shared with the routes, which may outlive whoever made it.
  static void add_routes(net::HttpRouter& router, std::span<const EmbeddedFile> files, std::string sip_address);

  /// A page with a nonce of its own. Styles that libraries make at run time carry it, and no others run.
  net::HttpResponse page(const net::HttpRequest& request, std::string_view file) const;
  /// A file whose name has its content's hash: it never changes, and may be kept.
  net::HttpResponse asset(const net::HttpRequest& request) const;

 private:
  const EmbeddedFile* find(std::string_view path) const;

  const std::span<const EmbeddedFile> files_;
  const std::string sip_address_;  // escaped for HTML
};

}  // namespace parley::api
