// The API on a server of its own, over a backend that only notes what is asked of it.
#pragma once

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "api/api.hpp"
#include "api/fake_backend.hpp"
#include "call/event_hub.hpp"
#include "net/http_server.hpp"
#include "net/test_client.hpp"
#include "net/worker.hpp"
#include "observe/metrics.hpp"

namespace parley::api {

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
                    .sip_address = "sip:1000@192.0.2.1"};
  Api api_{config_, backend_, hub_, metrics_, workers_, sessions_};
  std::unique_ptr<net::HttpServer> server_;
};

}  // namespace parley::api
