// The API on a server of its own, over a backend that only notes what is asked of it.
#pragma once

#include <gmock/gmock.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "api/api.hpp"
#include "call/event_hub.hpp"
#include "net/http_server.hpp"
#include "net/test_client.hpp"
#include "net/worker.hpp"
#include "observe/metrics.hpp"

namespace parley::api {

/// Knows the call `c1`, and notes what is asked of it.
class FakeBackend final : public Backend {
 public:
  std::vector<std::string> asked;
  Readiness state;
  std::filesystem::path recording_path;

  std::size_t active_calls() const override { return 3; }
  Readiness readiness() const override { return state; }
  Reply<std::string> list_calls(CallFilter filter) override {
    asked.push_back("list " + std::to_string(filter.limit) + " " + filter.state);
    co_return std::string{R"({"calls":[],"next_cursor":null})"};
  }
  Reply<std::string> show_call(std::string id) override {
    if (id != "c1") co_return std::unexpected(Refusal{404, "There is no such call."});
    co_return std::string{R"({"id":"c1"})"};
  }
  Reply<std::string> originate(Origination request) override {
    if (request.to == "busy") {
      Refusal full{503, "Every line is in use."};
      full.retry_after_seconds = 5;
      co_return std::unexpected(std::move(full));
    }
    asked.push_back("originate " + request.to + " " + request.context);
    co_return std::string{R"({"id":"c2"})"};
  }
  Reply<std::optional<User>> user_of_pin(std::string pin, std::string user) override {
    asked.push_back("pin " + pin + " " + user);
    if (pin == "5555") co_return std::unexpected(Refusal{503, "Too many log-ins are being checked."});
    if (pin != "1234" || (!user.empty() && user != "Anna")) co_return std::optional<User>{};
    co_return User{"01ANNA", "Anna", "index of 1234"};
  }
  Reply<void> hang_up(std::string id) override { return note(id, "hang_up"); }
  Reply<void> say(std::string id, std::string text, bool interrupt) override {
    return note(id, "say " + text + (interrupt ? " now" : ""));
  }
  Reply<void> input(std::string id, std::string text) override { return note(id, "input " + text); }
  Reply<void> play_url(std::string id, std::string url) override { return note(id, "url " + url); }
  Reply<void> play_file(std::string id, std::string file) override { return note(id, "file " + file); }
  Reply<void> dtmf(std::string id, std::string digits) override { return note(id, "dtmf " + digits); }
  Reply<void> hold(std::string id, bool on) override { return note(id, on ? "hold" : "unhold"); }
  Reply<void> pause_recording(std::string id, bool paused) override { return note(id, paused ? "pause" : "resume"); }
  Reply<std::filesystem::path> recording(std::string, RecordingFormat) override { co_return recording_path; }
  Reply<WebRtcAnswer> webrtc_offer(WebRtcOffer offer) override {
    asked.push_back("offer to " + offer.to + " by " + (offer.session ? offer.session->user_name : "a stranger"));
    if (offer.sdp == "bad") co_return std::unexpected(Refusal{422, "line 1: no audio"});
    co_return WebRtcAnswer{"v=0 answer", "c1"};
  }
  Reply<WebRtcAnswer> webrtc_offer_again(std::string id, std::string) override {
    if (id != "c1") co_return std::unexpected(Refusal{404, "The call has ended."});
    asked.push_back("offer again");
    co_return WebRtcAnswer{"v=0 again", id};
  }
  Reply<std::string> webrtc_trickle(std::string id, std::string fragment) override {
    if (id != "c1") co_return std::unexpected(Refusal{404, "The call has ended."});
    asked.push_back("trickle " + fragment);
    co_return std::string{fragment == "restart" ? "a=ice-ufrag:new" : ""};
  }
  Reply<void> webrtc_hang_up(std::string id) override { return note(id, "webrtc hang_up"); }
  Reply<std::string> sip_trace(std::string, bool pcap) override {
    co_return std::string{pcap ? "\xD4\xC3\xB2\xA1" : "INVITE"};
  }

 private:
  Reply<void> note(std::string id, std::string what) {
    if (id != "c1") co_return std::unexpected(Refusal{404, "There is no such call."});
    asked.push_back(std::move(what));
    co_return Result<void, Refusal>{};
  }
};

inline constexpr const char* token = "0123456789abcdef0123456789abcdef";
inline constexpr const char* monitor_key = "monitor-monitor-monitor-monitor-";

class ApiTest : public testing::Test {
 protected:
  void SetUp() override {
    workers_.start();
    net::HttpRouter router;
    api_.add_routes(router);
    net::HttpServerConfig config;
    config.listen = {{IpAddress::loopback(), 0}};
    server_ = std::make_unique<net::HttpServer>(workers_, config, std::move(router));
    server_->start();
  }
  void TearDown() override { server_.reset(); }

  std::string ask(std::string_view method, std::string_view target, std::string_view headers,
                  std::string_view body = {}) {
    net::TestClient client{server_->endpoints()[0]};
    client.send(std::string{method} + " " + std::string{target} +
                " HTTP/1.1\r\nHost: test\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) +
                "\r\n" + std::string{headers} + "\r\n" + std::string{body});
    return client.read_all();
  }
  std::string get(std::string_view target) { return ask("GET", target, authorization_); }
  std::string post(std::string_view target, std::string_view body) {
    return ask("POST", target, authorization_ + "Content-Type: application/json; charset=utf-8\r\n", body);
  }
  static nlohmann::json body_of(const std::string& response) {
    return nlohmann::json::parse(response.substr(response.find("\r\n\r\n") + 4), nullptr, false);
  }

  const std::string authorization_ = std::string{"Authorization: Bearer "} + token + "\r\n";
  net::Workers workers_{2};
  FakeBackend backend_;
  call::EventHub hub_;
  observe::Metrics metrics_;
  store::Sessions sessions_;
  ApiConfig config_{.admin_token = token,
                    .keys = {{"board", monitor_key, store::Role::monitor}},
                    .ice_servers = {{.urls = {"stun:stun.example.com"}}},
                    .open_routes = false,
                    .sip_address = "sip:1000@192.0.2.1"};
  Api api_{config_, backend_, hub_, metrics_, workers_, sessions_};
  std::unique_ptr<net::HttpServer> server_;
};

}  // namespace parley::api
