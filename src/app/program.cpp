#include "app/program.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <future>

#include "api/api.hpp"
#include "app/adapters.hpp"
#include "app/agents.hpp"
#include "app/applications.hpp"
#include "app/backend.hpp"
#include "app/browser_admission.hpp"
#include "app/call_worker.hpp"
#include "app/machine_limits.hpp"
#include "app/sip_config.hpp"
#include "app/sip_websocket.hpp"
#include "app/telemetry.hpp"
#include "app/trunk_watch.hpp"
#include "app/user_watch.hpp"
#include "audio/wav.hpp"
#include "base/log.hpp"
#include "base/thread_setup.hpp"
#include "call/directory.hpp"
#include "call/event_hub.hpp"
#include "call/stored_ledger.hpp"
#include "legs/sip/agent_registrar.hpp"
#include "legs/sip/shell.hpp"
#include "legs/sip/sip_dialler.hpp"
#include "legs/webrtc/shell.hpp"
#include "net/http_server.hpp"
#include "net/tls.hpp"
#include "observe/logging.hpp"
#include "observe/metrics.hpp"
#include "store/pin.hpp"
#include "store/records.hpp"
#include "store/session/sessions.hpp"

namespace parley::app {

namespace fs = std::filesystem;

namespace {

constexpr Duration goodbye_within = 3s;  // for BYEs to be answered and recordings to be closed
constexpr Duration http_grace = 2s;

std::size_t worker_count(const Config& config) {
  if (config.workers > 0) return static_cast<std::size_t>(config.workers);
  return std::max(1U, std::thread::hardware_concurrency());
}

sigset_t our_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, signal);
  return signals;
}

/// Who may use the API, and what pages are told. Makes the admin's token unless a configured key is the admin's.
api::ApiConfig make_api_config(const Config& config) {
  api::ApiConfig api;
  for (const auto& key : config.api_keys)
    api.keys.push_back({key.name, key.key, key.role == "admin" ? store::Role::admin : store::Role::monitor});
  if (std::ranges::find(api.keys, store::Role::admin, &api::ApiKey::role) == api.keys.end()) {
    try {
      api.admin_token = api::admin_token(config.data);
    } catch (const std::runtime_error& error) {
      throw StartError{error.what()};
    }
  }
  for (const auto& server : config.webrtc.ice_servers)
    api.ice_servers.push_back({server.urls, server.username, server.credential, server.secret,
                               std::chrono::duration_cast<std::chrono::seconds>(server.lifetime)});
  return api;
}

std::shared_ptr<const call::HoldMusic> hold_music_of(const Config& config) {
  if (config.media.hold_music.empty()) return call::HoldMusic::composed();
  auto music = call::HoldMusic::from_file(config.media.hold_music);
  if (!music) throw StartError{"media.hold_music: " + music.error() + ". Give a WAV file, or leave the key out."};
  return std::move(*music);
}

/// Runs `work` on the worker and waits for it. Not from a worker's thread.
void run_there(net::Worker& worker, std::move_only_function<void()> work) {
  std::promise<void> done;
  worker.post([&] {
    work();
    done.set_value();
  });
  done.get_future().wait();
}

}  // namespace

