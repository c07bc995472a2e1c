#include "net/http_client.hpp"

#include <curl/curl.h>
#include <unistd.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "base/assert.hpp"
#include "net/address_policy.hpp"
#include "net/fd_watch.hpp"
#include "net/socket_address.hpp"
#include "net/worker.hpp"

namespace parley::net {

std::string_view to_string(HttpClientError error) {
  switch (error) {
    case HttpClientError::bad_url: return "bad url";
    case HttpClientError::not_resolved: return "name not resolved";
    case HttpClientError::forbidden_address: return "forbidden address";
    case HttpClientError::not_connected: return "not connected";
    case HttpClientError::tls_failed: return "tls failed";
    case HttpClientError::timed_out: return "timed out";
    case HttpClientError::too_large: return "too large";
    case HttpClientError::broken_off: return "broken off";
    case HttpClientError::too_many_redirects: return "too many redirects";
    case HttpClientError::cancelled: return "cancelled";
    case HttpClientError::too_many_requests: return "too many requests";
  }
  return "?";
}

namespace {

struct Transfer {
  std::uint64_t id = 0;
  HttpClientRequest request;
  HttpClient::Done done;
  HttpClientResponse response;
  CURL* easy = nullptr;
  curl_slist* headers = nullptr;
  std::size_t received = 0;
  bool forbidden = false, too_large = false, stopped = false;

  ~Transfer() {
    if (easy != nullptr) curl_easy_cleanup(easy);
    curl_slist_free_all(headers);
  }
};

std::size_t on_body(char* data, std::size_t, std::size_t size, void* context) {
  auto& transfer = *static_cast<Transfer*>(context);
  transfer.received += size;
  if (transfer.received > transfer.request.max_body) {
    transfer.too_large = true;
    return 0;
  }
  long status = 0;
  curl_easy_getinfo(transfer.easy, CURLINFO_RESPONSE_CODE, &status);
  if (transfer.request.on_data && status < 400) {
    if (!transfer.request.on_data({data, size})) {
      transfer.stopped = true;
      return 0;
    }
  } else {
    transfer.response.body.append(data, size);
  }
  return size;
}

std::size_t on_header(char* data, std::size_t, std::size_t size, void* context) {
  auto& headers = static_cast<Transfer*>(context)->response.headers;
  std::string_view line{data, size};
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n' || line.back() == ' ')) line.remove_suffix(1);
  if (line.starts_with("HTTP/")) {  // a new answer, after a redirect or a 100
    headers.clear();
    static_cast<Transfer*>(context)->response.body.clear();
    return size;
  }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || headers.size() >= 200) return size;
  std::string name{line.substr(0, colon)};
  for (char& c : name)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  line.remove_prefix(colon + 1);
  while (line.starts_with(' ')) line.remove_prefix(1);
  headers.emplace_back(std::move(name), line);
  return size;
}

/// Where the guard stands: after all name resolution, on what is really connected to.
curl_socket_t open_socket(void* context, curlsocktype, curl_sockaddr* wanted) {
  auto& transfer = *static_cast<Transfer*>(context);
  if (!transfer.request.allow_private) {
    SocketAddress address{};
    std::memcpy(&address, &wanted->addr, std::min<std::size_t>(wanted->addrlen, sizeof(address)));
    if ((wanted->family != AF_INET && wanted->family != AF_INET6) || !is_public(from_system(address).address)) {
      transfer.forbidden = true;
      return CURL_SOCKET_BAD;
    }
  }
  return ::socket(wanted->family, wanted->socktype | SOCK_CLOEXEC, wanted->protocol);
}

HttpClientError to_error(CURLcode code, const Transfer& transfer) {
  if (transfer.too_large) return HttpClientError::too_large;
  if (transfer.stopped) return HttpClientError::cancelled;
  if (transfer.forbidden) return HttpClientError::forbidden_address;
  switch (code) {
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT: return HttpClientError::bad_url;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY: return HttpClientError::not_resolved;
    case CURLE_COULDNT_CONNECT: return HttpClientError::not_connected;
    case CURLE_OPERATION_TIMEDOUT: return HttpClientError::timed_out;
    case CURLE_TOO_MANY_REDIRECTS: return HttpClientError::too_many_redirects;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM: return HttpClientError::tls_failed;
    default: return HttpClientError::broken_off;
  }
}

}  // namespace

