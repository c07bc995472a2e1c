// The configuration: one YAML file over an embedded default, checked as a whole before anything starts.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "assistant/turn_parameters.hpp"
#include "audio/codec.hpp"
#include "base/endpoint.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "call/dial_policy.hpp"

namespace parley::app {

using Milliseconds = std::chrono::milliseconds;
using namespace std::chrono_literals;

/// A certificate to show: files of one's own, or one that is made at the start and that nobody vouches for.
struct TlsConfig {
  std::filesystem::path certificate, key;  // PEM; both or none
  bool self_signed = false;                // made where no files are given
  bool on() const { return !certificate.empty() || self_signed; }
};

/// Which certificates of peers are accepted where we call.
struct TlsTrustConfig {
  bool verify = true;
  std::filesystem::path authorities;  // PEM; empty: the system's
};

struct HttpConfig {
  Endpoint listen{IpAddress::loopback(), 8080};
  TlsConfig tls;
};

struct SipListen {
  enum class Transport : std::uint8_t { udp, tcp, tls };
  Transport transport = Transport::udp;
  Endpoint endpoint;
  bool operator==(const SipListen&) const = default;
};

struct PortRange {
  std::uint16_t first = 16'384, last = 32'767;  // both included
  bool operator==(const PortRange&) const = default;
};

struct SipConfig {
  std::vector<SipListen> listen{{SipListen::Transport::udp, {IpAddress::loopback(), 5060}},
                                {SipListen::Transport::tcp, {IpAddress::loopback(), 5060}}};
  PortRange rtp_ports;
  std::vector<audio::CodecName> codecs{audio::CodecName::opus, audio::CodecName::g722, audio::CodecName::pcmu,
                                       audio::CodecName::pcma};  // in the order of preference
  Milliseconds session_timer = 30min;                            // Session-Expires (RFC 4028)
  std::string realm = "parley";                                  // of digest challenges
  std::string digest = "sha-256";                                // the best algorithm that is offered; or `md5`, alone
  TlsConfig tls;                                                 // none: that of `http`, else self-signed
  TlsTrustConfig trust;                                          // of servers without an entry in `trunks`

  bool listens(SipListen::Transport transport) const;
  std::string srtp = "optional";  // `off`, `optional`, `required`
  struct SrtpOver {
    std::string udp, tcp, tls, ws, wss;  // as srtp; empty: as that
  } srtp_over;
  bool srtp_keys_in_clear = false;  // a=crypto although the signalling is not encrypted
};

/// What a page needs to get its media through: a STUN or TURN server.
struct IceServerConfig {
  std::vector<std::string> urls;     // `stun:…`, `turn:…?transport=udp`
  std::string username, credential;  // static; or
  std::string secret;                // shared with coturn: credentials are then made, good for a while
  Milliseconds lifetime = 6h;        // of made credentials
};

struct WebrtcConfig {
  std::uint16_t udp_port = 8189;  // of the first worker; the others follow
  std::vector<IceServerConfig> ice_servers;
};

/// A program that may use the API with a key of its own.
struct ApiKeyConfig {
  std::string name;  // for people
  std::string key;
  std::string role = "admin";  // or `monitor`
};

struct CallsConfig {
  int max = 0;  // at once; 0: what the machine's limits allow
};

struct ProviderConfig {
  std::string name;   // `local`, …
  std::string model;  // empty: the provider's own default
  bool operator==(const ProviderConfig&) const = default;
};

/// Where the assistant sends a caller who wants a human.
struct TransferConfig {
  std::string to;  // an extension or a SIP URI; empty: the assistant cannot transfer
  std::string via = "bridge";
  std::string mode = "blind";
  Milliseconds timeout = 30s;
  std::string order = "all";          // or `one_by_one`
  Milliseconds accept_after = 8s;     // warm: without a key
  bool confirm = false;               // the caller is asked first
  std::string key;                    // of the caller's telephone; empty: none
  std::string after_hang_up = "end";  // the agent's; or `assistant`
  bool transcribe = true;             // what caller and agent say
};

struct AssistantConfig {
  std::string name;
  std::vector<ProviderConfig> stt{{"local", ""}};  // tried in order
  std::vector<ProviderConfig> llm{{"local", ""}};
  std::vector<ProviderConfig> tts{{"local", ""}};
  std::string prompt;
  std::string greeting;  // may have `{name}`
  std::vector<std::string> tools;
  TransferConfig transfer;
  std::string language = "en";
  std::vector<std::string> vocabulary;
  assistant::TurnParameters turn_taking;
  Milliseconds call_duration = 2h;
  std::filesystem::path rules_file;  // of the local llm; empty: the embedded rules
  bool recording = true;
  bool denoise = true;
};

/// A human who can take calls over; registers with the extension as the user name.
struct AgentConfig {
  std::string extension;
  std::string name;
  std::string password;             // empty: one is made and kept below `data`
  std::vector<std::string> queues;  // whose calls ring them, too
  bool supervisor = false;          // sees all agents and calls
  std::string srtp;                 // empty: as sip.srtp
};

/// A telephone that may register and call; not an agent.
struct SipUser {
  std::string name;
  std::string password;
};

struct TrunkConfig {
  std::string name;
  std::string registrar;           // SIP URI; empty: a peer by address alone
  std::vector<std::string> peers;  // SIP URIs that calls go to, the preferred first; empty: the registrar
  std::vector<IpAddress> from;     // where its calls come from, beside the addresses of the above
  std::string user;
  std::string password;
  bool register_ = true;  // keep an outbound registration, where there is a registrar
  TlsTrustConfig trust;
  Milliseconds expires = 10min;
  Milliseconds check = 30s;       // between OPTIONS to each peer; 0: none
  bool trusted = true;            // its P-Asserted-Identity says who calls
  call::DialLimits limits{0, 0};  // of calls out
  std::string srtp;               // empty: as sip.srtp

