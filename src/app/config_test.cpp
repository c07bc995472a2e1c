#include "app/config.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <sstream>

#include "app/config_schema.hpp"
#include "base/testing/source_folder.hpp"

namespace parley::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

ConfigContext with_environment(std::map<std::string, std::string, std::less<>> variables = {}) {
  ConfigContext context;
  context.environment = [variables = std::move(variables)](std::string_view name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional{found->second};
  };
  return context;
}

Result<LoadedConfig, ConfigErrors> load(std::string_view yaml, const ConfigContext& context = with_environment()) {
  return load_config(yaml, "parley.yaml", context);
}

Config loaded(std::string_view yaml, const ConfigContext& context = with_environment()) {
  auto result = load(yaml, context);
  EXPECT_TRUE(result) << to_string(result.error());
  return result ? std::move(result->config) : Config{};
}

std::string errors_of(std::string_view yaml, const ConfigContext& context = with_environment()) {
  const auto result = load(yaml, context);
  return result ? "" : to_string(result.error());
}

const RouteConfig* route_to(const Config& config, std::string_view to) {
  const auto found = std::ranges::find(config.routes, to, &RouteConfig::to);
  return found == config.routes.end() ? nullptr : &*found;
}

TEST(DefaultConfig, IsWholeAndOnLoopbackOnly) {
  const auto result = load_default_config(with_environment());

  ASSERT_TRUE(result) << to_string(result.error());
  const Config& config = result->config;
  EXPECT_TRUE(config.loopback_only());
  EXPECT_EQ(config.http.listen.to_string(), "127.0.0.1:8080");
  EXPECT_THAT(config.sip.listen, SizeIs(2));
  EXPECT_EQ(config.database, "data/parley.db");
  EXPECT_EQ(config.recording.folder, "data/recordings");
  ASSERT_THAT(config.assistants, SizeIs(1));
  EXPECT_EQ(config.assistants.at("reception").transfer.to, "2001");
  EXPECT_THAT(config.agents, SizeIs(1));
  EXPECT_THAT(result->notices, IsEmpty());
}

TEST(DefaultConfig, RoutesTheAssistantTheAgentAndTheTestExtensions) {
  const Config config = loaded("");

  EXPECT_EQ(route_to(config, "1000")->assistant, "reception");
  EXPECT_EQ(route_to(config, "2001")->extension, "2001");
  EXPECT_EQ(route_to(config, "9196")->application, "echo");
  EXPECT_EQ(route_to(config, "9197")->application, "tone");
  EXPECT_EQ(route_to(config, "9198")->application, "dictation");
  EXPECT_EQ(route_to(config, "9199")->application, "listener");
  for (const auto& route : config.routes) EXPECT_TRUE(route.open) << route.to;
}

TEST(Config, IsReplacedOneTopLevelKeyAtATime) {
  const Config config = loaded("sip: { rtp_ports: 20000-20099 }\nroutes: [ { to: 5000, assistant: reception } ]\n");

  EXPECT_EQ(config.sip.rtp_ports, (PortRange{20'000, 20'099}));
  EXPECT_TRUE(config.loopback_only());
  EXPECT_EQ(route_to(config, "1000"), nullptr);
  EXPECT_NE(route_to(config, "5000"), nullptr);
  EXPECT_NE(route_to(config, "9196"), nullptr);
  EXPECT_THAT(config.agents, SizeIs(1));
}

TEST(Config, PutsTestExtensionsBehindAllRoutesAndCanDropThem) {
  EXPECT_EQ(loaded("routes: [ { assistant: reception } ]").routes.front().assistant, "reception");
  EXPECT_THAT(loaded("routes: []\ntest_extensions: []").routes, IsEmpty());
}

TEST(Config, ClosesTheDefaultRoutesWhenAListenerIsReachable) {
  const auto result = load("sip: { listen: [udp:5060] }");

  ASSERT_TRUE(result);
  EXPECT_FALSE(result->config.loopback_only());
  for (const auto& route : result->config.routes) EXPECT_FALSE(route.open) << route.to;
  EXPECT_THAT(result->notices, ElementsAre(HasSubstr("key=routes"), HasSubstr("key=test_extensions")));
}