struct HttpClient::Impl {
  /// One of curl's multi handles with its timer and its descriptors.
  struct Multi {
    Multi(Impl& client, boost::asio::io_context& loop);
    ~Multi();
    void perform(curl_socket_t fd, int what);
    void collect();
    static int on_socket(CURL*, curl_socket_t fd, int what, void* context, void*);
    static int on_timer(CURLM*, long timeout_ms, void* context);

    Impl& owner;
    boost::asio::io_context& context;
    boost::asio::steady_timer timer;
    CURLM* handle;
    std::unordered_map<curl_socket_t, std::unique_ptr<FdWatch>> watches;
    std::shared_ptr<bool> alive = std::make_shared<bool>(true);
  };

  Impl(Worker& on, HttpClientConfig settings)
      : worker{on}, config{std::move(settings)}, open{*this, on.context()}, guarded{*this, on.context()} {}

  void set_up(Transfer& transfer) const;
  void end(std::uint64_t id, HttpClientResult result);
  /// A pool of its own for guarded requests: curl reuses connections by name, without asking us again.
  Multi& multi_of(const Transfer& transfer) { return transfer.request.allow_private ? open : guarded; }

  Worker& worker;
  const HttpClientConfig config;
  std::unordered_map<std::uint64_t, std::unique_ptr<Transfer>> transfers;
  std::uint64_t last_id = 0;
  Multi open, guarded;
};

HttpClient::Impl::Multi::Multi(Impl& client, boost::asio::io_context& loop)
    : owner{client}, context{loop}, timer{loop}, handle{curl_multi_init()} {
  PARLEY_ASSERT(handle != nullptr);
  curl_multi_setopt(handle, CURLMOPT_SOCKETFUNCTION, &on_socket);
  curl_multi_setopt(handle, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(handle, CURLMOPT_TIMERFUNCTION, &on_timer);
  curl_multi_setopt(handle, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(handle, CURLMOPT_MAXCONNECTS, 100L);
}

HttpClient::Impl::Multi::~Multi() {
  *alive = false;
  curl_multi_cleanup(handle);
}

int HttpClient::Impl::Multi::on_socket(CURL*, curl_socket_t fd, int what, void* context, void*) {
  auto& multi = *static_cast<Multi*>(context);
  if (what == CURL_POLL_REMOVE) {
    multi.watches.erase(fd);
    return 0;
  }
  auto& watch = multi.watches[fd];
  if (!watch) {
    watch = std::make_unique<FdWatch>(multi.context, fd, [&multi, fd](bool readable, bool) {
      multi.perform(fd, readable ? CURL_CSELECT_IN : CURL_CSELECT_OUT);
    });
  }
  watch->want((what & CURL_POLL_IN) != 0, (what & CURL_POLL_OUT) != 0);
  return 0;
}

int HttpClient::Impl::Multi::on_timer(CURLM*, long timeout_ms, void* context) {
  auto& multi = *static_cast<Multi*>(context);
  multi.timer.cancel();
  if (timeout_ms < 0) return 0;
  multi.timer.expires_after(std::chrono::milliseconds{timeout_ms});
  multi.timer.async_wait([&multi, alive = multi.alive](const boost::system::error_code& error) {
    if (!error && *alive) multi.perform(CURL_SOCKET_TIMEOUT, 0);
  });
  return 0;
}

void HttpClient::Impl::Multi::perform(curl_socket_t fd, int what) {
  int running = 0;
  curl_multi_socket_action(handle, fd, what, &running);
  collect();
}

void HttpClient::Impl::Multi::collect() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(handle, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    Transfer* transfer = nullptr;
    const CURLcode code = message->data.result;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
    if (code != CURLE_OK) {
      owner.end(transfer->id, std::unexpected(to_error(code, *transfer)));
      continue;
    }
    long status = 0;
    const char* url = nullptr;
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(transfer->easy, CURLINFO_EFFECTIVE_URL, &url);
    transfer->response.status = static_cast<int>(status);
    transfer->response.url = url == nullptr ? "" : url;
    owner.end(transfer->id, std::move(transfer->response));
  }
}

void HttpClient::Impl::end(std::uint64_t id, HttpClientResult result) {
  auto node = transfers.extract(id);
  if (node.empty()) return;
  auto transfer = std::move(node.mapped());
  curl_multi_remove_handle(multi_of(*transfer).handle, transfer->easy);
  // Posted: whoever is told may start, cancel or destroy anything of ours.
  worker.post([done = std::move(transfer->done), result = std::move(result)]() mutable { done(std::move(result)); });
}

void HttpClient::Impl::set_up(Transfer& transfer) const {
  CURL* easy = transfer.easy;
  const HttpClientRequest& request = transfer.request;
  curl_easy_setopt(easy, CURLOPT_PRIVATE, &transfer);
  curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);  // else a cancelled name look-up would block the worker
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, request.follow_redirects ? 1L : 0L);
  curl_easy_setopt(easy, CURLOPT_MAXREDIRS, 5L);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(std::max<std::int64_t>(to_ms(request.deadline), 1)));
  curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "parley/" PARLEY_VERSION);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &open_socket);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &transfer);
  if (!request.allow_private) curl_easy_setopt(easy, CURLOPT_PROXY, "");
  if (!config.ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, config.ca_file.c_str());

  if (request.method == "HEAD") {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  } else if (request.method != "GET" || !request.body.empty()) {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.data());
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    transfer.headers = curl_slist_append(transfer.headers, "Expect:");  // no pause for 100-continue
  }
  for (const auto& [name, value] : request.headers)
    transfer.headers = curl_slist_append(transfer.headers, (name + ": " + value).c_str());
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer.headers);
}

