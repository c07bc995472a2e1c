#include "sim/world.hpp"

#include <unistd.h>

#include <fstream>

#include "audio/wav.hpp"
#include "base/log.hpp"
#include "call/hold_music.hpp"
#include "call/test_extensions.hpp"

namespace parley::sim {

namespace fs = std::filesystem;

/// Runs posted work after the action that posted it, as a worker's loop does.
class World::Executor final : public speech::Executor {
 public:
  void post(std::move_only_function<void()> work) override {
    const Exempt own;
    waiting_.push_back(std::move(work));
  }
  bool run() {
    if (waiting_.empty()) return false;
    auto work = std::move(waiting_.front());
    waiting_.pop_front();
    work();
    return true;
  }

 private:
  std::deque<std::move_only_function<void()>> waiting_;
};

class World::Files final : public speech::JobQueue {
 public:
  bool try_submit(std::move_only_function<void()>&& job) override {
    const Exempt own;
    waiting_.push_back(std::move(job));
    return true;
  }
  std::size_t depth() const override { return waiting_.size(); }
  bool run() {
    if (waiting_.empty()) return false;
    auto job = std::move(waiting_.front());
    waiting_.pop_front();
    job();
    return true;
  }

 private:
  std::deque<std::move_only_function<void()>> waiting_;
};

namespace {

call::Route open_route(std::string to, call::RouteTarget target) {
  call::Route route;
  route.to = std::move(to);
  route.target = std::move(target);
  route.open = true;
  return route;
}

legs::Admission::Config admission_config() {
  using Kind = call::RouteTarget::Kind;
  legs::Admission::Config config;
  config.routes = {open_route("1000", {Kind::assistant, "reception", {}}), open_route("9196", {Kind::echo, {}, {}}),
                   open_route("9197", {Kind::tone, {}, {}}), open_route("9199", {Kind::listener, {}, {}})};
  config.digest.realm = "parley";
  config.digest.secret = "simulation";
  return config;
}

legs::UserAgentConfig agent_config(const WorldOptions& options) {
  using audio::CodecName;
  legs::UserAgentConfig config;
  config.codecs = {CodecName::opus, CodecName::g722, CodecName::pcmu, CodecName::pcma};
  config.stack.sent_by[static_cast<std::size_t>(sip::Transport::udp)] = {World::address.to_string(),
                                                                         Network::signalling_port};
  config.stack.session_timer.expires = options.session_expires;
  config.media = options.media;
  return config;
}

}  // namespace

World::World(std::uint64_t seed, WorldOptions options)
    : network{timeline, seed + 1},
      directory{{{.extension = "2001", .name = "Support", .queues = {}}},
                [](std::move_only_function<void()> work) { work(); },
                [this] { return wall_start_ + (timeline.now() - start_); },
                nullptr},
      options_{options},
      random_{Random::seeded(seed)},
      executor_{std::make_shared<Executor>()},
      files_{std::make_unique<Files>()},
      environment_{make_environment()},
      capacity_{options.capacity},
      admission_{admission_config(), accounts_, lockout_},
      start_{timeline.now()},
      registry{
          std::make_unique<call::Registry>(environment_, static_cast<call::ApplicationFactory&>(*this), capacity_)} {
  log::set_level(log::Level::error);
  const auto profile = [this](const call::RouteTarget&) {
    return legs::CallProfile{.record = options_.record,
                             .denoise = options_.denoise,
                             .detect_speech = options_.detect_speech,
                             .transfer = options_.transfer};
  };
  agent_ = std::make_unique<legs::UserAgent>(agent_config(options_), *registry, admission_, profile,
                                             static_cast<legs::SipWorld&>(*this), Random::seeded(seed + 2));
  agent_->on_deadline_moved([this] { arm(); });
  dialler_ =
      std::make_unique<legs::SipDialler>(*agent_, legs::SipDialler::Config{.trunks = {}, .directory = &directory});
  environment_.directory = &directory;
  environment_.dialler = dialler_.get();
  network.attach(sip_address, *this);
  schedule_phase(0, timeline.now() + call::TickSchedule::phase_duration);
}

World::~World() {
  registry.reset();
  if (!recordings_.empty()) fs::remove_all(recordings_);
}

call::Environment World::make_environment() {
  if (options_.record) {
    auto name = (fs::temp_directory_path() / "parley-sim-XXXXXX").string();
    if (::mkdtemp(name.data()) != nullptr) recordings_ = name;
  }
  call::Environment made;
  made.schedule = &schedule;
  made.events = &events;
  made.ledger = &ledger;
  made.files = files_.get();
  made.executor = executor_;
  made.random = &random_;
  made.wall_clock = [this] { return wall_start_ + (timeline.now() - start_); };
  made.recordings = recordings_;
  made.clock = [this] { return timeline.now(); };
  static const auto music = call::HoldMusic::composed();
  made.music = music;
  return made;
}

Phone& World::add_phone(PhoneOptions options, Path path) {
  const auto number = static_cast<std::uint32_t>(phones_.size() + 1);
  const auto at = IpAddress::v4(0x0A000000u + number);
  network.set_path(at, std::move(path));
  phones_.push_back(std::make_unique<Phone>(timeline, network, at, options, Random::seeded(random_.u64())));
  return *phones_.back();
}

Phone& World::call(std::string_view extension, PhoneOptions options, Path path) {
  Phone& phone = add_phone(options, std::move(path));
  phone.dial(extension, sip_address);
  return phone;
}

std::string World::uri_of(const Phone& phone) {
  return "sip:phone@" + phone.address().to_string() + ":" + std::to_string(phone.sip_address().port);
}

void World::set_agent_phones(const std::vector<Phone*>& phones) {
  std::vector<call::AgentContact> contacts;
  for (const Phone* phone : phones)
    contacts.push_back({.uri = uri_of(*phone), .path = {}, .transport = "udp", .remote = phone->sip_address()});
  directory.set_contacts("2001", std::move(contacts));
}

void World::dial(Phone& phone, call::RouteTarget::Kind application, std::chrono::milliseconds ring_timeout) {
  legs::DialOptions options;
  options.target =
      sip::Uri{.scheme = "sip", .user = "phone", .host = phone.address().to_string(), .port = phone.sip_address().port};
  options.from = "1000";
  options.application.kind = application;
  options.ring_timeout = ring_timeout;
  options.call_id = "outbound-" + std::to_string(ledger.order.size());
  (void)agent_->dial(std::move(options));
}

// ---- what a worker's event loop does -----------------------------------------------------------

void World::run_until(TimePoint end) {
  timeline.run_until(end, [this] { settle(); });
}

void World::settle() {
  while (executor_->run() || files_->run()) {
  }
}

void World::schedule_phase(std::size_t phase, TimePoint due) {
  timeline.at(std::max(due, stalled_until_), [this, phase, due] {
    if (timeline.now() < stalled_until_) return schedule_phase(phase, due);
    const auto before = allocations();
    {
      const Counting ticks;
      schedule.run_phase(phase, timeline.now());
    }
    tick_allocations += allocations() - before;
    schedule_phase((phase + 1) % call::TickSchedule::phases, due + call::TickSchedule::phase_duration);
  });
}

void World::arm() {
  const TimePoint due = agent_->deadline();
  if (due == armed_for_ || due == TimePoint::max()) return;
  armed_for_ = due;
  timeline.at(due, [this, due] {
    if (armed_for_ != due) return;  // moved meanwhile
    armed_for_ = TimePoint::max();
    agent_->advance();
    arm();
  });
}

void World::on_packet(const Endpoint&, const Endpoint& from, std::span<const std::byte> bytes) {
  const std::string_view text{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  const sip::Flow flow{sip::Transport::udp, from, 0};
  auto message = sip::parse(text);
  if (message) agent_->receive(flow, std::move(*message), text);
  else agent_->receive_text(flow, text);
}

void World::send(const sip::Flow& flow, std::string bytes) {
  network.send(sip_address, flow.remote, std::as_bytes(std::span{bytes}));
}

/// There are no names here: nothing is ever found.
void World::resolve(sip::QueryId query, const sip::Uri&, std::optional<sip::Transport>) {
  timeline.after(1ms, [this, query] { agent_->resolved(query, {}); });
}

std::unique_ptr<legs::MediaPort> World::open_media(const IpAddress&) {
  return std::make_unique<SimMediaPort>(timeline, network, ports_, address);
}

std::unique_ptr<call::Application> World::make(const call::RouteTarget& target, call::CallControl& call) {
  using Kind = call::RouteTarget::Kind;
  switch (target.kind) {
    case Kind::echo: return call::make_echo(call.rate());
    case Kind::tone: return call::make_tone(call.rate());
    case Kind::assistant: return std::make_unique<assistant::Assistant>(call, assistant_config);
    default: return call::make_listener(call);
  }
}

// ---- what became of it -------------------------------------------------------------------------

call::Call* World::live_call(const Phone& phone) {
  const auto from = "sip:phone@" + phone.address().to_string();
  for (const auto& [id, rows] : ledger.states)
    if (rows.front().from == from) return registry->find(id);
  return nullptr;
}

std::vector<std::string> World::event_types(const std::string& id) const {
  std::vector<std::string> types;
  if (const auto found = ledger.events.find(id); found != ledger.events.end())
    for (const auto& event : found->second) types.push_back(event.type);
  return types;
}

std::vector<std::string> World::event_data(const std::string& id, std::string_view type) const {
  std::vector<std::string> data;
  if (const auto found = ledger.events.find(id); found != ledger.events.end())
    for (const auto& event : found->second)
      if (event.type == type) data.push_back(event.data);
  return data;
}

World::Recording World::recording(std::size_t index) const {
  std::ifstream in{recordings_ / final_row(index).recording, std::ios::binary};
  const std::string text{std::istreambuf_iterator<char>{in}, {}};
  const auto layout = audio::wav::parse(std::as_bytes(std::span{text}));
  Recording recording;
  if (!layout || layout->channels != 2) return recording;
  recording.rate = layout->rate_hz == 16'000 ? audio::Rate::wide : audio::Rate::narrow;
  const auto* samples = reinterpret_cast<const std::int16_t*>(layout->data.data());
  for (std::size_t i = 0; i + 1 < layout->data.size() / 2; i += 2) {
    recording.caller.push_back(samples[i]);
    recording.others.push_back(samples[i + 1]);
  }
  return recording;
}

TimePoint World::answered_at(const std::string& id) const {
  for (const auto& row : ledger.states.at(id))
    if (row.answered_at) return start_ + (*row.answered_at - wall_start_);
  return {};
}

std::string World::leftovers() const {
  std::string text;
  const auto report = [&text](std::string_view what, std::size_t count) {
    if (count > 0) text += std::string{what} + " " + std::to_string(count) + "; ";
  };
  report("calls", registry->load());
  report("places", capacity_.used());
  report("ticked", schedule.size());
  report("legs", agent_->legs());
  report("sessions", agent_->sessions());
  report("transactions", agent_->transactions());
  report("ports", ports_.taken());
  for (const auto& phone : phones_) {
    report("phone sessions " + phone->address().to_string(), phone->sessions());
    report("phone transactions " + phone->address().to_string(), phone->transactions());
  }
  return text;
}

}  // namespace parley::sim
