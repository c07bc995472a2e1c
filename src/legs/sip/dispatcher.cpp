#include "legs/sip/dispatcher.hpp"

namespace parley::legs {

int Dispatcher::worker_for(const sip::Message& message, TimePoint now) {
  if (const auto worker = sip::worker_of(message); worker && *worker < workers_) return *worker;
  if (workers_ == 1 || message.is_response()) return 0;
  if (message.method == "REGISTER") return 0;  // the registrar is there, whatever its Call-ID was used for

  while (!order_.empty()) {
    const auto oldest = by_call_id_.find(order_.front());
    if (oldest->second.until > now && by_call_id_.size() < max_entries) break;
    by_call_id_.erase(oldest);
    order_.pop_front();
  }
  if (const auto known = by_call_id_.find(message.call_id); known != by_call_id_.end()) return known->second.worker;
  if (message.method != "INVITE") return 0;
  const int worker = least_loaded_();
  by_call_id_.emplace(message.call_id, Entry{worker, now + lifetime});
  order_.push_back(message.call_id);
  return worker;
}

}  // namespace parley::legs