TEST(Config, LeavesTheFilesOwnRoutesOpen) {
  const Config config = loaded("sip: { listen: [udp:5060] }\nroutes: [ { to: 1, assistant: reception, open: true } ]");

  EXPECT_TRUE(route_to(config, "1")->open);
  EXPECT_FALSE(route_to(config, "9196")->open);
}

TEST(Config, ReadsEveryKindOfValue) {
  const Config config = loaded(R"(
workers: 4
external_address: 203.0.113.7
http: { listen: 9000 }
sip: { listen: ["udp:[::1]:5070", tcp:localhost:5071], codecs: [PCMA, opus], session_timer: 90s }
data: /var/lib/parley
store: sqlite:/tmp/x.db
calls: { max: 100 }
assistants:
  helper:
    stt: [local]
    llm: { provider: local, model: tiny }
    tts: local
    tools: [todo]
    vocabulary: [Parley]
    limits: { call_duration: 10m }
    turn_taking: { end_of_turn_delay: 700ms, words_to_commit: 2, level_gate: -60 }
    recording: false
agents: [ { extension: 2002, password: secret, queues: [support], supervisor: true } ]
dialling: { allowed: ["+49*"], refused: [], emergency: ["112"], per_agent: { at_once: 1, per_minute: 0 } }
users: [ { name: phone, password: secret } ]
trunks: { pbx: { registrar: sip:pbx.example.com, user: 2000, password: secret, expires: 5m },
          carrier: { peer: ["sip:192.0.2.1", "sip:192.0.2.2"], from: [192.0.2.3], check: 10s, trusted: false, limits: { at_once: 30 } } }
api_keys: [ { name: board, key: 0123456789abcdef0123456789abcdef, role: monitor } ]
webrtc:
  udp_port: 9189
  ice_servers:
    - { urls: ["stun:stun.example.com"] }
    - { urls: ["turn:turn.example.com?transport=udp", "turns:turn.example.com"], secret: north, lifetime: 1h }
routes:
  - { from: trunk:pbx, assistant: helper }
  - { to: "2*", extension: 2002 }
log: { level: debug, json: true }
drain: 0s
)");

  EXPECT_EQ(config.workers, 4);
  EXPECT_EQ(config.external_address, IpAddress::parse("203.0.113.7"));
  EXPECT_EQ(config.http.listen.to_string(), "0.0.0.0:9000");
  EXPECT_EQ(config.sip.listen[0].endpoint.to_string(), "[::1]:5070");
  EXPECT_EQ(config.sip.listen[1].transport, SipListen::Transport::tcp);
  EXPECT_THAT(config.sip.codecs, ElementsAre(audio::CodecName::pcma, audio::CodecName::opus));
  EXPECT_EQ(config.sip.session_timer, 90s);
  EXPECT_EQ(config.database, "/tmp/x.db");
  EXPECT_EQ(config.media.folder, "/var/lib/parley/media");
  EXPECT_EQ(config.calls.max, 100);
  const AssistantConfig& helper = config.assistants.at("helper");
  EXPECT_EQ(helper.name, "helper");
  EXPECT_THAT(helper.llm, ElementsAre(ProviderConfig{"local", "tiny"}));
  EXPECT_THAT(helper.tools, ElementsAre("todo"));
  EXPECT_EQ(helper.call_duration, 10min);
  EXPECT_EQ(helper.turn_taking.end_of_turn.delay, 700ms);
  EXPECT_EQ(helper.turn_taking.barge_in.words_to_commit, 2U);
  EXPECT_FALSE(helper.recording);
  EXPECT_EQ(config.trunks.at("pbx").expires, 5min);
  EXPECT_THAT(config.trunks.at("pbx").targets(), ElementsAre("sip:pbx.example.com"));
  const TrunkConfig& carrier = config.trunks.at("carrier");
  EXPECT_THAT(carrier.targets(), ElementsAre("sip:192.0.2.1", "sip:192.0.2.2"));
  EXPECT_THAT(carrier.from, ElementsAre(*IpAddress::parse("192.0.2.3")));
  EXPECT_EQ(carrier.check, 10s);
  EXPECT_FALSE(carrier.trusted);
  EXPECT_EQ(carrier.limits.at_once, 30U);
  EXPECT_THAT(config.dialling.allowed, ElementsAre("+49*"));
  EXPECT_EQ(config.dialling.per_agent.at_once, 1U);
  EXPECT_THAT(config.agents.at(0).queues, ElementsAre("support"));
  EXPECT_TRUE(config.agents.at(0).supervisor);
  EXPECT_EQ(config.api_keys.at(0).role, "monitor");
  EXPECT_EQ(config.webrtc.udp_port, 9189);
  ASSERT_THAT(config.webrtc.ice_servers, SizeIs(2));
  EXPECT_EQ(config.webrtc.ice_servers[1].secret, "north");
  EXPECT_EQ(config.webrtc.ice_servers[1].lifetime, 1h);
  EXPECT_EQ(config.log.level, log::Level::debug);
  EXPECT_EQ(config.drain, 0s);
}

