// Runs the tools that a model asks for.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "speech/llm.hpp"
#include "speech/media_time.hpp"
#include "tools/tool.hpp"

namespace parley::assistant {

using speech::MediaTime;

/// The tools of one conversation, and what they get to know about it.
struct ToolSet {
  tools::Toolbox tools;
  tools::ToolContext context;
};

class ToolListener {
 public:
  virtual ~ToolListener() = default;
  virtual void on_tool_started(std::string_view name) = 0;
  virtual void on_tool_finished(std::string_view name, bool ok, MediaTime duration) = 0;
};

/// All calls of one answer run side by side, each under its deadline. A tool that was started is
/// never cancelled and its result is never lost: it arrives by poll(), late if need be.
class ToolRunner {
 public:
  class Owner : public ToolListener {
   public:
    /// poll() has something, or the round is over.
    virtual void on_results() = 0;
  };
  struct Result {
    std::string call_id;
    std::string json;
  };

  ToolRunner(ToolSet tools, MediaTime deadline, Owner& owner);
  ~ToolRunner();
  ToolRunner(const ToolRunner&) = delete;
  ToolRunner& operator=(const ToolRunner&) = delete;

  std::vector<speech::ToolDescription> descriptions() const { return tools_.tools.descriptions(); }

  /// Tells nothing before it returns: poll() afterwards.
  void run_round(std::vector<speech::ToolCall> calls, MediaTime now);
  /// Nobody waits for the round any more; its tools go on.
  void abandon_round();
  void tick(MediaTime now);

  std::optional<Result> poll();
  /// True once, when every call of the round has a result.
  bool take_round_finished();
  bool awaited() const { return round_open_; }
  bool running() const;

 private:
  struct Running {
    std::uint64_t serial = 0;
    speech::ToolCall call;
    MediaTime started{};
    bool side_effects = false;
    bool awaited = true;   // by the round
    bool overdue = false;  // a result that says so was given already
  };
  /// What a tool's completion holds: the runner may be gone by then.
  struct Door {
    ToolRunner* runner = nullptr;
  };

  void start(speech::ToolCall call);
  void finished(std::uint64_t serial, std::string result);
  bool repeats(const speech::ToolCall& call) const;
  void notify();

  const ToolSet tools_;
  const MediaTime deadline_;
  Owner& owner_;
  std::shared_ptr<Door> door_ = std::make_shared<Door>(Door{this});
  std::vector<Running> running_;  // bounded
  std::deque<Result> results_;
  std::uint64_t next_serial_ = 1;
  MediaTime now_{};
  bool round_open_ = false, starting_ = false;
};

}  // namespace parley::assistant
