#include "assistant/call_tools.hpp"

#include <nlohmann/json.hpp>

#include "base/ulid.hpp"

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

class Transfer final : public tools::Tool {
 public:
  explicit Transfer(call::CallControl& call) : call_{call} {}
  const speech::ToolDescription& description() const override { return description_; }
  bool has_side_effects() const override { return true; }
  void run(std::string arguments, const tools::ToolContext&, Done done) override {
    const auto parsed = nlohmann::json::parse(arguments, nullptr, false);
    std::string to;
    if (parsed.is_object() && parsed.contains("to") && parsed["to"].is_string()) to = parsed["to"];
    call_.emit("transfer.failed", nlohmann::json{{"to", to}, {"cause", "no_agent"}}.dump(
                                      -1, ' ', false, nlohmann::json::error_handler_t::replace));
    done(R"({"status":"failed","cause":"no_agent"})");
  }

 private:
  call::CallControl& call_;
  const speech::ToolDescription description_{
      .name = "transfer",
      .description = "Connects the caller to a human. When it fails, offer to take a note instead.",
      .parameters = R"({"type":"object","properties":{"to":{"type":"string"},"reason":{"type":"string"}}})"};
};

}  // namespace

std::unique_ptr<tools::Tool> make_end_call(std::function<void()> end_after_last_words) {
  return std::make_unique<EndCall>(std::move(end_after_last_words));
}

std::unique_ptr<tools::Tool> make_transfer(call::CallControl& call) { return std::make_unique<Transfer>(call); }

}  // namespace parley::assistant
