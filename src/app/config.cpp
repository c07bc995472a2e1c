#include "app/config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <set>

#include "app/config_reader.hpp"
#include "app/config_schema.hpp"
#include "app/config_tree.hpp"
#include "base/assert.hpp"

namespace parley::embedded {
extern const std::string_view default_config;
}

namespace parley::app {
namespace {

constexpr std::size_t max_file = (1U << 20) + 1;  // one more than the tree takes: it says so

/// Keys that the file gives take the place of the default's, whole.
Node merged(Node defaults, const Node& file) {
  defaults.source = file.source;
  for (std::size_t i = 0; i < file.keys.size(); ++i) {
    const auto found = std::ranges::find(defaults.keys, file.keys[i].text, &Node::text);
    if (found == defaults.keys.end()) {
      defaults.keys.push_back(file.keys[i]);
      defaults.items.push_back(file.items[i]);
      continue;
    }
    defaults.items[static_cast<std::size_t>(found - defaults.keys.begin())] = file.items[i];
    *found = file.keys[i];
  }
  return defaults;
}

/// The element's own place where there is one, for errors about what is missing in it.
const Node& element(const Node& root, std::string_view key, std::size_t index) {
  const Node* list = root.child(key);
  if (list == nullptr) return root;
  return index < list->items.size() ? list->items[index] : *list;
}

void check_routes(Reader& reader, const Node& root, const Config& config, std::string_view key,
                  const std::vector<RouteConfig>& routes) {
  for (std::size_t i = 0; i < routes.size(); ++i) {
    const RouteConfig& route = routes[i];
    const Node& node = element(root, key, i);
    const auto path = fmt::format("{}[{}]", key, i);
    const int targets = !route.assistant.empty() + !route.extension.empty() + !route.application.empty();
    if (targets != 1) reader.error(node, path, "must have exactly one of: assistant, extension, application");
    if (!route.assistant.empty() && !config.assistants.contains(route.assistant))
      reader.error(
          node, path,
          fmt::format("there is no assistant '{}'; define it, or give '{}' that name another", route.assistant, key));
    if (!route.extension.empty() &&
        std::ranges::find(config.agents, route.extension, &AgentConfig::extension) == config.agents.end())
      reader.error(
          node, path,
          fmt::format("there is no agent '{}'; define it, or give '{}' that name another", route.extension, key));
    if (constexpr std::string_view prefix = "trunk:";
        route.from.starts_with(prefix) && !config.trunks.contains(route.from.substr(prefix.size())))
      reader.error(node, path, fmt::format("there is no trunk '{}'", route.from.substr(prefix.size())));
  }
}

void check_api_keys(Reader& reader, const Node& root, const std::vector<ApiKeyConfig>& keys) {
  constexpr std::size_t shortest = 32;
  std::set<std::string> seen;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const Node& node = element(root, "api_keys", i);
    const auto path = fmt::format("api_keys[{}]", i);
    if (keys[i].name.empty()) reader.error(node, path, "must have a name");
    if (keys[i].key.size() < shortest)
      reader.error(node, path, fmt::format("must have a key of at least {} characters", shortest));
    else if (!seen.insert(keys[i].key).second) reader.error(node, path, "has the key of another");
  }
}

void check_ice_servers(Reader& reader, const Node& root, const std::vector<IceServerConfig>& servers) {
  const Node* webrtc = root.child("webrtc");
  for (std::size_t i = 0; i < servers.size(); ++i) {
    const IceServerConfig& server = servers[i];
    const Node& node = element(webrtc != nullptr ? *webrtc : root, "ice_servers", i);
    const auto path = fmt::format("webrtc.ice_servers[{}]", i);
    const bool whole = !server.username.empty() && !server.credential.empty();
    const bool any = !server.username.empty() || !server.credential.empty();
    const bool turn = std::ranges::any_of(server.urls, [](const auto& url) { return url.starts_with("turn"); });
    if (server.urls.empty()) reader.error(node, path, "must have urls");
    else if (any && !server.secret.empty())
      reader.error(node, path, "must have either secret, or username and credential");
    else if (any && !whole) reader.error(node, path, "must have both username and credential");
    else if (turn && !whole && server.secret.empty())
      reader.error(node, path, "has a TURN server: it must have secret, or username and credential");
  }
}

void check_certificate(Reader& reader, const Node& root, std::string_view section, const TlsConfig& tls) {
  const Node* node = root.child(section);
  if (tls.certificate.empty() != tls.key.empty())
    reader.error(node != nullptr ? *node : root, std::string{section} + ".tls", "must have both certificate and key");
  else if (tls.self_signed && !tls.certificate.empty())
    reader.error(node != nullptr ? *node : root, std::string{section} + ".tls",
                 "must have either certificate and key, or self_signed");
}

/// What no key can see alone.
void check_whole(Reader& reader, const Node& root, const ConfigFile& file) {
  const Config& config = file.config;
  std::set<std::string> names;
  for (std::size_t i = 0; i < config.agents.size(); ++i) {
    const auto& agent = config.agents[i];
    const auto path = fmt::format("agents[{}]", i);
    if (agent.extension.empty()) reader.error(element(root, "agents", i), path, "must have an extension");
    else if (!names.insert(agent.extension).second)
      reader.error(element(root, "agents", i), path,
                   fmt::format("there are two with the extension '{}'", agent.extension));
  }
  for (std::size_t i = 0; i < config.users.size(); ++i) {
    const auto& user = config.users[i];
    const auto path = fmt::format("users[{}]", i);
    if (user.name.empty() || user.password.empty())
      reader.error(element(root, "users", i), path, "must have a name and a password");
    else if (!names.insert(user.name).second)
      reader.error(element(root, "users", i), path, fmt::format("there are two users or agents named '{}'", user.name));
  }
  const Node* trunks = root.child("trunks");
  for (const auto& [name, trunk] : config.trunks) {
    const Node* node = trunks != nullptr ? trunks->child(name) : nullptr;
    const auto path = fmt::format("trunks.{}", name);
    const bool sips = trunk.registrar.starts_with("sips:");
    if (!sips && !trunk.registrar.starts_with("sip:") && (!trunk.registrar.empty() || trunk.peers.empty()))
      reader.error(node != nullptr ? *node : root, path, "must have a registrar, as in sip:pbx.example.com, or a peer");
    const bool tls = sips || trunk.registrar.find(";transport=tls") != std::string::npos;
    if (tls && !config.sip.listens(SipListen::Transport::tls))
      reader.error(node != nullptr ? *node : root, path, "is over TLS: sip.listen needs tls: too, as in tls:5061");
    if (trunk.register_ && !trunk.registrar.empty() && trunk.user.empty())
      reader.error(node != nullptr ? *node : root, path, "must have a user to register as, or register: false");
  }
  check_certificate(reader, root, "http", config.http.tls);
  check_certificate(reader, root, "sip", config.sip.tls);
  check_api_keys(reader, root, config.api_keys);
  check_ice_servers(reader, root, config.webrtc.ice_servers);
  check_routes(reader, root, config, "routes", config.routes);
  check_routes(reader, root, config, "test_extensions", file.test_extensions);
}

/// The names that users of such systems have set already.
void read_environment(LoadedConfig& loaded, Reader& reader, const Node* file, const ConfigContext& context) {
  if (!context.environment) return;
  if (const auto port = context.environment("PORT"); port && !port->empty()) {
    const Node* http = file != nullptr ? file->child("http") : nullptr;
    int number = 0;
    Node node;
    node.kind = Node::Kind::scalar;
    node.text = *port;
    node.source = std::make_shared<const std::string>("environment");
    if (http != nullptr && http->child("listen") != nullptr) {
      loaded.notices.emplace_back("config.environment name=PORT used=no because=http.listen");
    } else {
      const auto before = reader.errors().size();
      integer(number, 0, 65'535).read(reader, node, "PORT");
      if (reader.errors().size() == before) {
        loaded.config.http.listen.port = static_cast<std::uint16_t>(number);
        loaded.notices.push_back(fmt::format("config.environment name=PORT used=http.listen port={}", number));
      }
    }
  }
  for (const auto* name : {"ANTHROPIC_API_KEY", "OPENAI_API_KEY", "DEEPGRAM_API_KEY", "ELEVENLABS_API_KEY", "DB_URI",
                           "REDIS_URL", "REDIS_HOST", "TWILIO_ACCOUNT_SID", "FREEPBX_DOMAIN", "SENTRY_DSN"})
    if (const auto value = context.environment(name); value && !value->empty())
      loaded.notices.push_back(fmt::format("config.environment name={} used=no because=\"not in this version\"", name));
}

/// The default's routes are open to anyone only while nobody but this machine can call.
void close_default_routes(std::vector<RouteConfig>& routes, std::string_view key, const Node* file,
                          LoadedConfig& loaded) {
  if (loaded.config.loopback_only() || (file != nullptr && file->child(key) != nullptr)) return;
  const bool any = std::ranges::any_of(routes, &RouteConfig::open);
  for (RouteConfig& route : routes) route.open = false;
  if (any)
    loaded.notices.push_back(fmt::format(
        "config.default_routes_closed key={} because=\"a listener is reachable from outside\" remedy=\"give {} with open: true\"",
        key, key));
}

void complete_paths(Config& config) {
  if (config.database.empty()) config.database = config.data / "parley.db";
  if (config.recording.folder.empty()) config.recording.folder = config.data / "recordings";
  if (config.media.folder.empty()) config.media.folder = config.data / "media";
}

Result<LoadedConfig, ConfigErrors> load(const Node* file, const ConfigContext& context) {
  auto defaults = parse_tree(embedded::default_config, "(embedded default)");
  PARLEY_ASSERT(defaults.has_value());
  const Node root = file != nullptr ? merged(std::move(*defaults), *file) : std::move(*defaults);

  Reader reader{context};
  ConfigFile read;
  read_keys(reader, root, "", root_keys(read));
  if (reader.errors().empty()) check_whole(reader, root, read);
  LoadedConfig loaded{std::move(read.config), {}};
  read_environment(loaded, reader, file, context);
  if (!reader.errors().empty()) return std::unexpected(std::move(reader.errors()));

  close_default_routes(loaded.config.routes, "routes", file, loaded);
  close_default_routes(read.test_extensions, "test_extensions", file, loaded);
  std::ranges::move(read.test_extensions, std::back_inserter(loaded.config.routes));
  complete_paths(loaded.config);
  return loaded;
}

}  // namespace

bool SipConfig::listens(SipListen::Transport transport) const {
  return std::ranges::find(listen, transport, &SipListen::transport) != listen.end();
}

bool Config::loopback_only() const {
  return http.listen.address.is_loopback() &&
         std::ranges::all_of(sip.listen, [](const SipListen& listen) { return listen.endpoint.address.is_loopback(); });
}

std::string to_string(const ConfigErrors& errors) {
  std::string text;
  for (const ConfigError& error : errors) {
    if (!text.empty()) text += '\n';
    text += error.to_string();
  }
  return text;
}

ConfigContext process_context() {
  ConfigContext context;
  context.environment = [](std::string_view name) -> std::optional<std::string> {
    const char* value = std::getenv(std::string{name}.c_str());
    return value != nullptr ? std::optional<std::string>{value} : std::nullopt;
  };
  return context;
}

Result<LoadedConfig, ConfigErrors> load_default_config(const ConfigContext& context) { return load(nullptr, context); }

Result<LoadedConfig, ConfigErrors> load_config(std::string_view yaml, std::string_view name,
                                               const ConfigContext& context) {
  const auto tree = parse_tree(yaml, name);
  if (!tree) return std::unexpected(ConfigErrors{tree.error()});
  return load(&*tree, context);
}

Result<LoadedConfig, ConfigErrors> load_config_file(const std::filesystem::path& file, const ConfigContext& context) {
  std::ifstream in{file, std::ios::binary};
  std::string text(max_file, '\0');
  if (in) in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!in.is_open() || in.bad() || (in.fail() && !in.eof()))
    return std::unexpected(ConfigErrors{{file.string(), "cannot be read; look at the path and its rights"}});
  text.resize(static_cast<std::size_t>(in.gcount()));
  return load_config(text, file.string(), context);
}

std::string configuration_reference() {
  std::string page = "| key | type | default | meaning |\n| --- | --- | --- | --- |\n";
  for (const auto& key : documented_keys())
    page += fmt::format("| `{}` | {} | {} | {} |\n", key.path, key.type, key.fallback, key.meaning);
  return page;
}

}  // namespace parley::app
