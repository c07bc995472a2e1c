#include <algorithm>

#include "protocol/sip/header_names.hpp"
#include "protocol/sip/message.hpp"
#include "protocol/sip/text.hpp"

namespace parley::sip {
namespace {

/// The one Content-Length of a head that ends in an empty line; nothing when it is missing, bad or
/// there twice.
std::optional<std::uint32_t> content_length(std::string_view head) {
  std::optional<std::uint32_t> length;
  text::HeaderLines lines{head.substr(head.find("\r\n") + 2)};
  for (auto step = lines.next(); step != text::HeaderLines::Step::end; step = lines.next()) {
    if (step == text::HeaderLines::Step::truncated) return std::nullopt;
    if (step == text::HeaderLines::Step::bad || canonical_header_name(lines.name()) != "Content-Length") continue;
    const auto number = parse_u32(lines.value());
    if (!number || length) return std::nullopt;
    length = *number;
  }
  return length;
}

}  // namespace

void StreamSplitter::receive(std::string_view bytes) {
  if (failed_) return;
  buffer_.erase(0, std::exchange(consumed_, 0));
  // Whoever reads drains poll() after each receive(); what is left then is less than one message.
  if (buffer_.size() > max_message_) {
    failed_ = true;
    return;
  }
  buffer_ += bytes;
}

std::optional<std::string> StreamSplitter::poll() {
  if (failed_) return std::nullopt;
  const auto pending = std::string_view{buffer_}.substr(consumed_);
  const auto take = [&](std::size_t size) {
    consumed_ += size;
    scanned_ = 0;
    return std::string{pending.substr(0, size)};
  };
  if (pending.starts_with("\r\n\r\n")) return take(4);
  // A lone CRLF is a pong; with a CR behind it, the other half of a ping is on its way.
  if (pending == "\r\n" || (pending.size() > 2 && pending.starts_with("\r\n") && pending[2] != '\r')) return take(2);
  if (pending.starts_with('\r') && pending.size() < 4) return std::nullopt;

  const auto blank = pending.find("\r\n\r\n", scanned_);
  if (blank == std::string_view::npos) {
    scanned_ = std::max<std::size_t>(pending.size(), 3) - 3;  // so that slow bytes are not scanned again and again
    failed_ = pending.size() > max_message_;
    return std::nullopt;
  }
  const auto head = blank + 4;
  const auto length = content_length(pending.substr(0, head));
  if (!length || *length > max_message_ || head + *length > max_message_) {
    failed_ = true;
    return std::nullopt;
  }
  scanned_ = blank;
  if (pending.size() < head + *length) return std::nullopt;
  return take(head + *length);
}

}  // namespace parley::sip