  std::vector<std::string> targets() const { return peers.empty() ? std::vector{registrar} : peers; }
};

/// Which calls to the outside may be made.
struct DiallingConfig {
  std::vector<std::string> allowed{"sip:*"};  // patterns; numbers have to be allowed one by one
  std::vector<std::string> refused;           // go before
  std::vector<std::string> emergency{"112", "911"};
  call::DialLimits per_agent{2, 10};
};

/// One row of the table: exactly one of the three targets is given.
struct RouteConfig {
  std::string to, from;     // empty: any
  std::string assistant;    // a name
  std::string extension;    // of an agent
  std::string application;  // `echo`, `tone`, `dictation`, `listener`
  bool open = false;        // callable by anyone, without digest, PIN or trunk
  bool operator==(const RouteConfig&) const = default;
};

struct LogConfig {
  log::Level level = log::Level::info;
  bool json = false;
};

struct RecordingConfig {
  bool enabled = true;
  std::filesystem::path folder;  // empty in the file: `recordings` below `data`
};

struct MediaConfig {
  std::filesystem::path folder;           // what `play` may open; empty in the file: `media` below `data`
  std::vector<std::string> trusted_urls;  // each `http(s)://host/` or longer: how URLs begin that may be private
  std::filesystem::path hold_music;       // a WAV file; empty: our own
};

struct Config {
  int workers = 0;                            // 0: one per core
  std::optional<IpAddress> external_address;  // nothing: found out
  HttpConfig http;
  std::vector<ApiKeyConfig> api_keys;
  SipConfig sip;
  WebrtcConfig webrtc;
  std::filesystem::path data = "data";
  std::filesystem::path database;  // of SQLite; already made whole from `store` and `data`
  CallsConfig calls;
  std::map<std::string, AssistantConfig> assistants;
  std::vector<AgentConfig> agents;
  std::vector<SipUser> users;
  std::map<std::string, TrunkConfig> trunks;
  DiallingConfig dialling;
  std::vector<RouteConfig> routes;  // first match wins; the test extensions come last
  LogConfig log;
  RecordingConfig recording;
  MediaConfig media;
  Milliseconds drain = 60s;  // what calls in progress get at SIGTERM

  /// Whether nobody beyond this machine can reach a listener.
  bool loopback_only() const;
};

struct ConfigError {
  std::string where;    // `parley.yaml:3:5`; empty when it is about no one place
  std::string message;  // names the key, what is wrong with it, and the remedy
  std::string to_string() const { return where.empty() ? message : where + ": " + message; }
  bool operator==(const ConfigError&) const = default;
};

/// All that is wrong at once, at most 20.
using ConfigErrors = std::vector<ConfigError>;
std::string to_string(const ConfigErrors& errors);  // one a line

struct LoadedConfig {
  Config config;
  std::vector<std::string> notices;  // lines for the log: environment names found, routes closed …
};

/// What the loader sees of the world.
struct ConfigContext {
  std::function<std::optional<std::string>(std::string_view name)> environment;  // empty: nothing is set
  std::vector<std::string> providers{"local"};                                   // known to this program
};
/// With the process's own environment.
ConfigContext process_context();

/// The embedded default alone, or with what `yaml` replaces of it, one top-level key at a time.
/// `name` is what errors call the text. Reads files only where a `*_file` key asks for it (relative
/// paths: from the current folder). Never throws; text beyond 1 MiB or nested deeper than 32 is refused.
Result<LoadedConfig, ConfigErrors> load_default_config(const ConfigContext& context);
Result<LoadedConfig, ConfigErrors> load_config(std::string_view yaml, std::string_view name,
                                               const ConfigContext& context);
Result<LoadedConfig, ConfigErrors> load_config_file(const std::filesystem::path& file, const ConfigContext& context);

/// The reference section of docs/configuration.md: every key with type, default and meaning.
std::string configuration_reference();

}  // namespace parley::app
