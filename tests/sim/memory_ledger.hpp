// What calls write, kept in order of writing.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "call/ledger.hpp"
#include "sim/timeline.hpp"

namespace parley::sim {

struct StoredEvent {
  std::uint64_t seq;
  TimePoint at;
  std::string type, data;
};

class MemoryLedger final : public call::Ledger {
 public:
  explicit MemoryLedger(Timeline& timeline) : timeline_{timeline} {}

  void open(const call::Summary& call, std::shared_ptr<speech::Executor> executor,
            std::move_only_function<void(bool)> done) override {
    states[call.id].push_back(call);
    order.push_back(call.id);
    auto accepted = [executor = std::move(executor), done = std::move(done)]() mutable {
      executor->post([done = std::move(done)]() mutable { done(true); });
    };
    timeline_.after(open_delay, std::move(accepted));
  }
  void update(const call::Summary& call) override { states[call.id].push_back(call); }
  void put_leg(const call::LegRecord& leg) override { legs[leg.call_id].push_back(leg); }
  void put_transfer(const call::TransferRecord& transfer) override { transfers[transfer.call_id].push_back(transfer); }
  void append_turn(const std::string& call_id, int, const call::Turn& turn) override { turns[call_id].push_back(turn); }
  void append_event(const std::string& call_id, std::uint64_t seq, WallTime, std::string_view type,
                    std::string_view data) override {
    events[call_id].push_back({seq, timeline_.now(), std::string{type}, std::string{data}});
  }

  Duration open_delay = 5ms;
  std::vector<std::string> order;  // ids, as they came
  std::map<std::string, std::vector<call::Summary>> states;
  std::map<std::string, std::vector<StoredEvent>> events;
  std::map<std::string, std::vector<call::Turn>> turns;
  std::map<std::string, std::vector<call::LegRecord>> legs;  // beside the caller's; each as often as it was written
  std::map<std::string, std::vector<call::TransferRecord>> transfers;

 private:
  Timeline& timeline_;
};

}  // namespace parley::sim
