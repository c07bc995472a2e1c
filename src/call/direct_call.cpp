#include "call/direct_call.hpp"

namespace parley::call {
namespace {

EndCause cause_of(std::string_view cause) {
  if (cause == "busy") return EndCause::busy;
  if (cause == "no_answer" || cause == "no_agent") return EndCause::no_answer;
  if (cause == "rejected" || cause == "declined") return EndCause::rejected;
  return EndCause::failed;
}

class DirectCall final : public Application {
 public:
  DirectCall(CallControl& call, std::string to) : call_{call}, to_{std::move(to)} {}

  void start() override {
    const auto begun = call_.transfer({.to = to_, .reason = "", .by = TransferBy::caller});
    if (!begun) return call_.hang_up(EndCause::failed);
    if (begun->failed != TransferCause::none) call_.hang_up(cause_of(to_string(begun->failed)));
  }
  void on_returned(const Returned& returned) override {
    call_.hang_up(returned.status == "agent_left" ? EndCause::agent_hangup : cause_of(returned.cause));
  }

 private:
  CallControl& call_;
  const std::string to_;
};

}  // namespace

std::unique_ptr<Application> make_direct_call(CallControl& call, std::string to) {
  return std::make_unique<DirectCall>(call, std::move(to));
}

}  // namespace parley::call
