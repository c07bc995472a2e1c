// The ledger over the store's records.
#pragma once

#include "call/ledger.hpp"

namespace parley::store {
class Records;
}

namespace parley::call {

/// Shared by all workers: Records is thread-safe, and this adds nothing of its own.
class StoredLedger final : public Ledger {
 public:
  explicit StoredLedger(store::Records& records) : records_{records} {}

  void open(const Summary& call, std::shared_ptr<speech::Executor> executor,
            std::move_only_function<void(bool accepted)> done) override;
  void update(const Summary& call) override;
  void put_leg(const LegRecord& leg) override;
  void put_transfer(const TransferRecord& transfer) override;
  void append_turn(const std::string& call_id, int seq, const Turn& turn) override;
  void append_event(const std::string& call_id, std::uint64_t seq, WallTime at, std::string_view type,
                    std::string_view data) override;

 private:
  store::Records& records_;
};

}  // namespace parley::call
