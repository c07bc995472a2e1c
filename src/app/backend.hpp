// What the HTTP API can do, done on the calls' workers and in the store.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/backend.hpp"
#include "app/browser_admission.hpp"
#include "app/call_worker.hpp"
#include "app/config.hpp"
#include "app/trunk_watch.hpp"
#include "net/http_client.hpp"
#include "net/pool.hpp"
#include "store/pin.hpp"

namespace parley::call {
class Directory;
}
namespace parley::legs {
class Accounts;
class SharedLockout;
class SipShell;
class WebRtcEndpoint;
class WebRtcShell;
struct WebRtcRefusal;
}  // namespace parley::legs
namespace parley::store {
class Records;
}

namespace parley::app {

class Backend final : public api::Backend {
 public:
  struct Parts {
    const Config& config;
    std::vector<CallWorker*> workers;
    legs::SipShell& sip;
    legs::WebRtcShell& webrtc;
    const BrowserAdmission& browsers;
    store::Records& records;
    call::Capacity& capacity;
    net::BlockingPool& files;
    std::filesystem::path recordings;
    const MediaConfig& media;
    const store::Pins& pins;
    net::BlockingPool& passwords;  // where PINs are hashed
    call::Directory& directory;
    legs::Accounts& accounts;
    legs::SharedLockout& lockout;
    call::DialGate& gate;
    const TrunkWatch& trunks;
  };

  explicit Backend(Parts parts);

  /// From then on `/ready` says so, and nothing new is begun.
  void drain() { draining_ = true; }
  /// A reason for `/ready` to say degraded.
  void set_missing_models(std::string reason) { missing_models_ = std::move(reason); }

  std::size_t active_calls() const override { return parts_.capacity.used(); }
  api::Readiness readiness() const override;
  bool may_call(std::string_view to, const std::optional<store::Session>& session, bool proxied) const override {
    return parts_.browsers.judge(to, session, proxied).has_value();
  }
  api::Reply<std::string> list_calls(api::CallFilter filter) override;
  api::Reply<std::string> show_call(std::string id) override;
  api::Reply<std::string> originate(api::Origination request) override;
  api::Reply<void> hang_up(std::string id) override;
  api::Reply<void> say(std::string id, std::string text, bool interrupt) override;
  api::Reply<void> input(std::string id, std::string text) override;
  api::Reply<void> play_url(std::string id, std::string url) override;
  api::Reply<void> play_file(std::string id, std::string file) override;
  api::Reply<void> dtmf(std::string id, std::string digits) override;
  api::Reply<void> hold(std::string id, bool on) override;
  api::Reply<std::string> transfer(std::string id, api::TransferOrder order) override;
  api::Reply<void> cancel_transfer(std::string id, bool by_caller) override;
  api::Reply<void> hand_back(std::string id, std::string note) override;
  api::Reply<std::string> add_leg(std::string id, std::string to) override;
  api::Reply<void> put_note(std::string id, api::Note note) override;
  api::Reply<void> pause_recording(std::string id, bool paused) override;
  api::Reply<std::filesystem::path> recording(std::string id, api::RecordingFormat format) override;
  api::Reply<std::optional<api::User>> user_of_pin(std::string pin, std::string user) override;
  Result<std::optional<api::AgentUser>, api::Refusal> agent_of_password(const std::string& extension,
                                                                        const std::string& password,
                                                                        const IpAddress& from) override;
  std::string lend_sip_password(const std::string& extension, const std::string& session_id,
                                std::chrono::seconds length) override;
  void revoke_sip_password(const std::string& session_id) override;
  std::string list_agents() const override;
  bool agent_has_call(std::string_view extension, std::string_view call_id) const override;
  api::Reply<void> set_presence(std::string extension, std::string presence) override;
  api::Reply<api::WebRtcAnswer> webrtc_offer(api::WebRtcOffer offer) override;
  api::Reply<api::WebRtcAnswer> webrtc_offer_again(std::string id, std::string sdp) override;
  api::Reply<api::TrickleAnswer> webrtc_trickle(std::string id, api::Trickle trickle) override;
  api::Reply<void> webrtc_hang_up(std::string id) override;
  api::Reply<std::string> sip_trace(std::string id, bool pcap) override;

 private:
  /// On the worker of a living call; false refuses with 409 and `conflict`.
  using Command = std::function<bool(call::Call&)>;
  api::Reply<void> command(std::string id, Command act, std::string conflict);
  /// The same for what has an answer of its own.
  api::Reply<std::string> ask(std::string id, std::function<Result<std::string, api::Refusal>(call::Call&)> act);
  api::Reply<void> play(std::string id, std::string bytes, std::string name);
  boost::asio::awaitable<bool> exists(std::string id);
  /// A new call's row is on its way to the store, and a read could overtake it: waits until it is there.
  api::Reply<void> settle();
  bool is_trusted(std::string_view url) const;
  /// On the worker that has this browser's call.
  template <class T>
  api::Reply<T> with_browser(const std::string& id,
                             std::function<Result<T, legs::WebRtcRefusal>(legs::WebRtcEndpoint&)> act);

  Parts parts_;
  std::vector<std::unique_ptr<net::HttpClient>> http_clients_;  // one a worker
  std::atomic<bool> draining_{false};
  std::string missing_models_;
};

}  // namespace parley::app