TEST(Config, SuggestsTheKeyThatWasMeant) {
  EXPECT_EQ(errors_of("sip:\n  lisen: [udp:5060]\n"),
            "parley.yaml:2:3: key 'sip.lisen': unknown; did you mean 'listen'?");
  EXPECT_THAT(errors_of("zzzzzzzz: 1"), HasSubstr("unknown; there are: workers, external_address"));
}

TEST(Config, ShowsAllErrorsTogetherWithTheirPlaces) {
  EXPECT_EQ(errors_of("workers: many\ncalls: { max: -1 }\ndrain: 5\n"),
            "parley.yaml:1:10: key 'workers': 'many' is wrong: must be a whole number from 1 to 256, or auto\n"
            "parley.yaml:2:15: key 'calls.max': '-1' is wrong: must be a whole number from 1 to 100000, or auto\n"
            "parley.yaml:3:8: key 'drain': '5' is wrong: must be a time from 0s to 24h, as in 500ms, 30s, 5m or 2h");
}

TEST(Config, ShowsNoMoreThanTwentyErrors) {
  std::string yaml;
  for (int i = 0; i < 100; ++i) yaml += "bad" + std::to_string(i) + ": 1\n";

  EXPECT_THAT(load(yaml).error(), SizeIs(20));
}

struct Defect {
  const char* yaml;
  const char* message;
};
class ConfigDefect : public ::testing::TestWithParam<Defect> {};

TEST_P(ConfigDefect, IsAnError) { EXPECT_THAT(errors_of(GetParam().yaml), HasSubstr(GetParam().message)); }