HttpClient::HttpClient(Worker& worker, HttpClientConfig config) {
  static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  PARLEY_ASSERT(initialised == CURLE_OK);
  impl_ = std::make_unique<Impl>(worker, std::move(config));
}

HttpClient::~HttpClient() {
  while (!impl_->transfers.empty())
    impl_->end(impl_->transfers.begin()->first, std::unexpected(HttpClientError::cancelled));
}

std::uint64_t HttpClient::start(HttpClientRequest request, Done done) {
  const std::uint64_t id = ++impl_->last_id;
  const auto refuse = [&](HttpClientError error) {
    impl_->worker.post([done = std::move(done), error]() mutable { done(std::unexpected(error)); });
    return id;
  };
  if (impl_->transfers.size() >= impl_->config.requests) return refuse(HttpClientError::too_many_requests);
  for (const auto& [name, value] : request.headers)
    if ((name + value).find_first_of(std::string_view{"\r\n\0", 3}) != std::string::npos)
      return refuse(HttpClientError::bad_url);

  auto transfer = std::make_unique<Transfer>();
  transfer->id = id;
  transfer->request = std::move(request);
  transfer->easy = curl_easy_init();
  PARLEY_ASSERT(transfer->easy != nullptr);
  impl_->set_up(*transfer);
  transfer->done = std::move(done);
  Transfer& started = *impl_->transfers.emplace(id, std::move(transfer)).first->second;
  // Adding arms curl's timer with 0, so that everything else happens later, from the loop.
  curl_multi_add_handle(impl_->multi_of(started).handle, started.easy);
  return id;
}

void HttpClient::cancel(std::uint64_t id) { impl_->end(id, std::unexpected(HttpClientError::cancelled)); }

std::size_t HttpClient::under_way() const { return impl_->transfers.size(); }

}  // namespace parley::net
