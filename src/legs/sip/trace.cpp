#include "legs/sip/trace.hpp"

#include <algorithm>
#include <vector>

#include "base/bytes.hpp"
#include "protocol/sdp/crypto.hpp"
#include "protocol/sip/headers.hpp"

namespace parley::legs {

void TraceStore::add(std::string_view sip_call_id, TracedMessage message) {
  const std::string key{sip_call_id};
  auto found = entries_.find(key);
  if (found == entries_.end()) {
    if (entries_.size() >= limits_.calls) {
      const auto oldest = entries_.find(order_.front());
      if (const auto named = names_.find(oldest->second.call_id); named != names_.end()) {
        std::erase(named->second, oldest->first);
        if (named->second.empty()) names_.erase(named);
      }
      entries_.erase(oldest);
      order_.pop_front();
    }
    found = entries_.emplace(key, Entry{}).first;
    order_.push_back(key);
  }
  Entry& entry = found->second;
  message.text = blank_credentials(message.text);
  if (entry.messages.size() >= limits_.messages_per_call) return;
  if (entry.bytes + message.text.size() > limits_.bytes_per_call) return;
  entry.bytes += message.text.size();
  entry.messages.push_back(std::move(message));
}

void TraceStore::name(const std::string& call_id, const std::string& sip_call_id) {
  const auto found = entries_.find(sip_call_id);
  if (found == entries_.end() || found->second.call_id == call_id) return;
  found->second.call_id = call_id;
  names_[call_id].push_back(sip_call_id);
}

std::vector<TracedMessage> TraceStore::of_call(const std::string& call_id) const {
  const auto names = names_.find(call_id);
  if (names == names_.end()) return {};
  std::vector<TracedMessage> messages;
  for (const auto& name : names->second) {
    const auto found = entries_.find(name);
    if (found == entries_.end()) continue;
    for (const auto& message : found->second.messages)  // of one instant: in the order in which they came
      messages.insert(std::ranges::upper_bound(messages, message.at, {}, &TracedMessage::at), message);
  }
  return messages;
}

std::string blank_credentials(std::string_view message) {
  std::string out;
  out.reserve(message.size());
  bool blanking = false;
  while (!message.empty()) {
    const auto end = message.find('\n');
    const auto line = message.substr(0, end == std::string_view::npos ? message.size() : end + 1);
    message.remove_prefix(line.size());
    if (line == "\r\n" || line == "\n") {
      out += line;
      out += sdp::blank_keys(message);
      return out;
    }
    if (blanking && (line.front() == ' ' || line.front() == '\t')) continue;  // folded
    const auto colon = line.find(':');
    auto name = line.substr(0, colon);
    while (!name.empty() && (name.back() == ' ' || name.back() == '\t')) name.remove_suffix(1);
    blanking = sip::iequals(name, "Authorization") || sip::iequals(name, "Proxy-Authorization");
    if (blanking) {
      out += name;
      out += ": Digest (blanked)\r\n";
    } else {
      out += line;
    }
  }
  return out;
}

namespace {

class LittleEndian {
 public:
  explicit LittleEndian(std::string& out) : out_{out} {}
  void u16(std::uint16_t value) { number(value, 2); }
  void u32(std::uint32_t value) { number(value, 4); }

 private:
  void number(std::uint32_t value, int size) {
    for (int i = 0; i < size; ++i) out_ += static_cast<char>(value >> (8 * i) & 0xFF);
  }
  std::string& out_;
};

std::uint16_t ipv4_checksum(std::span<const std::byte> header) {
  std::uint32_t sum = 0;
  ByteReader in{header};
  while (!in.empty()) sum += in.u16();
  while (sum >> 16) sum = (sum & 0xFFFF) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

void put_address(ByteWriter& out, const IpAddress& address) {
  out.put(std::as_bytes(std::span{address.bytes()}).first(address.is_v6() ? 16 : 4));
}

/// IP and UDP headers around one message. IPv4's length field bounds it; longer text is cut.
std::string ip_packet(const Endpoint& from, const Endpoint& to, std::string_view text) {
  const bool v6 = to.address.is_v6();
  const std::size_t ip_size = v6 ? 40 : 20;
  text = text.substr(0, 65'535 - ip_size - 8);
  const auto udp_size = static_cast<std::uint16_t>(8 + text.size());
  std::array<std::byte, 48> buffer{};
  ByteWriter out{buffer};
  if (v6) {
    out.u32(0x60000000);
    out.u16(udp_size);
    out.u8(17);
    out.u8(64);
    put_address(out, from.address);
    put_address(out, to.address);
  } else {
    out.u16(0x4500);
    out.u16(static_cast<std::uint16_t>(ip_size + udp_size));
    out.u32(0x00004000);
    out.u8(64);
    out.u8(17);
    out.u16(0);
    put_address(out, from.address);
    put_address(out, to.address);
    const auto checksum = ipv4_checksum(out.written());
    buffer[10] = static_cast<std::byte>(checksum >> 8);
    buffer[11] = static_cast<std::byte>(checksum & 0xFF);
  }
  out.u16(from.port);
  out.u16(to.port);
  out.u16(udp_size);
  out.u16(0);  // no checksum
  std::string packet{as_text(out.written())};
  packet += text;
  return packet;
}

}  // namespace

std::string to_text(const std::vector<TracedMessage>& messages) {
  std::string out;
  for (const TracedMessage& message : messages) {
    out += format_rfc3339(message.at);
    out += message.sent ? " sent to " : " received from ";
    out += std::string{sip::uri_name(message.transport)} + ":" + message.remote.to_string() + "\n";
    out += message.text;
    out += "\n\n";
  }
  return out;
}

std::string to_pcap(const std::vector<TracedMessage>& messages, const Endpoint& local) {
  std::string file;
  LittleEndian out{file};
  out.u32(0xA1B2C3D4);
  out.u16(2);
  out.u16(4);
  out.u32(0);
  out.u32(0);
  out.u32(65'535);
  out.u32(101);  // LINKTYPE_RAW
  for (const TracedMessage& message : messages) {
    Endpoint us = local;
    if (us.address.is_v6() != message.remote.address.is_v6())
      us.address = message.remote.address.is_v6() ? IpAddress::v6({}) : IpAddress{};
    const auto packet =
        message.sent ? ip_packet(us, message.remote, message.text) : ip_packet(message.remote, us, message.text);
    const auto since_epoch =
        std::chrono::duration_cast<std::chrono::microseconds>(message.at.time_since_epoch()).count();
    out.u32(static_cast<std::uint32_t>(since_epoch / 1'000'000));
    out.u32(static_cast<std::uint32_t>(since_epoch % 1'000'000));
    out.u32(static_cast<std::uint32_t>(packet.size()));
    out.u32(static_cast<std::uint32_t>(packet.size()));
    file += packet;
  }
  return file;
}

}  // namespace parley::legs
