#include "call/event.hpp"

#include <fmt/format.h>

namespace parley::call {

namespace {

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') (out += '\\') += c;
    else if (static_cast<unsigned char>(c) < 0x20)
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<int>(c));
    else out += c;
  }
  out += '"';
}

}  // namespace

std::string to_json(const Event& event) {
  std::string out;
  out.reserve(160 + event.data.size());
  out += R"({"cursor":)";
  append_quoted(out, event.cursor);
  fmt::format_to(std::back_inserter(out), R"(,"seq":{},"at":"{}","call_id":)", event.seq, format_rfc3339(event.at));
  if (event.call_id.empty()) out += "null";
  else append_quoted(out, event.call_id);
  out += R"(,"type":)";
  append_quoted(out, event.type);
  out += R"(,"data":)";
  out += event.data.empty() ? "{}" : event.data;
  out += '}';
  return out;
}

}  // namespace parley::call
