// The part of a call that has to do with several parties: who comes, who goes, who hears whom.
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/log.hpp"
#include "base/ulid.hpp"
#include "call/handover.hpp"
#include "call/hold_music.hpp"
#include "call/input.hpp"

namespace parley::call {
namespace {

using Json = nlohmann::json;

std::string text_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

/// The user part of a SIP URI, or what it is without one.
std::string user_of(const std::string& address) {
  const auto begin = address.starts_with("sip:") ? 4 : address.starts_with("sips:") ? 5 : 0;
  return address.substr(static_cast<std::size_t>(begin), address.find('@') - static_cast<std::size_t>(begin));
}

TransferCause cause_of(const Party& party, EndCause cause, int sip_status) {
  switch (cause) {
    case EndCause::busy: return TransferCause::busy;
    case EndCause::caller_hangup: return TransferCause::hung_up;
    case EndCause::no_answer:
      return party.rang || sip_status == 480 ? TransferCause::no_answer : TransferCause::unreachable;
    case EndCause::rejected: {
      static constexpr std::array nowhere{404, 410, 416, 484, 500, 502, 503, 504, 604};
      return std::ranges::find(nowhere, sip_status) == nowhere.end() ? TransferCause::rejected
                                                                     : TransferCause::unreachable;
    }
    default: return TransferCause::unreachable;
  }
}

}  // namespace

// ---- what legs tell ----------------------------------------------------------------------------

void Call::on_ringing(Party& party) {
  if (party.role == Party::Role::caller) {
    if (state_ == State::arriving) change_state(State::ringing);
    return;
  }
  if (std::exchange(party.rang, true) || !handover_) return;
  if (const auto target = handover_->target_of(party)) handover_->core.ringing(*target);
  pump_transfer();
}

void Call::on_answered(Party& party) {
  if (party.role == Party::Role::caller) return caller_answered();
  if (party.over || party.answered || pending_end_) return;
  party.answered = true;
  const auto target = handover_ ? handover_->target_of(party) : std::nullopt;
  if (!enter(party)) {
    party.leg->hang_up(EndCause::failed);
    retire(party, EndCause::failed);
    if (target) handover_->core.ended(*target, TransferCause::unreachable, environment_.clock());
  } else if (target) {
    handover_->core.answered(*target, environment_.clock());
  } else {
    join(party);
  }
  pump_transfer();
}

void Call::on_held(Party& party, bool held) {
  party.holds = held;
  follow_hold();
}

void Call::on_dtmf(Party& party, char digit) {
  Json data{{"digit", std::string(1, digit)}};
  if (party.role != Party::Role::caller) data["leg_id"] = party.id;
  emit("dtmf", data.dump());
  if (!connected_ || pending_end_) return;
  if (party.role == Party::Role::caller) {
    if (standing_ == Standing::listening) return;  // for the agent, not for the assistant
    if (options_.transfer.key == digit && !handover_) {
      (void)transfer({.by = TransferBy::caller});  // refused: the key does nothing, as the event has told
      return;
    }
    return application_->on_dtmf(digit);
  }
  const auto target = handover_ ? handover_->target_of(party) : std::nullopt;
  if (!target) return;
  if (digit == '1') handover_->core.accept(*target, environment_.clock());
  if (digit == '2') handover_->core.decline(*target, environment_.clock());
  pump_transfer();
}

void Call::on_ended(Party& party, EndCause cause, int sip_status) {
  if (party.role == Party::Role::caller) return request_end(cause, sip_status, true);
  if (party.over) return;
  const bool joined = party.joined;
  const auto target = handover_ ? handover_->target_of(party) : std::nullopt;
  retire(party, cause == EndCause::caller_hangup ? EndCause::agent_hangup : cause);
  if (target) handover_->core.ended(*target, cause_of(party, cause, sip_status), environment_.clock());
  pump_transfer();
  if (joined) agent_gone(cause);
}

// ---- who comes and goes ------------------------------------------------------------------------

Party& Call::add_agent(const DialTarget& target) {
  agents_.push_back(std::make_unique<Party>(static_cast<PartyOwner&>(*this), Party::Role::agent,
                                            make_ulid(environment_.wall_clock(), *environment_.random),
                                            target.address));
  agents_.back()->agent = target.agent;
  follow_activity(target.agent);
  return *agents_.back();
}

bool Call::dial(Party& party, const DialTarget& target, std::chrono::milliseconds ring_timeout,
                std::string_view reason) {
  LegOptions leg;
  leg.call_id = id();
  leg.from = user_of(caller_.address);
  leg.name = options_.identity.user_name;
  leg.rate = options_.rate;
  leg.ring_timeout = ring_timeout;
  leg.headers.emplace_back("X-Parley-Call", id());
  if (!reason.empty()) leg.headers.emplace_back("X-Parley-Reason", std::string{reason.substr(0, 200)});
  auto made = environment_.dialler->dial(target, std::move(leg), party);
  if (!made) {
    log::warn("agent not dialled call={} to={}", id(), target.address);
    retire(party, EndCause::failed);
    return false;
  }
  party.leg = std::move(*made);
  return true;
}

/// An answered leg gets its place in the bridge, apart from the others.
bool Call::enter(Party& party) {
  if (bridge_.full()) return false;
  party.slot = bridge_.add(*party.leg, make_input(options_), 0.0f);
  party.joined_at = environment_.wall_clock();
  emit("leg.added",
       text_of(
           {{"leg_id", party.id}, {"role", "agent"}, {"channel", party.leg->channel()}, {"address", party.address}}));
  store(party, false);
  return true;
}

void Call::join(Party& party) {
  party.joined = true;
  if (options_.transfer.transcribe)
    if ((party.tap = application_->agent_joined(party.id))) bridge_.subscribe(*party.slot, *party.tap);
  if (state_ != State::with_agent) change_state(State::with_agent);
  follow_activity(party.agent);
  follow_hold();
}

void Call::retire(Party& party, EndCause cause) {
  party.over = true;
  party.joined = false;
  follow_activity(party.agent);
  if (party.tap) {
    bridge_.unsubscribe(*party.slot, *party.tap);
    application_->agent_left(party.id);
    party.tap = nullptr;
  }
  if (party.joined_at) {
    store(party, true);
    emit("leg.removed", text_of({{"leg_id", party.id}, {"role", "agent"}, {"cause", to_string(cause)}}));
  }
}

void Call::remove_retired() {
  for (auto& party : agents_) {
    if (!party->over) continue;
    if (party->slot) bridge_.remove(*party->slot);
    if (handover_) std::ranges::replace(handover_->parties, party.get(), static_cast<Party*>(nullptr));
  }
  std::erase_if(agents_, [](const auto& party) { return party->over; });
}

bool Call::with_agent() const {
  return std::ranges::any_of(agents_, [](const auto& party) { return party->joined; });
}

void Call::agent_gone(EndCause cause) {
  follow_hold();
  if (with_agent() || handover_ || pending_end_) return;  // under way to another: that goes on
  const bool lost = cause != EndCause::caller_hangup;     // the far end did not say goodbye
  if (!lost && !options_.transfer.back_after_hang_up) return request_end(EndCause::agent_hangup, 0, false);
  give_back({.status = "agent_left", .cause = lost ? "lost" : "hung_up"});
}

void Call::give_back(Returned returned) {
  change_state(home_state());
  follow_hold();
  application_->on_returned(returned);
}

void Call::stop_agents(EndCause cause) {
  for (auto& party : agents_) {
    if (party->over) continue;
    party->leg->hang_up(cause);
    retire(*party, cause);
  }
}

bool Call::hand_back(std::string note) {
  if (!with_agent() || pending_end_) return false;
  stop_agents(EndCause::transferred);
  give_back({.status = "handed_back", .note = std::move(note)});
  return true;
}

Result<std::string, TransferRefusal> Call::add_party(std::string_view to) {
  if (!connected_ || pending_end_ || !environment_.dialler) return std::unexpected(TransferRefusal::not_now);
  const auto places = environment_.dialler->locate(to);
  if (places.empty() || bridge_.full()) return std::unexpected(TransferRefusal::no_target);
  Party& party = add_agent(places.front());
  if (!dial(party, places.front(), options_.transfer.ring_timeout, {}))
    return std::unexpected(TransferRefusal::no_target);
  return party.id;
}

void Call::store(const Party& party, bool left) {
  LegRecord record{.id = party.id,
                   .call_id = id(),
                   .role = "agent",
                   .channel = std::string{party.leg->channel()},
                   .address = party.address,
                   .joined_at = *party.joined_at};
  if (left) record.left_at = environment_.wall_clock();
  record.quality = party.leg->quality();
  environment_.ledger->put_leg(record);
}

void Call::follow_activity(const std::string& agent) {
  if (agent.empty() || !environment_.directory) return;
  auto activity = Activity::none;  // of all their telephones here
  for (const auto& party : agents_) {
    if (party->agent != agent || party->over) continue;
    if (party->joined) activity = Activity::in_call;
    else if (activity == Activity::none) activity = Activity::ringing;
  }
  environment_.directory->set_activity(agent, id(), activity);
}

// ---- who hears whom ----------------------------------------------------------------------------

bool Call::hold(bool held) {
  if (!connected_ || pending_end_) return false;
  held_ = held;
  follow_hold();
  return true;
}

/// After anything that changes who is in the conversation, or on hold.
void Call::follow_hold() {
  const bool held =
      held_ || caller_.holds || std::ranges::any_of(agents_, [](const auto& p) { return p->joined && p->holds; });
  if (std::exchange(on_hold_, held) != held) change_state(state_);
  const auto standing = held_          ? Standing::held
                        : with_agent() ? Standing::listening
                        : handover_    ? Standing::waiting
                                       : Standing::talking;
  if (std::exchange(standing_, standing) != standing && application_) application_->set_standing(standing);
  route();
}

Hearing Call::hearing() const {
  const bool agent = with_agent();
  return {.waiting = handover_ && handover_->music,
          .held = held_ || std::ranges::any_of(agents_, [](const auto& p) { return p->joined && p->holds; }),
          .caller_away = caller_.holds && agent,
          .assistant = !agent};
}

void Call::route() {
  const auto now = hearing();
  if (needs_music(now) && !music_ && environment_.music && !bridge_.full()) {
    music_ = std::make_unique<MusicPlayer>(environment_.music, options_.rate);
    music_slot_ = bridge_.add(*music_, nullptr, 0.0f);
  }
  if (music_) needs_music(now) ? music_->start() : music_->stop();

  struct Place {
    Bridge::Slot slot;
    Part part;
  };
  std::array<Place, Bridge::max_participants> places{};
  std::size_t count = 0;
  places[count++] = {*caller_.slot, Part::caller};
  if (application_slot_) places[count++] = {*application_slot_, Part::assistant};
  if (player_) places[count++] = {player_slot_, Part::player};
  if (music_) places[count++] = {music_slot_, Part::music};
  if (handover_ && handover_->brief_slot) places[count++] = {*handover_->brief_slot, Part::brief};
  for (const auto& party : agents_)
    if (party->slot && !party->over) places[count++] = {*party->slot, party->joined ? Part::agent : Part::agent_apart};
  for (std::size_t source = 0; source < count; ++source)
    for (std::size_t sink = 0; sink < count; ++sink)
      if (source != sink)
        bridge_.set_gain(places[source].slot, places[sink].slot, gain(now, places[source].part, places[sink].part));
}

}  // namespace parley::call
