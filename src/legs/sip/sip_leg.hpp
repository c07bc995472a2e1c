// One SIP party: its signalling session and its media.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "call/leg.hpp"
#include "legs/sip/sip_media.hpp"
#include "protocol/sip/stack.hpp"

namespace parley::legs {

class UserAgent;

/// Owned by its call. Signalling goes through the worker's user agent, which knows the leg until it
/// is destroyed.
class SipLeg final : public call::Leg {
 public:
  struct Options {
    sip::SessionId session = 0;
    bool outbound = false;
    std::string call_id;                   // of the call that it belongs to, for the trace; where it is known
    std::shared_ptr<const void> permit{};  // to be in a call: given back with the leg
  };

  SipLeg(UserAgent& agent, Options options, std::unique_ptr<SipMedia> media);
  ~SipLeg() override;

  // call::Leg
  std::string_view channel() const override { return "sip"; }
  void listen(call::LegListener& listener) override { listener_ = &listener; }
  void ring() override;
  void answer() override;
  void hang_up(call::EndCause cause) override;
  void hang_up_answered_elsewhere() override;
  void send_dtmf(std::string_view digits) override { media_->rtp().send_dtmf(digits); }
  void receive(TimePoint now) override;
  void finish_tick(TimePoint now) override;
  bool read(audio::Frame& frame) override { return media_->rtp().read(frame, now_); }
  void write(const audio::Frame* frame) override { media_->write(frame, now_); }
  std::chrono::milliseconds heard_delay() const override { return std::chrono::milliseconds{60}; }
  call::LegQuality quality() const override { return media_->rtp().quality(); }

  /// Takes the offer of the INVITE, before anything else. The error is for a 488.
  Result<void, SdpRefusal> take_offer(std::string_view sdp);
  /// The offer of our own INVITE or 200.
  std::string make_offer();

  const std::string& call_id() const { return options_.call_id; }

  // From the user agent
  void on_progress(int status, const std::optional<std::string>& sdp);
  void on_answered(const std::optional<std::string>& sdp);
  void on_acknowledged(const std::optional<std::string>& answer);
  void on_offer(const std::optional<std::string>& sdp);
  void on_answer(const std::string& sdp);
  void on_dtmf(char digit);
  void on_ended(sip::EndReason reason, int status);
  /// Its WebSocket is gone, and there is no other way to whoever was behind it.
  void on_flow_lost() { fail(call::EndCause::failed); }

 private:
  bool configured() const { return media_->rtp().configured(); }
  void tell_hold();
  bool take_answer(const std::string& sdp);
  void hang_up(std::string reason_header);
  /// Both sides know that it is answered.
  void confirmed();
  /// The call hears of it when it can be heard, too.
  void establish_when_ready();
  /// Ends the session from our side for a reason that the call has yet to hear.
  void fail(call::EndCause cause);

  UserAgent& agent_;
  Options options_;
  std::unique_ptr<SipMedia> media_;
  call::LegListener* listener_ = nullptr;
  TimePoint now_{};        // of the current tick
  bool offered_ = false;   // the INVITE brought no offer: our 200 carries one
  bool answered_ = false;  // our 200 is out, or theirs is in
  bool confirmed_ = false;
  bool established_ = false;
  bool over_ = false;
};

}  // namespace parley::legs
