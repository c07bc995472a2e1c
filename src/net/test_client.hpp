// A plain blocking TCP client for tests: sends what it is told, byte for byte.
#pragma once

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/endpoint.hpp"
#include "net/socket_address.hpp"

namespace parley::net {

class TestClient {
 public:
  explicit TestClient(const Endpoint& server, int receive_buffer = 0) : fd_{::socket(AF_INET, SOCK_STREAM, 0)} {
    if (receive_buffer > 0) ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
    SocketAddress address;
    const auto size = to_system(server, address);
    connected_ = ::connect(fd_, &address.generic, size) == 0;
  }
  virtual ~TestClient() { ::close(fd_); }
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;

  bool connected() const { return connected_; }
  void send(std::string_view text) {
    while (!text.empty()) {
      const auto sent = put(text);
      if (sent <= 0) return;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  void finish_sending() { ::shutdown(fd_, SHUT_WR); }

  /// What has come so far, without waiting.
  std::string receive_now() {
    std::string all = std::exchange(pending_, {});
    char buffer[4'096];
    for (;;) {
      const auto size = ::recv(fd_, buffer, sizeof(buffer), MSG_DONTWAIT);
      if (size <= 0) {
        closed_ = closed_ || size == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
        return all;
      }
      all.append(buffer, static_cast<std::size_t>(size));
    }
  }
  /// Whether the server has closed the connection by now.
  bool closed_now() {
    pending_ = receive_now();
    return closed_;
  }
  /// All until the server closes (or ten seconds of silence).
  std::string read_all() {
    while (fill()) {
    }
    return std::exchange(pending_, {});
  }
  std::string read_until(std::string_view end) {
    for (;;) {
      const auto at = pending_.find(end);
      if (at != std::string::npos) return take(at + end.size());
      if (!fill()) return std::exchange(pending_, {});
    }
  }
  std::string read_bytes(std::size_t count) {
    while (pending_.size() < count && fill()) {
    }
    return take(std::min(count, pending_.size()));
  }
  /// One response with Content-Length: head and body.
  std::string read_response() {
    std::string head = read_until("\r\n\r\n");
    const auto at = head.find("Content-Length: ");
    if (at == std::string::npos) return head;
    return head + read_bytes(std::stoul(head.substr(at + 16)));
  }

  /// One unmasked frame of a WebSocket server: its opcode and payload. Opcode 0 at the end.
  std::pair<int, std::string> read_frame() {
    const std::string head = read_bytes(2);
    if (head.size() < 2) return {0, {}};
    std::size_t size = static_cast<std::uint8_t>(head[1]) & 0x7F;
    if (const int more = size == 126 ? 2 : size == 127 ? 8 : 0; more > 0) {
      size = 0;
      for (const char c : read_bytes(static_cast<std::size_t>(more))) size = size << 8 | static_cast<std::uint8_t>(c);
    }
    return {head[0] & 0x0F, read_bytes(size)};
  }
  /// Masked with zeros.
  void send_frame(int opcode, std::string_view payload) {
    std::string frame{static_cast<char>(0x80 | opcode)};
    const int more = payload.size() < 126 ? 0 : payload.size() < 65'536 ? 2 : 8;
    frame += static_cast<char>(0x80 | (more == 0 ? payload.size() : more == 2 ? 126 : 127));
    for (int i = more - 1; i >= 0; --i) frame += static_cast<char>(payload.size() >> (8 * i));
    frame.append(4, '\0');
    send(frame.append(payload));
  }
  /// Asks for the upgrade and returns the answer's head.
  std::string upgrade(std::string_view target, std::string_view headers = {}) {
    send("GET " + std::string{target} +
         " HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
         std::string{headers} + "\r\n");
    return read_until("\r\n\r\n");
  }

 protected:
  int descriptor() const { return fd_; }
  virtual ssize_t put(std::string_view text) { return ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL); }
  virtual ssize_t get(std::span<char> into) { return ::recv(fd_, into.data(), into.size(), 0); }
  /// get() has something without the system's help.
  virtual bool buffered() const { return false; }

 private:
  std::string take(std::size_t count) {
    std::string taken = pending_.substr(0, count);
    pending_.erase(0, count);
    return taken;
  }
  bool fill() {
    pollfd wanted{fd_, POLLIN, 0};
    if (!buffered() && ::poll(&wanted, 1, 10'000) != 1) return false;
    char buffer[16384];
    const auto got = get(buffer);
    if (got <= 0) return false;
    pending_.append(buffer, static_cast<std::size_t>(got));
    return true;
  }

  int fd_;
  bool connected_ = false;
  bool closed_ = false;
  std::string pending_;
};

}  // namespace parley::net
