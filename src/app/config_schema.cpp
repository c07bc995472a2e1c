#include "app/config_schema.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "tools/local.hpp"

namespace parley::app {
namespace {

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), port);
  if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size()) return std::nullopt;
  return port;
}

/// `8080` (on every address), `127.0.0.1:8080`, `localhost:8080`, `[::1]:8080`.
std::optional<Endpoint> parse_listen(std::string_view text) {
  if (const auto port = parse_port(text)) return Endpoint{IpAddress{}, *port};
  if (constexpr std::string_view local = "localhost:"; text.starts_with(local)) {
    const auto port = parse_port(text.substr(local.size()));
    return port ? std::optional{Endpoint{IpAddress::loopback(), *port}} : std::nullopt;
  }
  return Endpoint::parse(text);
}

std::optional<SipListen> parse_sip_listen(std::string_view text) {
  using Transport = SipListen::Transport;
  static constexpr std::pair<std::string_view, Transport> transports[] = {
      {"udp:", Transport::udp}, {"tcp:", Transport::tcp}, {"tls:", Transport::tls}};
  for (const auto& [prefix, transport] : transports) {
    if (!text.starts_with(prefix)) continue;
    const auto endpoint = parse_listen(text.substr(prefix.size()));
    return endpoint ? std::optional{SipListen{transport, *endpoint}} : std::nullopt;
  }
  return std::nullopt;
}

Type http_listen(Endpoint& target) {
  return scalar("address:port", "must be as in 127.0.0.1:8080, or 8080 for every address", [&](std::string_view text) {
    const auto endpoint = parse_listen(text);
    if (endpoint) target = *endpoint;
    return endpoint.has_value();
  });
}

std::vector<Key> certificate_keys(TlsConfig& tls, std::string fallback) {
  return {
      {"certificate", path(tls.certificate), std::move(fallback),
       "PEM file: the certificate, and behind it those that lead to its authority"},
      {"key", path(tls.key), "", "PEM file: its private key, without a password"},
      {"self_signed", flag(tls.self_signed), "false",
       "a certificate made at the start, below `data`: encrypts, but browsers warn and telephones must be told"},
  };
}

std::vector<Key> trust_keys(TlsTrustConfig& trust) {
  return {
      {"verify", flag(trust.verify), "true", "false: any certificate of a server is taken"},
      {"ca", path(trust.authorities), "the system's", "PEM file of the authorities that vouch for servers"},
  };
}

std::vector<Key> sip_tls_keys(SipConfig& sip) {
  auto keys = certificate_keys(sip.tls, "that of `http`, else self-signed");
  for (auto& key : trust_keys(sip.trust)) keys.push_back(std::move(key));
  return keys;
}

/// A list of scalars, each understood by `parse`.
template <class T>
Type scalars(std::vector<T>& target, std::string type_name, std::string remedy,
             std::optional<T> (*parse)(std::string_view)) {
  auto read = [&target, remedy = std::move(remedy), parse](Reader& reader, const Node& node, const std::string& path) {
    if (node.kind != Node::Kind::sequence || node.items.empty() || node.items.size() > 64)
      return reader.error(node, path, "must be a list of 1 to 64 entries, as in [one, two]");
    target.clear();
    for (const Node& item : node.items) {
      const auto text = reader.text(item, path);
      if (!text) continue;
      const auto value = parse(*text);
      if (!value) reader.error(item, path, fmt::format("'{}' is wrong: {}", text->substr(0, 60), remedy));
      else if (std::ranges::find(target, *value) != target.end()) reader.error(item, path, "has an entry twice");
      else target.push_back(*value);
    }
  };
  return {std::move(type_name), std::move(read), {}, ""};
}

std::optional<audio::CodecName> parse_codec(std::string_view text) {
  static constexpr std::pair<std::string_view, audio::CodecName> names[] = {{"opus", audio::CodecName::opus},
                                                                            {"g722", audio::CodecName::g722},
                                                                            {"pcmu", audio::CodecName::pcmu},
                                                                            {"pcma", audio::CodecName::pcma}};
  std::string lower{text.substr(0, 8)};
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const auto& [name, codec] : names)
    if (lower == name && text.size() == name.size()) return codec;
  return std::nullopt;
}

