// RTP ports of Parley on the simulated network.
#pragma once

#include <cstdint>
#include <deque>
#include <set>
#include <vector>

#include "legs/media/media_port.hpp"
#include "sim/network.hpp"

namespace parley::sim {

/// The ports that are in use; each port pair gives its own back.
class Ports {
 public:
  std::uint16_t take() {
    while (!taken_.insert(next_).second) advance();
    const auto port = next_;
    advance();
    return port;
  }
  void give_back(std::uint16_t port) { taken_.erase(port); }
  std::size_t taken() const { return taken_.size(); }

 private:
  void advance() { next_ = static_cast<std::uint16_t>(next_ >= 30'000 ? 20'000 : next_ + 2); }
  std::set<std::uint16_t> taken_;
  std::uint16_t next_ = 20'000;
};

class SimMediaPort final : public legs::MediaPort, private Receiver {
 public:
  SimMediaPort(Timeline& timeline, Network& network, Ports& ports, const IpAddress& address)
      : timeline_{timeline},
        network_{network},
        ports_{ports},
        rtp_{address, ports.take()},
        rtcp_{address, static_cast<std::uint16_t>(rtp_.port + 1)} {
    network_.attach(rtp_, *this);
    network_.attach(rtcp_, *this);
  }
  ~SimMediaPort() override {
    network_.detach(rtp_);
    network_.detach(rtcp_);
    ports_.give_back(rtp_.port);
  }

  Endpoint local() const override { return rtp_; }
  void receive_rtp(legs::DatagramSink& sink) override { drain(waiting_rtp_, sink); }
  void receive_rtcp(legs::DatagramSink& sink) override { drain(waiting_rtcp_, sink); }
  void send_rtp(const Endpoint& to, std::span<const std::byte> bytes) override { network_.send(rtp_, to, bytes); }
  void send_rtcp(const Endpoint& to, std::span<const std::byte> bytes) override { network_.send(rtcp_, to, bytes); }

 private:
  static constexpr std::size_t max_waiting = 256;  // a socket's buffer

  struct Waiting {
    Endpoint from;
    TimePoint arrival;
    std::vector<std::byte> bytes;
  };

  void on_packet(const Endpoint& to, const Endpoint& from, std::span<const std::byte> bytes) override {
    auto& queue = to == rtp_ ? waiting_rtp_ : waiting_rtcp_;
    if (queue.size() < max_waiting) queue.push_back({from, timeline_.now(), {bytes.begin(), bytes.end()}});
  }
  static void drain(std::deque<Waiting>& queue, legs::DatagramSink& sink) {
    for (const auto& waiting : queue) sink.on_datagram({waiting.from, waiting.arrival, waiting.bytes});
    queue.clear();
  }

  Timeline& timeline_;
  Network& network_;
  Ports& ports_;
  Endpoint rtp_, rtcp_;
  std::deque<Waiting> waiting_rtp_, waiting_rtcp_;
};

}  // namespace parley::sim