/// In the order of making; taken down the other way round.
struct Program::Parts {
  explicit Parts(const Config& config)
      : workers{worker_count(config)},
        files{{.name = "files", .threads = 2, .queue_limit = 4'096, .nice = behind_media}},
        passwords{{.name = "passwords", .threads = 1, .queue_limit = 32, .nice = behind_media}},
        speech{{.name = "speech", .threads = worker_count(config), .queue_limit = 256, .nice = behind_media}},
        files_queue{files},
        speech_queue{speech},
        local{speech_queue} {}

  /// Begun first: the cipher library tests itself for a tenth of a second.
  std::future<dtls::Context> media_security =
      std::async(std::launch::async, [] { return dtls::Context{dtls::Certificate::make()}; });
  Random random = Random::secure();
  store::Sessions sessions;
  std::unique_ptr<store::Records> records;
  call::EventHub events;
  net::Workers workers;
  net::BlockingPool files, passwords, speech;
  PoolQueue files_queue, speech_queue;
  LocalProviders local;
  std::unique_ptr<call::StoredLedger> ledger;
  std::unique_ptr<call::Directory> directory;
  std::unique_ptr<AgentExtensions> extensions;
  std::unique_ptr<Applications> applications;
  std::unique_ptr<call::DialGate> gate;  // outlives the calls that hold its permits
  std::unique_ptr<call::Capacity> capacity;
  std::vector<std::unique_ptr<CallWorker>> calls;
  legs::SharedLockout lockout;
  std::unique_ptr<legs::Accounts> accounts;
  std::unique_ptr<legs::AgentRegistrar> registrar;
  std::unique_ptr<legs::SipShell> sip;
  std::unique_ptr<TrunkWatch> trunks;
  std::unique_ptr<legs::WebRtcShell> webrtc;
  std::unique_ptr<BrowserAdmission> browsers;
  std::unique_ptr<store::Pins> pins;
  std::unique_ptr<Backend> backend;
  std::unique_ptr<Telemetry> telemetry;
  std::unique_ptr<UserWatch> user_watch;
  std::unique_ptr<api::Api> api;
  std::unique_ptr<net::HttpServer> http;
  std::string token;  // of the admin; empty: a configured key is theirs
};

Program::Program(LoadedConfig loaded) : loaded_{std::move(loaded)} {}
Program::~Program() {
  if (data_lock_ >= 0) ::close(data_lock_);
}

void Program::run() {
  const Config& config = loaded_.config;
  observe::install_logging({.level = config.log.level, .json = config.log.json});
  for (const auto& notice : loaded_.notices) log::info("{}", notice);

  // Before any thread: all of them inherit it, and only this one waits for signals.
  const sigset_t signals = our_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);

  prepare_folders();
  parts_ = std::make_unique<Parts>(config);
  recover();
  build();
  start();
  announce();
  wait_for_signal();
  drain();
  stop();
  observe::flush_logging();
}

void Program::prepare_folders() {
  const Config& config = loaded_.config;
  for (const auto& folder : {config.data, config.recording.folder, config.media.folder}) {
    std::error_code error;
    fs::create_directories(folder, error);
    if (error)
      throw StartError{"data: cannot make the folder '" + folder.string() + "': " + error.message() +
                       ". Choose another folder, or give this user the right to write there."};
  }
  // A second program here would take the first one's living calls for interrupted ones.
  const auto lock = config.data / "lock";
  data_lock_ = ::open(lock.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  if (data_lock_ < 0 || ::flock(data_lock_, LOCK_EX | LOCK_NB) != 0)
    throw StartError{"data: the folder '" + config.data.string() +
                     "' is in use by another Parley. Stop that one, or choose another folder."};
}

/// Calls that were open when the program died are marked, and their recordings mended.
void Program::recover() {
  const Config& config = loaded_.config;
  auto records = store::Records::open({.database = config.database, .journal = config.data / "journal"});
  if (!records) throw StartError{"store: " + records.error().message};
  parts_->records = std::move(*records);

  std::promise<std::vector<store::Interrupted>> found;
  parts_->records->mark_interrupted({[&](Result<std::vector<store::Interrupted>, store::StoreError> interrupted) {
    found.set_value(interrupted ? std::move(*interrupted) : std::vector<store::Interrupted>{});
  }});
  for (const auto& call : found.get_future().get()) {
    log::warn("call was interrupted call={}", call.id);
    if (call.recording.empty()) continue;
    const auto path = config.recording.folder / call.recording;
    if (const auto mended = audio::wav::repair(path); !mended)
      log::warn("recording not mended call={} reason=\"{}\"", call.id, audio::wav::to_string(mended.error()));
  }
}

void Program::build() {
  const Config& config = loaded_.config;
  Parts& parts = *parts_;
  parts.ledger = std::make_unique<call::StoredLedger>(*parts.records);
  parts.directory = std::make_unique<call::Directory>(
      directory_entries(config), [&parts](auto work) { parts.workers.at(0).post(std::move(work)); },
      [] { return std::chrono::system_clock::now(); }, &parts.events);
  parts.extensions = std::make_unique<AgentExtensions>(*parts.directory);
  auto applications = Applications::make(config, parts.local, *parts.records, parts.random, *parts.extensions);
  if (!applications) throw StartError{applications.error()};
  parts.applications = std::move(*applications);
  parts.capacity = std::make_unique<call::Capacity>(call_limit(config, raise_descriptor_limit(), parts.workers.size()));

  const CallServices services{parts.events,    *parts.ledger,           parts.files_queue,     *parts.applications,
                              *parts.capacity, config.recording.folder, hold_music_of(config), parts.directory.get()};
  std::vector<call::Registry*> registries;
  std::vector<CallWorker*> workers;
  for (std::size_t i = 0; i < parts.workers.size(); ++i) {
    parts.calls.push_back(std::make_unique<CallWorker>(parts.workers.at(i), services));
    registries.push_back(&parts.calls.back()->registry());
    workers.push_back(parts.calls.back().get());
  }

  auto agents = keep_agent_passwords(config);
  if (!agents) throw StartError{agents.error()};
  passwords_made_ = std::move(*agents);
  parts.accounts = make_accounts(config, passwords_made_);
  auto secret = store::server_secret(config.data / "secret");
  if (!secret) throw StartError{"data: " + secret.error()};
  auto tls = sip_tls(config);
  if (!tls) throw StartError{"sip.tls: " + tls.error()};
  auto shell = sip_config(config, parts.random.token(32), std::move(*tls));
  shell.http = config.http.listen;
  shell.agent.stack.instance = instance_urn(*secret);
  shell.admission.directory = parts.directory.get();
  shell.admission.outside = [&parts](const std::string& caller, const std::string& to) {
    return call_outside(*parts.gate, parts.trunks->choose(), caller, to);
  };
  const auto digest = shell.admission.digest;
  shell.profile_of = [&parts](const call::RouteTarget& target) { return parts.applications->profile(target); };
  parts.sip =
      std::make_unique<legs::SipShell>(std::move(shell), parts.workers, registries, *parts.accounts, parts.lockout);
  if (const auto bound = parts.sip->bind(); !bound) throw StartError{bound.error().message};
  parts.registrar = std::make_unique<legs::AgentRegistrar>(registrar_config(config, digest, *parts.sip),
                                                           *parts.accounts, parts.lockout, *parts.directory);
  parts.sip->serve_registrar(*parts.registrar);
  for (std::size_t i = 0; i < parts.calls.size(); ++i)
    parts.calls[i]->set_dialler(std::make_unique<legs::SipDialler>(parts.sip->agent(static_cast<int>(i)),
                                                                   dialler_config(config, *parts.directory)));

  parts.webrtc = std::make_unique<legs::WebRtcShell>(
      legs::WebRtcShell::Config{
          .udp_port = config.webrtc.udp_port,
          .loopback = config.http.listen.address.is_loopback() || config.http.listen.address.is_unspecified(),
          .external_address = config.external_address,
          .profile_of = [&parts](const call::RouteTarget& target) { return parts.applications->profile(target); }},
      parts.media_security.get(), parts.workers, registries);
  if (const auto bound = parts.webrtc->bind(); !bound) throw StartError{bound.error()};
  parts.sip->use(*parts.webrtc);
  parts.browsers = std::make_unique<BrowserAdmission>(call_routes(config));

  auto& metrics = observe::Metrics::global();
  parts.pins = std::make_unique<store::Pins>(std::move(*secret));
  parts.gate = std::make_unique<call::DialGate>(dial_rules(config));
  parts.trunks = std::make_unique<TrunkWatch>(config, parts.workers.at(0), *parts.sip, metrics, parts.events);
  parts.backend = std::make_unique<Backend>(
      Backend::Parts{config, workers, *parts.sip, *parts.webrtc, *parts.browsers, *parts.records, *parts.capacity,
                     parts.files, config.recording.folder, config.media, *parts.pins, parts.passwords, *parts.directory,
                     *parts.accounts, parts.lockout, *parts.gate, *parts.trunks});
  if (!parts.local.missing().empty()) {
    log::warn("speech recognition is off: {}", parts.local.missing());
    parts.backend->set_missing_models(parts.local.missing());
  }
  parts.telemetry =
      std::make_unique<Telemetry>(metrics, workers, *parts.sip, *parts.webrtc, *parts.capacity, *parts.records,
                                  AgentGauges{metrics, *parts.directory, *parts.registrar});
  parts.user_watch = std::make_unique<UserWatch>(parts.workers.at(0), *parts.records, parts.sessions);
  auto api_config = make_api_config(config);
  parts.token = api_config.admin_token;
  api_config.sip_address = "sip:1000@" + parts.sip->address().to_string();
  parts.api = std::make_unique<api::Api>(std::move(api_config), *parts.backend, parts.events, metrics, parts.workers,
                                         parts.sessions);
  net::HttpRouter router;
  parts.api->add_routes(router);
  add_sip_websocket(router, *parts.sip);
  net::HttpServerConfig http;
  http.listen = {config.http.listen};
  http.files = &parts.files;
  if (config.http.tls.on()) {
    const auto files = certificate_of(config, config.http.tls);
    if (!files) throw StartError{"http.tls: " + files.error()};
    auto context = net::TlsContext::server(*files);
    if (!context) throw StartError{"http.tls: " + context.error()};
    http.tls = std::move(*context);
  }
  parts.http = std::make_unique<net::HttpServer>(parts.workers, std::move(http), std::move(router));
  parts.telemetry->watch(*parts.http);
  try {
    parts.http->bind();  // here, where nothing runs yet that would have to be taken down again
  } catch (const std::runtime_error& error) {
    throw StartError{error.what()};
  }
}

void Program::start() {
  Parts& parts = *parts_;
  parts.workers.start();
  for (std::size_t i = 0; i < parts.calls.size(); ++i)
    run_there(parts.workers.at(i), [&] {
      parts.calls[i]->clock().start();
      parts.webrtc->start_worker(static_cast<int>(i));
    });
  run_there(parts.workers.at(0), [&] {
    parts.sip->start();
    for (auto& registration : trunk_registrations(loaded_.config))
      parts.sip->agent(0).register_trunk(std::move(registration));
    parts.trunks->start();
    parts.telemetry->start();
    parts.user_watch->start();
  });
  parts.http->start();
  parts.local.warm_up(loaded_.config);
}

void Program::announce() const {
  const auto endpoint = parts_->http->endpoints().front();
  const auto host = endpoint.address.is_loopback() || endpoint.address.is_unspecified()
                        ? "localhost:" + std::to_string(endpoint.port)
                        : endpoint.to_string();
  // The token goes to a person's terminal only: a log is read by others.
  std::string page = (loaded_.config.http.tls.on() ? "https://" : "http://") + host + "/";
  if (!parts_->token.empty())
    page += isatty(STDOUT_FILENO) ? "#token=" + parts_->token
                                  : " (admin token: " + (loaded_.config.data / "admin-token").string() + ")";
  // The same holds for a password that was made for an agent.
  if (isatty(STDOUT_FILENO))
    for (const auto& [extension, password] : passwords_made_)
      std::printf("Agent %s signs in with the password %s\n", extension.c_str(), password.c_str());
  std::printf("Parley " PARLEY_VERSION " is up: %s  sip:1000@%s\n", page.c_str(),
              parts_->sip->address().to_string().c_str());
  std::fflush(stdout);
}

void Program::wait_for_signal() const {
  const sigset_t signals = our_signals();
  while (true) {
    int signal = 0;
    sigwait(&signals, &signal);
    if (signal != SIGHUP) return;
    log::warn("SIGHUP: this version reads its configuration at the start only; restart to apply changes");
  }
}

void Program::drain() {
  Parts& parts = *parts_;
  parts.backend->drain();
  run_there(parts.workers.at(0), [&] { parts.telemetry->drain(); });
  for (std::size_t i = 0; i < parts.workers.size(); ++i)
    parts.workers.at(i).post([&parts, i] { parts.sip->agent(static_cast<int>(i)).refuse_new(30s); });
  log::info("draining calls={} at_most_s={}", parts.capacity->used(), to_ms(loaded_.config.drain) / 1000);

  const sigset_t signals = our_signals();
  const auto deadline = Clock::now() + loaded_.config.drain;
  while (parts.capacity->used() > 0 && Clock::now() < deadline) {
    const timespec moment{0, 50'000'000};
    if (sigtimedwait(&signals, nullptr, &moment) > 0) break;  // asked again: now
  }
}

void Program::stop() {
  Parts& parts = *parts_;
  for (auto& worker : parts.calls)
    worker->worker().post([&worker] { worker->registry().hang_up_all(call::EndCause::drained); });
  const sigset_t signals = our_signals();
  const auto deadline = Clock::now() + goodbye_within;
  while (parts.capacity->used() > 0 && Clock::now() < deadline) {
    const timespec moment{0, 10'000'000};
    if (sigtimedwait(&signals, nullptr, &moment) > 0) break;
  }
  parts.http->stop(http_grace);
  run_there(parts.workers.at(0), [&] {
    parts.trunks->stop();
    parts.telemetry->stop();
    parts.user_watch->stop();
  });
  std::promise<void> deaf;
  parts.workers.at(0).post([&] { parts.sip->stop([&] { deaf.set_value(); }); });
  deaf.get_future().wait();
  for (std::size_t i = 0; i < parts.workers.size(); ++i) {
    std::promise<void> closed;
    parts.workers.at(i).post([&] { parts.sip->stop_worker(static_cast<int>(i), [&] { closed.set_value(); }); });
    closed.get_future().wait();
    std::promise<void> unplugged;
    parts.workers.at(i).post([&] { parts.webrtc->stop_worker(static_cast<int>(i), [&] { unplugged.set_value(); }); });
    unplugged.get_future().wait();
    run_there(parts.workers.at(i), [&] {
      parts.calls[i]->clock().stop();
      parts.calls[i]->registry().abandon_all();
    });
  }
  parts.speech.abandon();  // no call is left that would hear it
  parts.files.stop();
  parts.passwords.stop();
  parts.workers.stop();
  parts.workers.join();
}

}  // namespace parley::app
