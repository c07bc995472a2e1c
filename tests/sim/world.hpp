// One worker of Parley with everything around it simulated: clock, network, telephones, store.
#pragma once

#include <deque>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "assistant/assistant.hpp"
#include "call/directory.hpp"
#include "call/event_hub.hpp"
#include "call/registry.hpp"
#include "legs/sip/sip_dialler.hpp"
#include "legs/sip/user_agent.hpp"
#include "sim/media_port.hpp"
#include "sim/memory_ledger.hpp"
#include "sim/network.hpp"
#include "sim/phone.hpp"
#include "sim/scripted.hpp"
#include "sim/timeline.hpp"

namespace parley::sim {

struct WorldOptions {
  bool record = false;
  bool denoise = false;
  bool detect_speech = false;
  std::chrono::seconds session_expires{1'800};
  std::size_t capacity = 1'000;
  call::TransferOptions transfer{};
  legs::MediaPolicies media{};
};

/// Extensions: 1000 the assistant, 9196 echo, 9197 a tone, 9199 the listener. The real code from the
/// SIP stack and RTP up; what a worker's event loop does, run_for() does on virtual time.
class World final : private legs::SipWorld, private call::ApplicationFactory, private Receiver {
 public:
  explicit World(std::uint64_t seed, WorldOptions options = {});
  ~World() override;

  Phone& add_phone(PhoneOptions options = {}, Path path = {});
  /// A phone that has dialled.
  Phone& call(std::string_view extension, PhoneOptions options = {}, Path path = {});
  /// Parley calls the phone and joins it with an application.
  void dial(Phone& phone, call::RouteTarget::Kind application, std::chrono::milliseconds ring_timeout = 30s);
  /// Where a transfer reaches it.
  static std::string uri_of(const Phone& phone);
  /// From now on these are the telephones of agent 2001.
  void set_agent_phones(const std::vector<Phone*>& phones);
  const legs::GuardedPort::Counters& refused_media() const { return agent_->refused_media(); }
  /// The worker is busy elsewhere for so long: its ticks are made up for at once afterwards.
  void stall(Duration duration) { stalled_until_ = timeline.now() + duration; }

  void run_for(Duration duration) { run_until(timeline.now() + duration); }
  void run_until(TimePoint end);
  void at(TimePoint when, Timeline::Action action) { timeline.at(when, std::move(action)); }
  void after(Duration delay, Timeline::Action action) { timeline.after(delay, std::move(action)); }

  /// The id that Parley gave to the n-th call.
  const std::string& call_id(std::size_t index = 0) const { return ledger.order.at(index); }
  call::Call* live_call(std::size_t index = 0) { return registry->find(call_id(index)); }
  /// The phone's call, while it lives.
  call::Call* live_call(const Phone& phone);
  std::vector<std::string> event_types(const std::string& id) const;
  std::vector<std::string> event_data(const std::string& id, std::string_view type) const;
  const call::Summary& final_row(std::size_t index = 0) const { return ledger.states.at(call_id(index)).back(); }
  /// Both channels of a finished recording, at the call's rate.
  struct Recording {
    std::vector<std::int16_t> caller, others;
    audio::Rate rate{};
  };
  Recording recording(std::size_t index = 0) const;
  /// When the media clock wrote the recording's first sample.
  TimePoint answered_at(const std::string& id) const;

  /// What is alive, as text; empty when every call, leg, session, transaction and port is gone.
  std::string leftovers() const;

  static constexpr IpAddress address = IpAddress::v4(0xC0000201);  // 192.0.2.1
  static constexpr Endpoint sip_address{address, Network::signalling_port};

  Timeline timeline;
  Network network;
  MemoryLedger ledger{timeline};
  call::EventHub events;
  call::Directory directory;
  call::TickSchedule schedule;
  assistant::AssistantConfig assistant_config;
  std::uint64_t tick_allocations = 0;  // in all ticks so far

 private:
  class Executor;
  class Files;

  // legs::SipWorld
  void send(const sip::Flow& flow, std::string bytes) override;
  void resolve(sip::QueryId query, const sip::Uri& target, std::optional<sip::Transport> transport) override;
  std::unique_ptr<legs::MediaPort> open_media(const IpAddress& peer) override;
  IpAddress address_towards(const IpAddress&) override { return address; }
  TimePoint now() override { return timeline.now(); }

  std::unique_ptr<call::Application> make(const call::RouteTarget& target, call::CallControl& call) override;
  void on_packet(const Endpoint& to, const Endpoint& from, std::span<const std::byte> bytes) override;

  call::Environment make_environment();
  void arm();
  void schedule_phase(std::size_t phase, TimePoint due);
  void settle();

  WorldOptions options_;
  Random random_;
  Ports ports_;
  std::shared_ptr<Executor> executor_;
  std::unique_ptr<Files> files_;
  std::filesystem::path recordings_;
  call::Environment environment_;
  call::Capacity capacity_;
  legs::SharedLockout lockout_;
  legs::Accounts accounts_{"parley", {}};
  legs::Admission admission_;
  std::unique_ptr<legs::UserAgent> agent_;
  std::unique_ptr<legs::SipDialler> dialler_;
  TimePoint armed_for_ = TimePoint::max();
  TimePoint stalled_until_{};
  std::vector<std::unique_ptr<Phone>> phones_;
  const WallTime wall_start_ = WallTime{} + std::chrono::hours{24 * 365 * 56};
  TimePoint start_{};

 public:
  std::unique_ptr<call::Registry> registry;
};

}  // namespace parley::sim
