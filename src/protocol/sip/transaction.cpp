#include "protocol/sip/transaction.hpp"

namespace parley::sip {

namespace {

constexpr std::string_view magic_cookie = "z9hG4bK";

void append_part(std::string& key, std::string_view part) {
  key += part;
  key += '\x1f';  // cannot occur in a header
}

}  // namespace

std::string client_key(const Message& message) {
  std::string key;
  append_part(key, message.via.empty() ? std::string_view{} : message.via.front().branch());
  key += message.cseq.method;
  return key;
}

std::string server_key(const Message& request, std::string_view method) {
  std::string key;
  if (request.via.empty()) return key;
  const Via& top = request.via.front();
  append_part(key, top.branch());
  append_part(key, top.host);
  append_part(key, std::to_string(top.port));
  append_part(key, method);
  if (!top.branch().starts_with(magic_cookie)) {
    append_part(key, request.call_id);
    append_part(key, request.from.tag());
    append_part(key, std::to_string(request.cseq.number));
  }
  return key;
}

}  // namespace parley::sip
