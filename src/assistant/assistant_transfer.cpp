// What the assistant does while the caller is on the way to an agent, with one, and back.
#include <nlohmann/json.hpp>

#include "assistant/assistant.hpp"
#include "assistant/events.hpp"
#include "assistant/summary.hpp"

namespace parley::assistant {

namespace {

// A caller who talks on is not told, and is not kept from the agent either.
constexpr MediaTime longest_wait_to_announce = 2s;

std::string text_of(const nlohmann::json& json) {
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

void Assistant::set_standing(call::Standing standing) {
  const auto before = std::exchange(standing_, standing);
  if (standing == call::Standing::held) voice_.pause();
  else if (before == call::Standing::held) voice_.resume();
  if (standing != call::Standing::listening) return;
  announcing_ = false;
  announcements_.clear();
  returned_.reset();
  if (saying_) cut_saying();
}

bool Assistant::announce_transfer(const call::TransferRequest&) {
  if (!voice_.speaks()) return false;
  announcing_ = true;
  announcing_since_ = call_.now();
  // A reply in the making says so itself; on_reply_complete() sees to it that it says anything.
  const bool replying = saying_ && saying_->kind == Saying::Kind::reply && !saying_->complete;
  if (!replying) announcements_.emplace_front(config_.phrases.connecting);
  return true;
}

void Assistant::finish_announcing() {
  if (!announcing_ || saying_ || !announcements_.empty()) return;
  announcing_ = false;
  call_.transfer_announced();
}

void Assistant::follow_announcing() {
  if (!announcing_ || saying_ || now_ < announcing_since_ + longest_wait_to_announce) return;
  announcements_.clear();
  finish_announcing();
}

bool Assistant::overheard(const TurnTaking::CommitTurn& turn) {
  if (talks()) return false;
  const auto words = words_of(turn.text);
  constexpr std::size_t longest = 8;  // "stop" in a long sentence is not for us
  const bool never_mind =
      standing_ == call::Standing::waiting && words.size() <= longest && never_mind_.contained_in(words);
  if (!never_mind || !call_.cancel_transfer()) return true;
  announcing_ = false;
  return false;  // and is answered as any other turn
}

void Assistant::on_returned(const call::Returned& returned) {
  announcing_ = false;
  returned_ = returned;
}

/// The model learns the outcome as its tool's result, and finds the words.
void Assistant::tell_returned() {
  if (!returned_ || !talks() || saying_ || turns_.turn_open() || conversation_.thinking()) return;
  const auto returned = std::move(*returned_);
  returned_.reset();
  nlohmann::json result{{"status", returned.status}};
  if (!returned.cause.empty()) result["cause"] = returned.cause;
  if (!returned.note.empty()) result["note"] = returned.note;
  nlohmann::json arguments = nlohmann::json::object();
  if (!returned.to.empty()) arguments["to"] = returned.to;
  auto& saying = begin_saying(Saying::Kind::reply);
  saying.due = now_;
  telling_ = true;
  call_.emit("assistant.thinking", "{}");
  conversation_.report("transfer", text_of(arguments), text_of(result));
}

std::unique_ptr<call::Brief> Assistant::make_brief(const call::TransferRequest& request) {
  if (!config_.tts) return nullptr;
  auto summary = make_plain_summary()->in_words(call_, conversation_, request.reason);
  return make_spoken_brief(call_, config_.tts,
                           {.rate = call_.rate(), .language = config_.language, .voice = config_.voice},
                           std::move(summary));
}

call::Tap* Assistant::agent_joined(const std::string& leg_id) {
  if (!config_.stt) return nullptr;
  auto& agent = agents_[leg_id];
  agent = std::make_unique<Transcriber>(call_, Transcriber::Config{.stt = config_.stt,
                                                                   .language = config_.language,
                                                                   .vocabulary = config_.vocabulary,
                                                                   .detection = config_.turns.detection,
                                                                   .speaker = call::Speaker::agent,
                                                                   .leg_id = leg_id});
  return agent.get();
}

void Assistant::agent_left(const std::string& leg_id) {
  const auto agent = agents_.find(leg_id);
  if (agent == agents_.end()) return;
  agent->second->finish();
  agents_.erase(agent);
}

}  // namespace parley::assistant