INSTANTIATE_TEST_SUITE_P(
    Of, ConfigDefect,
    ::testing::Values(
        Defect{"a: &x 1", "anchors (&name) are refused"}, Defect{"a: *x", "parley.yaml:1:"},
        Defect{"workers: 1\nworkers: 2", "parley.yaml:2:1: key 'workers': given twice"},
        Defect{"workers: !!int 1", "tags (!name) are refused"},
        Defect{"workers: 1\n---\nworkers: 2", "more than one document"},
        Defect{"[1, 2]", "must be a mapping of keys to values"}, Defect{"? [a]\n: 1", "a key must be a plain word"},
        Defect{"workers: [1", "is not YAML"},
        Defect{"sip: 5060", "key 'sip': must be a mapping of keys to values, not a value"},
        Defect{"sip:\n", "key 'sip': has no value; leave the key out"},
        Defect{"sip: { listen: udp:5060 }", "must be a list"},
        Defect{"sip: { listen: [udp:5060, udp:5060] }", "has an entry twice"},
        Defect{"sip: { rtp_ports: 20001-20000 }", "an even first port"},
        Defect{"sip: { codecs: [gsm] }", "must be one of: opus, g722, pcmu, pcma"},
        Defect{"store: postgresql://x", "PostgreSQL is not in this version"},
        Defect{"data: [x]", "must be a single value, not a list"},
        Defect{"log: { json: yes }", "must be true or false"},
        Defect{"assistants: { x: { llm: gpt } }\nroutes: []", "'gpt' is no provider of this version; there are: local"},
        Defect{"assistants: { x: { tools: [fly] } }\nroutes: []", "'fly' is no tool"},
        Defect{"assistants: { x: {} }", "there is no assistant 'reception'"},
        Defect{"agents: []", "there is no agent '2001'"},
        Defect{"agents: [ { extension: 1 }, { extension: 1 } ]\nroutes: []", "two with the extension '1'"},
        Defect{"agents: [ { name: x } ]\nroutes: []", "must have an extension"},
        Defect{"users: [ { name: x } ]", "must have a name and a password"},
        Defect{"api_keys: [ { name: x, key: short } ]", "must have a key of at least 32 characters"},
        Defect{"api_keys: [ { name: x, role: caller } ]", "must be one of: admin, monitor"},
        Defect{"webrtc: { udp_port: 80 }", "must be a port from 1024 to 65279"},
        Defect{"webrtc: { ice_servers: [ { secret: x } ] }", "webrtc.ice_servers[0]': must have urls"},
        Defect{"media: { trusted_urls: [http://10.0.0.5] }", "must be a web address with a slash behind the host"},
        Defect{"media: { trusted_urls: [\"ftp://10.0.0.5/\"] }", "must be a web address with a slash behind the host"},
        Defect{"webrtc: { ice_servers: [ { urls: [http://x] } ] }", "must be as in stun:stun.example.com:3478"},
        Defect{"webrtc: { ice_servers: [ { urls: [turn:x] } ] }", "must have secret, or username and credential"},
        Defect{"webrtc: { ice_servers: [ { urls: [turn:x], username: u } ] }", "must have both username and"},
        Defect{"webrtc: { ice_servers: [ { urls: [turn:x], username: u, credential: c, secret: s } ] }",
               "must have either secret, or"},
        Defect{"trunks: { x: { user: a } }", "must have a registrar"},
        Defect{"trunks: { x: { registrar: sip:a } }", "or register: false"},
        Defect{"trunks: { x: { peer: pbx } }", "must be a SIP URI"},
        Defect{"trunks: { x: { peer: [] } }", "must name 1 to 8 SIP URIs"},
        Defect{"trunks: { x: { peer: sip:a, from: [here] } }", "must be an IP address"},
        Defect{"routes: [ { to: 1 } ]", "key 'routes[0]': must have exactly one of"},
        Defect{"routes: [ { assistant: reception, application: echo } ]", "must have exactly one of"},
        Defect{"routes: [ { from: trunk:x, assistant: reception } ]", "there is no trunk 'x'"},
        Defect{"data: ${NOPE}", "the environment variable NOPE is not set; set it, or write ${NOPE:-default}"},
        Defect{"data: ${NOPE", "'${' without '}'"}));