std::optional<IpAddress> parse_address(std::string_view text) { return IpAddress::parse(text); }

Type ports(PortRange& target) {
  return scalar("first-last", "must be as in 16384-32767: from 1024 on, an even first port, at least two",
                [&target](std::string_view text) {
                  const auto dash = text.find('-');
                  if (dash == std::string_view::npos) return false;
                  const auto first = parse_port(text.substr(0, dash)), last = parse_port(text.substr(dash + 1));
                  if (!first || !last || *first < 1'024 || *first % 2 != 0 || *last <= *first) return false;
                  target = {*first, *last};
                  return true;
                });
}

Type external_address(std::optional<IpAddress>& target) {
  return scalar("`auto` or IP address", "must be auto or an IP address", [&target](std::string_view text) {
    target = IpAddress::parse(text);
    return target.has_value() || text == "auto";
  });
}

Type database(std::filesystem::path& target) {
  return scalar("`sqlite` or `sqlite:path`", "must be sqlite or sqlite:<path>; PostgreSQL is not in this version",
                [&target](std::string_view text) {
                  constexpr std::string_view prefix = "sqlite:";
                  if (text == "sqlite") target.clear();  // below `data`
                  else if (text.starts_with(prefix) && text.size() > prefix.size() && !text.contains('\0'))
                    target = text.substr(prefix.size());
                  else return false;
                  return true;
                });
}

Type log_level(log::Level& target) {
  return scalar("`debug`, `info`, `warn`, `error`", "must be one of: debug, info, warn, error",
                [&target](std::string_view text) {
                  static constexpr std::pair<std::string_view, log::Level> levels[] = {{"debug", log::Level::debug},
                                                                                       {"info", log::Level::info},
                                                                                       {"warn", log::Level::warn},
                                                                                       {"error", log::Level::error}};
                  const auto* found = std::ranges::find(levels, text, &std::pair<std::string_view, log::Level>::first);
                  if (found == std::end(levels)) return false;
                  target = found->second;
                  return true;
                });
}

std::vector<Key> provider_keys(ProviderConfig& provider) {
  return {{"provider", text(provider.name, 64), "", ""}, {"model", text(provider.model, 256), "", ""}};
}

void read_provider(Reader& reader, const Node& node, const std::string& path, ProviderConfig& provider) {
  if (node.kind == Node::Kind::mapping) read_keys(reader, node, path, provider_keys(provider));
  else provider.name = reader.text(node, path).value_or("");
  const auto& known = reader.context().providers;
  if (node.kind != Node::Kind::sequence && std::ranges::find(known, provider.name) == known.end()) {
    std::string names;
    for (const auto& name : known) names += (names.empty() ? "" : ", ") + name;
    reader.error(node, path,
                 fmt::format("'{}' is no provider of this version; there are: {}", provider.name.substr(0, 60), names));
  }
}

/// `local`, `{ provider: local, model: … }`, or a list of these.
Type providers(std::vector<ProviderConfig>& target) {
  auto read = [&target](Reader& reader, const Node& node, const std::string& path) {
    const bool many = node.kind == Node::Kind::sequence;
    if (many && (node.items.empty() || node.items.size() > 8))
      return reader.error(node, path, "must name 1 to 8 providers");
    target.clear();
    for (std::size_t i = 0; i < (many ? node.items.size() : 1); ++i)
      read_provider(reader, many ? node.items[i] : node, path, target.emplace_back());
  };
  return {"provider, `{ provider, model }`, or a list of these", std::move(read), {}, ""};
}

Type tool_names(std::vector<std::string>& target) {
  auto read = [&target, list = texts(target, 64)](Reader& reader, const Node& node, const std::string& path) {
    list.read(reader, node, path);
    for (const auto& tool : target)
      if (!tools::is_tool_name(tool))
        reader.error(node, path,
                     fmt::format("'{}' is no tool; there are: todo, note, time, directory, transfer, end_call",
                                 tool.substr(0, 60)));
  };
  return {"list of `todo`, `note`, `time`, `directory`, `transfer`, `end_call`", std::move(read), {}, ""};
}

Type count(std::size_t& target, int min, int max) {
  return scalar(fmt::format("{}–{}", min, max), fmt::format("must be a whole number from {} to {}", min, max),
                [=, &target](std::string_view text) {
                  const auto number = parse_port(text);
                  if (!number || *number < min || *number > max) return false;
                  target = *number;
                  return true;
                });
}

std::vector<Key> turn_taking_keys(assistant::TurnParameters& turns) {
  auto& detection = turns.detection;
  auto& end = turns.end_of_turn;
  auto& barge_in = turns.barge_in;
  return {
      {"turn_start", duration(detection.turn_start, 50ms, 1s), "200ms",
       "speech of the caller that counts as a turn; shorter reacts to coughs"},
      {"stop_silence", duration(detection.stop_silence, 100ms, 1s), "200ms", "silence after which speech has stopped"},
      {"level_gate", integer(detection.level_gate_dbov, -127, 0), "-127",
       "in dBov: what is quieter is never speech; -127 is off"},
      {"end_of_turn_delay", duration(end.delay, 200ms, 5s), "600ms", "silence after which the caller has finished"},
      {"stt_final_wait", duration(end.stt_final_wait, 100ms, 5s), "1s", "longest wait for the recogniser's final text"},
      {"hard_stop", duration(end.hard_stop, 1s, 30s), "5s",
       "no turn stays open longer than this after its last activity"},
      {"utterance_limit", duration(end.utterance_limit, 5s, 5min), "30s",
       "longer speech is cut, so that memory stays bounded"},
      {"dtmf_idle", duration(turns.dtmf.idle, 500ms, 10s), "2s", "silence that ends keyed input, as `#` does"},
      {"pause_after", duration(barge_in.pause_after, 100ms, 2s), "300ms",
       "caller speech after which the assistant pauses; it can resume"},
      {"commit_after", duration(barge_in.commit_after, 200ms, 5s), "500ms",
       "caller speech that takes the turn, with `words_to_commit` words"},
      {"words_to_commit", count(barge_in.words_to_commit, 0, 10), "1",
       "2 helps on noisy lines; 0: the time alone decides"},
      {"boundary", duration(barge_in.boundary, 0ms, 3s), "1s",
       "near the start and end of the assistant's speech, “ok” is an answer"},
      {"false_alarm", duration(barge_in.false_alarm, 300ms, 5s), "1s",
       "silence of the caller after which a paused assistant goes on"},
      {"stop_words", texts(barge_in.stop_words), "English", "take the turn at once"},
      {"acknowledgements", texts(barge_in.acknowledgements), "English", "do not interrupt while the assistant speaks"},
      {"idle_prompt_after", duration(turns.idle.prompt_after, 3s, 10min), "15s", "silence until the caller is asked"},
      {"idle_prompts", integer(turns.idle.prompts, 0, 10), "2", "times the caller is asked before the goodbye"},
      {"dead_silence", duration(turns.idle.dead_silence, 10s, 1h), "5m", "without any sound or event the call ends"},
  };
}

Type dtmf_key(std::string& target) {
  return scalar("0–9, `*`, `#`", "must be one key: 0 to 9, * or #", [&target](std::string_view text) {
    if (text.size() != 1 || std::string_view{"0123456789*#"}.find(text.front()) == std::string_view::npos) return false;
    target = text;
    return true;
  });
}

std::vector<Key> transfer_keys(TransferConfig& transfer) {
  return {
      {"to", text(transfer.to, 256), "", "extension or SIP URI of the human; without it the assistant cannot transfer"},
      {"via", one_of(transfer.via, {"bridge"}), "bridge", "how the two are connected"},
      {"mode", one_of(transfer.mode, {"blind", "warm"}), "blind",
       "`blind`: joined on answer; `warm`: the agent hears first who it is, and accepts (1) or declines (2)"},
      {"timeout", duration(transfer.timeout, 1s, 5min), "30s", "how long the agent's phone may ring"},
      {"order", one_of(transfer.order, {"all", "one_by_one"}), "all",
       "of an agent's telephones: all ring at once, or one after the other"},
      {"accept_after", duration(transfer.accept_after, 0s, 1min), "8s",
       "warm: so long after the brief, an agent who has pressed nothing has accepted; 0s: only by key"},
      {"confirm", flag(transfer.confirm), "false", "whether the assistant asks the caller before it begins"},
      {"key", dtmf_key(transfer.key), "", "a key of the caller's telephone that begins it at any time"},
      {"after_hang_up", one_of(transfer.after_hang_up, {"end", "assistant"}), "end",
       "what follows when the agent hangs up: the call ends, or the assistant goes on; an agent who is lost always leaves the caller to the assistant"},
      {"transcribe", flag(transfer.transcribe), "true", "whether what caller and agent say is transcribed"},
  };
}

std::vector<Key> assistant_keys(AssistantConfig& assistant) {
  return {
      {"stt", providers(assistant.stt), "local", "speech recognition, tried in order"},
      {"llm", providers(assistant.llm), "local", "language model, tried in order"},
      {"tts", providers(assistant.tts), "local", "voice, tried in order"},
      {"prompt", text(assistant.prompt), "", "who the assistant is and what it is to do"},
      {"greeting", text(assistant.greeting, 4'000), "",
       "its first sentence; `{name}` in it is the name of a caller who is a user, else left out; empty: it waits for the caller"},
      {"tools", tool_names(assistant.tools), "[]", "what it may do"},
      {"transfer", mapping(transfer_keys(assistant.transfer)), "", "handing the caller to a human"},
      {"language", text(assistant.language, 16), "en", "language tag (BCP 47)"},
      {"vocabulary", texts(assistant.vocabulary), "[]", "names to be recognised and pronounced rightly"},
      {"turn_taking", mapping(turn_taking_keys(assistant.turn_taking)), "", "who speaks when"},
      {"limits", mapping({{"call_duration", duration(assistant.call_duration, 10s, 24h), "2h", "longest call"}}), "",
       "what ends a call early"},
      {"rules", path(assistant.rules_file), "embedded", "file of rules for the local language model"},
      {"recording", flag(assistant.recording), "true", "whether its calls are recorded"},
      {"denoise", flag(assistant.denoise), "true", "whether noise is taken out of the caller's audio"},
  };
}

Type srtp_policy(std::string& target) { return one_of(target, {"off", "optional", "required"}); }

std::vector<Key> srtp_over_keys(SipConfig::SrtpOver& over) {
  return {
      {"udp", srtp_policy(over.udp), "", "of calls over UDP"},
      {"tcp", srtp_policy(over.tcp), "", "of calls over TCP"},
      {"tls", srtp_policy(over.tls), "", "of calls over TLS"},
      {"ws", srtp_policy(over.ws), "", "of calls over WebSocket"},
      {"wss", srtp_policy(over.wss), "", "of calls over WebSocket with TLS"},
  };
}

std::vector<Key> agent_keys(AgentConfig& agent) {
  return {
      {"extension", name(agent.extension), "required", "its number, and user name for registration"},
      {"name", text(agent.name, 128), "", "for people"},
      {"password", text(agent.password, 256), "",
       "for telephones (digest) and the desk; empty: one is made at the first start, in `agent-<extension>-password` below `data`",
       true},
      {"queues", texts(agent.queues, 32), "[]", "names of the queues whose calls this agent takes"},
      {"supervisor", flag(agent.supervisor), "false",
       "whether they may see all agents and calls, and set others' presence"},
      {"srtp", srtp_policy(agent.srtp), "", "of its own calls; empty: as `sip.srtp`"},
  };
}

std::vector<Key> user_keys(SipUser& user) {
  return {
      {"name", name(user.name), "required", "user name of a telephone that may register and call"},
      {"password", text(user.password, 256), "required", "for digest", true},
  };
}

/// `sip:a`, or a list of these.
Type sip_uris(std::vector<std::string>& target) {
  auto read = [&target](Reader& reader, const Node& node, const std::string& path) {
    const bool many = node.kind == Node::Kind::sequence;
    if (many && (node.items.empty() || node.items.size() > 8))
      return reader.error(node, path, "must name 1 to 8 SIP URIs");
    target.clear();
    for (std::size_t i = 0; i < (many ? node.items.size() : 1); ++i) {
      const Node& item = many ? node.items[i] : node;
      const auto uri = reader.text(item, path).value_or("");
      if (!uri.starts_with("sip:") || uri.size() < 5 || uri.size() > 256)
        reader.error(item, path, "must be a SIP URI, as in sip:192.0.2.1 or sip:pbx.example.com;transport=tcp");
      else target.push_back(uri);
    }
  };
  return {"SIP URI, or a list of these", std::move(read), {}, ""};
}

std::vector<Key> dial_limit_keys(call::DialLimits& limits, const char* at_once, const char* per_minute) {
  return {
      {"at_once", count(limits.at_once, 0, 10'000), at_once, "calls out at the same time; 0: no limit"},
      {"per_minute", integer(limits.per_minute, 0, 10'000), per_minute, "calls out in a minute; 0: no limit"},
  };
}

std::vector<Key> trunk_keys(TrunkConfig& trunk) {
  return {
      {"registrar", text(trunk.registrar, 256), "",
       "SIP URI of the PBX or carrier to register with, over TLS as in `sip:pbx.example.com;transport=tls`; or give `peer`"},
      {"peer", sip_uris(trunk.peers), "the registrar",
       "where calls out go; of several the first that answers OPTIONS, then the next"},
      {"from", scalars(trunk.from, "list of IP addresses", "must be an IP address", parse_address), "[]",
       "where its calls come from, beside the addresses of `registrar` and `peer`"},
      {"check", duration(trunk.check, 0s, 1h), "30s",
       "time between OPTIONS to each peer; 0s: none, and each counts as up"},
      {"trusted", flag(trunk.trusted), "true", "whether its P-Asserted-Identity says who calls"},
      {"limits", mapping(dial_limit_keys(trunk.limits, "0", "0")), "", "of calls out by this trunk"},
      {"user", text(trunk.user, 128), "", "user name there"},
      {"password", text(trunk.password, 256), "", "for digest", true},
      {"register", flag(trunk.register_), "true", "whether to register there, to get its calls"},
      {"expires", duration(trunk.expires, 1min, 24h), "10m", "asked-for lifetime of the registration"},
      {"tls", mapping(trust_keys(trunk.trust)), "", "with `sips:` or `;transport=tls` in `registrar`"},
      {"srtp", srtp_policy(trunk.srtp), "", "of its calls, both ways; empty: as `sip.srtp`"},
  };
}

Type port(std::uint16_t& target) {
  return scalar("1024–65279", "must be a port from 1024 to 65279 (each worker takes the next one)",
                [&target](std::string_view text) {
                  const auto port = parse_port(text);
                  if (!port || *port < 1'024 || *port > 65'279) return false;
                  target = *port;
                  return true;
                });
}

std::optional<std::string> parse_ice_url(std::string_view text) {
  for (const std::string_view scheme : {"stun:", "stuns:", "turn:", "turns:"})
    if (text.starts_with(scheme) && text.size() > scheme.size() && text.size() <= 256 &&
        text.find_first_of(" \"<>\\") == std::string_view::npos)
      return std::string{text};
  return std::nullopt;
}

/// With the slash behind the host, so that no other host begins the same way.
std::optional<std::string> parse_url_beginning(std::string_view text) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!text.starts_with(scheme) || text.size() > 500) continue;
    const auto host_end = text.find('/', scheme.size());
    if (host_end == std::string_view::npos || host_end == scheme.size()) return std::nullopt;
    return std::string{text};
  }
  return std::nullopt;
}

std::vector<Key> ice_server_keys(IceServerConfig& server) {
  return {
      {"urls",
       scalars(server.urls, "list of `stun:…`, `stuns:…`, `turn:…`, `turns:…`",
               "must be as in stun:stun.example.com:3478 or turn:turn.example.com:3478?transport=udp", parse_ice_url),
       "required", "addresses of one server"},
      {"username", text(server.username, 256), "", "for TURN, with `credential`"},
      {"credential", text(server.credential, 256), "", "for TURN: the same for all; better give `secret`", true},
      {"secret", text(server.secret, 256), "",
       "for TURN: coturn's `static-auth-secret`; each page gets credentials of its own that end", true},
      {"lifetime", duration(server.lifetime, 10min, 7 * 24h), "6h",
       "of credentials made with `secret`; longer than calls"},
  };
}

std::vector<Key> api_key_keys(ApiKeyConfig& key) {
  return {
      {"name", name(key.name), "required", "for people"},
      {"key", text(key.key, 200), "required", "what the program sends as bearer token: 32 to 200 characters", true},
      {"role", one_of(key.role, {"admin", "monitor"}), "admin", "`admin` may do everything, `monitor` may read"},
  };
}

std::vector<Key> route_keys(RouteConfig& route) {
  return {
      {"to", text(route.to, 256), "any", "extension or number called; `*` stands for any text"},
      {"from", text(route.from, 256), "any", "caller's user name or number, or `trunk:<name>`; `*` as above"},
      {"assistant", text(route.assistant, 64), "", "name of the assistant that answers"},
      {"extension", text(route.extension, 64), "", "extension of the agent that is called"},
      {"application", one_of(route.application, {"echo", "tone", "dictation", "listener"}), "",
       "built-in test: echo, 1004 Hz tone, transcribe, or listen"},
      {"open", flag(route.open), "false", "whether anyone may call it, without PIN, password or trunk"},
  };
}

void document(const std::vector<Key>& keys, const std::string& prefix, std::vector<DocumentedKey>& documented) {
  for (const Key& key : keys) {
    const std::string path = prefix + key.name;
    documented.push_back({path, key.type.name, key.fallback, key.meaning});
    if (key.secret)
      documented.push_back(
          {path + "_file", "path", "", fmt::format("a file that holds `{}`, instead of it", key.name)});
    document(key.type.keys, path + key.type.infix, documented);
  }
}

}  // namespace

std::vector<Key> root_keys(ConfigFile& file) {
  Config& config = file.config;
  return {
      {"workers", integer_or_auto(config.workers, 1, 256), "auto", "threads that carry calls; auto: one per core"},
      {"external_address", external_address(config.external_address), "auto",
       "what peers beyond a NAT reach this machine by"},
      {"http",
       mapping({{"listen", http_listen(config.http.listen), "127.0.0.1:8080", "API, web pages, and SIP over WebSocket"},
                {"tls", mapping(certificate_keys(config.http.tls, "")), "",
                 "with a certificate: HTTPS (and WSS), and no HTTP"}}),
       "", "HTTP"},
      {"sip",
       mapping({
           {"listen",
            scalars(config.sip.listen, "list of `udp:[address:]port`, `tcp:…`, `tls:…`",
                    "must be as in udp:5060, tcp:127.0.0.1:5060 or tls:5061", parse_sip_listen),
            "udp:127.0.0.1:5060, tcp:127.0.0.1:5060", "where SIP is served; without an address: on all"},
           {"rtp_ports", ports(config.sip.rtp_ports), "16384-32767", "UDP ports of media"},
           {"codecs",
            scalars(config.sip.codecs, "list of `opus`, `g722`, `pcmu`, `pcma`",
                    "must be one of: opus, g722, pcmu, pcma", parse_codec),
            "opus, g722, pcmu, pcma", "in the order of preference"},
           {"session_timer", duration(config.sip.session_timer, 90s, 24h), "30m", "Session-Expires (RFC 4028)"},
           {"realm", text(config.sip.realm, 128), "parley", "of digest challenges"},
           {"digest", one_of(config.sip.digest, {"sha-256", "md5"}), "sha-256",
            "what challenges offer: SHA-256 and MD5, or MD5 alone for telephones that give up at anything else"},
           {"tls", mapping(sip_tls_keys(config.sip)), "", "certificates, ours and those of servers"},
           {"srtp", srtp_policy(config.sip.srtp), "optional",
            "encrypted media: `off` refuses it, `optional` takes it from whoever has it, `required` refuses calls without"},
           {"srtp_over", mapping(srtp_over_keys(config.sip.srtp_over)), "",
            "the same for one transport; empty: as `srtp`"},
           {"srtp_keys_in_clear", flag(config.sip.srtp_keys_in_clear), "false",
            "whether keys may stand in descriptions (a=crypto) although the signalling is not encrypted"},
       }),
       "", "SIP and its media"},
      {"api_keys", list_of<ApiKeyConfig>(config.api_keys, api_key_keys), "[]",
       "programs that may use the API; with one for `admin`, no admin token is made"},
      {"webrtc",
       mapping({{"udp_port", port(config.webrtc.udp_port), "8189",
                 "media of browsers: this port and the next ones, one a worker"},
                {"ice_servers", list_of<IceServerConfig>(config.webrtc.ice_servers, ice_server_keys, 8), "[]",
                 "STUN and TURN servers that pages are told, when they may call"}}),
       "", "calls from browsers"},
      {"data", path(config.data), "data", "folder of recordings, admin token, secret and journal"},
      {"store", database(config.database), "sqlite", "records; `sqlite` alone is `parley.db` below `data`"},
      {"calls",
       mapping({{"max", integer_or_auto(config.calls.max, 1, 100'000), "auto",
                 "calls at once; auto: what ports, files and workers allow"}}),
       "", "limits of all calls"},
      {"assistants", map_of<AssistantConfig>(config.assistants, assistant_keys), "`reception`",
       "the AIs that answer, by name"},
      {"agents", list_of<AgentConfig>(config.agents, agent_keys), "2001", "the humans who can take a call over"},
      {"users", list_of<SipUser>(config.users, user_keys), "[]", "telephones that may register and call"},
      {"trunks", map_of<TrunkConfig>(config.trunks, trunk_keys), "{}", "SIP peers: a PBX, a carrier"},
      {"dialling",
       mapping(
           {{"allowed", texts(config.dialling.allowed), "[\"sip:*\"]",
             "numbers and SIP addresses that may be called; `*` stands for any text. Numbers go to the first trunk"},
            {"refused", texts(config.dialling.refused), "[]", "may not be called, even where `allowed` says so"},
            {"emergency", texts(config.dialling.emergency, 32), "112, 911", "always may, and no limit counts them"},
            {"per_agent", mapping(dial_limit_keys(config.dialling.per_agent, "2", "10")), "",
             "of each agent's calls out"}}),
       "", "calls to the outside, against toll fraud"},
      {"routes", list_of<RouteConfig>(config.routes, route_keys), "1000 and 2001",
       "who answers; the first match wins; exactly one of `assistant`, `extension`, `application`"},
      {"test_extensions", list_of<RouteConfig>(file.test_extensions, route_keys), "9196–9199",
       "more routes, after all others: echo, tone, dictation, listener; `[]` removes them"},
      {"log",
       mapping({{"level", log_level(config.log.level), "info", "the lowest level that is written"},
                {"json", flag(config.log.json), "false", "one JSON object a line"}}),
       "", "the log, on the standard error"},
      {"recording",
       mapping({{"enabled", flag(config.recording.enabled), "true", "false: nothing is recorded, whoever asks"},
                {"folder", path(config.recording.folder), "`recordings` below `data`", "where the files are"}}),
       "", "recordings of calls"},
      {"media",
       mapping({{"folder", path(config.media.folder), "`media` below `data`", "what the API's `play` may open"},
                {"trusted_urls",
                 scalars(config.media.trusted_urls, "list of `http://host/…`, `https://host/…`",
                         "must be a web address with a slash behind the host, as in http://10.0.0.5:8000/sounds/",
                         parse_url_beginning),
                 "[]", "how URLs begin that `play` may open though they lead to this machine or a private network"},
                {"hold_music", path(config.media.hold_music), "our own", "a WAV file that people hear who wait"}}),
       "", "sound files"},
      {"drain", duration(config.drain, 0s, 24h), "60s", "how long calls may go on after SIGTERM"},
  };
}

std::vector<DocumentedKey> documented_keys() {
  ConfigFile nobody;
  std::vector<DocumentedKey> documented;
  document(root_keys(nobody), "", documented);
  return documented;
}

}  // namespace parley::app
