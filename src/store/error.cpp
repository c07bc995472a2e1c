#include "store/error.hpp"

namespace parley::store {

std::string_view to_string(StoreError::Code code) {
  switch (code) {
    case StoreError::Code::queue_full: return "queue_full";
    case StoreError::Code::away: return "away";
    case StoreError::Code::journal_full: return "journal_full";
    case StoreError::Code::corrupt: return "corrupt";
    case StoreError::Code::newer_schema: return "newer_schema";
    case StoreError::Code::rejected: return "rejected";
    case StoreError::Code::not_found: return "not_found";
    case StoreError::Code::bad_cursor: return "bad_cursor";
    case StoreError::Code::stopped: return "stopped";
  }
  return "unknown";
}

}  // namespace parley::store
