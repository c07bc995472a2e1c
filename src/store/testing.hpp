// What the tests of this folder share.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <future>
#include <string>

#include "store/records.hpp"

namespace parley::store::testing {

/// A folder of its own, gone with the test.
class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "parley-store-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

inline RecordsConfig config_in(const Folder& folder) {
  RecordsConfig config;
  config.database = folder / "parley.db";
  config.journal = folder / "journal";
  config.lock_wait = 20ms;
  config.retry_every = 10ms;
  return config;
}

/// Asks and waits for the answer: `ask` gets the reply to pass on.
template <class T, class Ask>
Result<T, StoreError> answer_to(Ask ask) {
  std::promise<Result<T, StoreError>> promise;
  auto future = promise.get_future();
  ask(Reply<T>{[&promise](Result<T, StoreError> result) { promise.set_value(std::move(result)); }});
  return future.get();
}

inline WallTime at(std::int64_t milliseconds) { return WallTime{std::chrono::milliseconds{milliseconds}}; }

inline CallRow call_named(std::string id, std::int64_t started_ms = 1'000) {
  CallRow call;
  call.id = std::move(id);
  call.state = "arriving";
  call.direction = "inbound";
  call.channel = "sip";
  call.from = "sip:alice@example.com";
  call.to = "1000";
  call.assistant = "reception";
  call.started_at = at(started_ms);
  return call;
}

inline std::unique_ptr<Records> open_records(const RecordsConfig& config) {
  auto records = Records::open(config);
  EXPECT_TRUE(records) << records.error().message;
  return records ? std::move(*records) : nullptr;
}

inline Result<Written, StoreError> insert(Records& records, CallRow call) {
  return answer_to<Written>([&](Reply<Written> reply) { records.insert_call(std::move(call), std::move(reply)); });
}
inline Result<CallDetail, StoreError> get(Records& records, std::string id) {
  return answer_to<CallDetail>([&](Reply<CallDetail> reply) { records.get_call(std::move(id), std::move(reply)); });
}
inline Result<CallPage, StoreError> list(Records& records, CallFilter filter) {
  return answer_to<CallPage>([&](Reply<CallPage> reply) { records.list_calls(std::move(filter), std::move(reply)); });
}

}  // namespace parley::store::testing
