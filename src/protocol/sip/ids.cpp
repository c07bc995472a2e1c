#include "protocol/sip/ids.hpp"

#include <charconv>

#include "protocol/sip/stack.hpp"

namespace parley::sip {

namespace {

constexpr std::string_view magic_cookie = "z9hG4bK";

std::string mark(int worker) { return "w" + std::to_string(worker) + "."; }

/// The index behind `w` and before the dot.
std::optional<int> worker_in(std::string_view id) {
  if (!id.starts_with('w')) return std::nullopt;
  int worker = -1;
  const char* const end = id.data() + id.size();
  const auto [rest, error] = std::from_chars(id.data() + 1, end, worker);
  if (error != std::errc{} || rest == end || *rest != '.' || worker < 0 || worker > 255) return std::nullopt;
  return worker;
}

}  // namespace

std::string make_branch(int worker, Random& random) {
  return std::string{magic_cookie} + mark(worker) + random.token(16);
}
std::string make_tag(int worker, Random& random) { return mark(worker) + random.token(16); }
std::string make_call_id(int worker, Random& random) { return mark(worker) + random.token(24); }

std::optional<int> worker_of(const Message& message) {
  if (message.is_request()) return worker_in(message.to.tag());
  if (message.via.empty() || !message.via.front().branch().starts_with(magic_cookie)) return std::nullopt;
  return worker_in(message.via.front().branch().substr(magic_cookie.size()));
}

}  // namespace parley::sip
