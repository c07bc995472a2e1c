#include "assistant/call_tools.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

namespace parley::assistant {

namespace {

class EndCall final : public tools::Tool {
 public:
  explicit EndCall(std::function<void()> end) : end_{std::move(end)} {}
  const speech::ToolDescription& description() const override { return description_; }
  bool has_side_effects() const override { return true; }
  void run(std::string, const tools::ToolContext&, Done done) override {
    end_();
    done(R"({"status":"ok","note":"the call ends after your next words: say goodbye"})");
  }

 private:
  const std::function<void()> end_;
  const speech::ToolDescription description_{
      .name = "end_call",
      .description = "Ends the call once your last words were heard. Use it when the caller says goodbye.",
      .parameters = R"({"type":"object","properties":{}})"};
};

std::string text_in(const nlohmann::json& arguments, const char* name) {
  if (!arguments.is_object() || !arguments.contains(name) || !arguments[name].is_string()) return {};
  return arguments[name];
}

class Transfer final : public tools::Tool {
 public:
  Transfer(call::CallControl& call, TransferTool options) : call_{call}, options_{std::move(options)} {}
  const speech::ToolDescription& description() const override { return description_; }
  bool has_side_effects() const override { return true; }

  void run(std::string text, const tools::ToolContext&, Done done) override {
    const auto arguments = nlohmann::json::parse(text, nullptr, false);
    call::TransferRequest request{.to = text_in(arguments, "to"), .reason = text_in(arguments, "reason")};
    request.by = call::TransferBy::assistant;
    if (!request.to.empty() && std::ranges::find(options_.allowed, request.to) == options_.allowed.end())
      return done(R"({"status":"failed","cause":"unknown_extension"})");
    if (options_.confirm && !agreed(arguments, request))
      return done(
          R"({"status":"needs_confirmation","note":"ask the caller; if they agree, call again with confirmed yes"})");
    done(result_of(call_.transfer(std::move(request))));
  }

 private:
  struct Asked {
    call::TransferRequest request;
    std::size_t turn;
  };

  bool agreed(const nlohmann::json& arguments, call::TransferRequest& request) {
    const bool yes = !text_in(arguments, "confirmed").empty();
    if (yes && asked_) {  // says only that, not again where to
      if (request.to.empty()) request.to = asked_->request.to;
      if (request.reason.empty()) request.reason = asked_->request.reason;
    }
    if (!yes || !asked_ || options_.turns() <= asked_->turn) {
      asked_ = Asked{request, options_.turns()};
      return false;
    }
    asked_.reset();
    return true;
  }

  static std::string result_of(const Result<call::TransferBegun, call::TransferRefusal>& begun) {
    if (begun && begun->failed == call::TransferCause::none)
      return R"({"status":"connecting","note":"the caller hears music now; you are told how it ends"})";
    if (begun) return nlohmann::json{{"status", "failed"}, {"cause", to_string(begun->failed)}}.dump();
    switch (begun.error()) {
      case call::TransferRefusal::under_way: return R"({"status":"connecting","note":"it is under way already"})";
      case call::TransferRefusal::not_now:
      case call::TransferRefusal::no_target: break;
    }
    return R"({"status":"failed","cause":"no_agent"})";
  }

  call::CallControl& call_;
  const TransferTool options_;
  std::optional<Asked> asked_;
  const speech::ToolDescription description_{
      .name = "transfer",
      .description =
          "Connects the caller to a human. Say first that you do. When it fails, offer to take a note instead.",
      .parameters =
          R"({"type":"object","properties":{"to":{"type":"string"},"reason":{"type":"string"},"confirmed":{"type":"string"}}})"};
};

}  // namespace

std::unique_ptr<tools::Tool> make_end_call(std::function<void()> end_after_last_words) {
  return std::make_unique<EndCall>(std::move(end_after_last_words));
}

std::unique_ptr<tools::Tool> make_transfer(call::CallControl& call, TransferTool options) {
  return std::make_unique<Transfer>(call, std::move(options));
}

}  // namespace parley::assistant