TEST(Config, RefusesWhatIsTooDeepOrTooLarge) {
  EXPECT_THAT(errors_of("a: " + std::string(100, '[') + std::string(100, ']')), HasSubstr("nested deeper than 32"));
  EXPECT_NE(errors_of("a: " + std::string(100'000, '[')), "");
  EXPECT_THAT(errors_of(std::string((1U << 20) + 1, '#')), HasSubstr("larger than"));
  std::string many = "a: [";
  for (int i = 0; i < 30'000; ++i) many += "1,";
  EXPECT_THAT(errors_of(many + "]"), HasSubstr("more than 20000 values"));
}

TEST(Config, ExpandsTheEnvironmentAsTextOnly) {
  const auto context = with_environment({{"NAME", "x: [1"}, {"EMPTY", ""}});

  const Config config = loaded(
      "agents: [ { extension: 1, name: 'a ${NAME} b', password: '${EMPTY:-d}$$${NO:-}' } ]\nroutes: []", context);

  EXPECT_EQ(config.agents[0].name, "a x: [1 b");
  EXPECT_EQ(config.agents[0].password, "d$");
}

TEST(Config, ReadsSecretsFromFilesAsTheyAre) {
  std::string pattern = (std::filesystem::temp_directory_path() / "parley-secret-XXXXXX").string();
  const int descriptor = ::mkstemp(pattern.data());
  ::close(descriptor);
  std::ofstream{pattern} << "pa$$ ${word}\n";
  const auto agents = "agents: [ { extension: 1, password_file: " + pattern + " } ]\nroutes: []";

  EXPECT_EQ(loaded(agents).agents[0].password, "pa$$ ${word}");
  std::filesystem::remove(pattern);
  EXPECT_THAT(errors_of(agents), HasSubstr("cannot be read"));
  EXPECT_THAT(errors_of("users: [ { name: a, password: b, password_file: c } ]"), HasSubstr("only one of them"));
}

TEST(Config, ReadsCertificatesAndWhomToTrust) {
  const Config config = loaded(R"(
http: { listen: 8443, tls: { certificate: /tls/web.pem, key: /tls/web.key } }
sip: { listen: [udp:5060, tls:5061], tls: { self_signed: true, ca: /tls/office.pem } }
trunks: { pbx: { registrar: "sip:pbx.example.com;transport=tls", user: a, tls: { verify: false } } }
agents: []
routes: []
)");

  EXPECT_EQ(config.http.tls.certificate, "/tls/web.pem");
  EXPECT_TRUE(config.http.tls.on() && config.sip.tls.on());
  EXPECT_EQ(config.sip.listen[1].transport, SipListen::Transport::tls);
  EXPECT_EQ(config.sip.trust.authorities, "/tls/office.pem");
  EXPECT_TRUE(config.sip.trust.verify);
  EXPECT_FALSE(config.trunks.at("pbx").trust.verify);
}

TEST(Config, RefusesHalfOfACertificateAndTrunksWithoutATlsListener) {
  EXPECT_THAT(errors_of("http: { tls: { certificate: a.pem } }"), HasSubstr("must have both certificate and key"));
  EXPECT_THAT(errors_of("sip: { tls: { certificate: a.pem, key: b.pem, self_signed: true } }"),
              HasSubstr("either certificate and key, or self_signed"));
  EXPECT_THAT(errors_of("trunks: { pbx: { registrar: \"sips:pbx.example.com\", user: a } }"),
              HasSubstr("sip.listen needs tls:"));
  EXPECT_THAT(errors_of("sip: { listen: [ws:80] }"), HasSubstr("tls:5061"));
}

TEST(Config, TakesThePortFromTheEnvironmentUnlessTheFileSaysIt) {
  const auto context = with_environment({{"PORT", "9999"}, {"OPENAI_API_KEY", "x"}});

  const auto without = load("", context);
  const auto with = load("http: { listen: 127.0.0.1:7000 }", context);

  ASSERT_TRUE(without && with);
  EXPECT_EQ(without->config.http.listen.to_string(), "127.0.0.1:9999");
  EXPECT_THAT(without->notices,
              ElementsAre(HasSubstr("name=PORT used=http.listen"), HasSubstr("OPENAI_API_KEY used=no")));
  EXPECT_EQ(with->config.http.listen.port, 7'000);
  EXPECT_THAT(errors_of("", with_environment({{"PORT", "http"}})), HasSubstr("environment"));
}

TEST(Config, SaysThatAFileCannotBeRead) {
  const auto result = load_config_file("/nonexistent/parley.yaml", with_environment());

  ASSERT_FALSE(result);
  EXPECT_THAT(to_string(result.error()), HasSubstr("/nonexistent/parley.yaml: cannot be read"));
}

TEST(ConfigExamples, AreValid) {
  const auto context = with_environment(
      {{"PBX_PASSWORD", "x"}, {"AGENT_2001_PASSWORD", "x"}, {"AGENT_2002_PASSWORD", "x"}, {"PHONE_PASSWORD", "x"}});
  for (const auto* name : {"parley.yaml", "office.yaml"}) {
    const auto result = load_config_file(source_folder() / "config" / name, context);
    EXPECT_TRUE(result) << to_string(result.error());
  }
}

TEST(ConfigurationPage, DocumentsEveryKey) {
  std::ifstream in{source_folder() / "docs" / "configuration.md"};
  std::stringstream page;
  page << in.rdbuf();
  std::istringstream reference{configuration_reference()};

  std::string row;
  std::size_t rows = 0;
  while (std::getline(reference, row)) {
    EXPECT_THAT(page.str(), HasSubstr(row + "\n"));
    ++rows;
  }
  EXPECT_GT(rows, 80U);
}

TEST(ConfigurationPage, SaysWhatEveryKeyMeans) {
  for (const auto& key : documented_keys()) {
    EXPECT_FALSE(key.type.empty()) << key.path;
    EXPECT_FALSE(key.meaning.empty()) << key.path;
  }
}

}  // namespace
}  // namespace parley::app
