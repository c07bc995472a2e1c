// What the API is tested and fuzzed over.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "api/backend.hpp"

namespace parley::api {

/// Knows the call `c1`, and notes what is asked of it.
class FakeBackend : public Backend {
 public:
  std::vector<std::string> asked;
  Readiness state;
  std::filesystem::path recording_path;

  std::size_t active_calls() const override { return 3; }
  Readiness readiness() const override { return state; }
  bool may_call(std::string_view to, const std::optional<store::Session>& session, bool proxied) const override {
    if (session && !session->user_id.empty()) return true;
    return session ? session->role == store::Role::admin : to == "9196" && !proxied;
  }
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
  Reply<std::string> transfer(std::string id, TransferOrder order) override {
    if (id != "c1") co_return std::unexpected(Refusal{404, "There is no such call."});
    asked.push_back("transfer to " + order.to + " " + order.mode + (order.by_caller ? " by the caller" : ""));
    co_return std::string{R"({"transfer_id":"t1"})"};
  }
  Reply<void> cancel_transfer(std::string id, bool by_caller) override {
    return note(id, by_caller ? "cancel by the caller" : "cancel");
  }
  Reply<void> hand_back(std::string id, std::string text) override { return note(id, "hand back " + text); }
  Reply<std::string> add_leg(std::string, std::string to) override {
    asked.push_back("add " + to);
    co_return std::string{R"({"leg_id":"l1"})"};
  }
  Reply<void> put_note(std::string id, Note about) override {
    return note(id, "note by " + about.author + ": " + about.text + " " + about.disposition);
  }
  Reply<void> pause_recording(std::string id, bool paused) override { return note(id, paused ? "pause" : "resume"); }
  Reply<std::filesystem::path> recording(std::string, RecordingFormat) override { co_return recording_path; }
  Result<std::optional<AgentUser>, Refusal> agent_of_password(const std::string& extension, const std::string& password,
                                                              const IpAddress&) override {
    if (extension == "2009") {
      Refusal locked{429, "There were too many wrong passwords."};
      locked.retry_after_seconds = 60;
      return std::unexpected(std::move(locked));
    }
    if (password != "secret") return std::optional<AgentUser>{};
    return AgentUser{extension, "Support", extension == "2002"};
  }
  std::string lend_sip_password(const std::string& extension, const std::string&, std::chrono::seconds) override {
    asked.push_back("lend " + extension);
    return "lent";
  }
  void revoke_sip_password(const std::string&) override { asked.push_back("revoke"); }
  std::string list_agents() const override { return R"({"agents":[]})"; }
  bool agent_has_call(std::string_view extension, std::string_view call_id) const override {
    return extension == "2001" && call_id == "c1";
  }
  Reply<void> set_presence(std::string extension, std::string presence) override {
    asked.push_back(extension + " is " + presence);
    if (extension == "9999") co_return std::unexpected(Refusal{404, "There is no such agent."});
    co_return Result<void, Refusal>{};
  }
  Reply<WebRtcAnswer> webrtc_offer(WebRtcOffer offer) override {
    asked.push_back("offer to " + offer.to + " by " + (offer.session ? offer.session->user_name : "a stranger"));
    if (offer.sdp == "bad") co_return std::unexpected(Refusal{422, "line 1: no audio"});
    co_return WebRtcAnswer{"v=0 answer", "c1", "ice1"};
  }
  Reply<WebRtcAnswer> webrtc_offer_again(std::string id, std::string) override {
    if (id != "c1") co_return std::unexpected(Refusal{404, "The call has ended."});
    asked.push_back("offer again");
    co_return WebRtcAnswer{"v=0 again", id, "ice2"};
  }
  Reply<TrickleAnswer> webrtc_trickle(std::string id, Trickle trickle) override {
    if (id != "c1") co_return std::unexpected(Refusal{404, "The call has ended."});
    if (trickle.ice_session.value_or("ice1") != "ice1")
      co_return std::unexpected(Refusal{412, "ICE has been restarted since."});
    asked.push_back("trickle " + trickle.fragment);
    const bool restart = trickle.fragment == "restart";
    co_return TrickleAnswer{restart ? "a=ice-ufrag:new" : "", restart ? "ice2" : "ice1"};
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

}  // namespace parley::api
