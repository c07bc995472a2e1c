// Whatever is registered, lost and forgotten in whatever order: the table stays within its bounds, says
// the truth about its deadline, and is empty once every binding has ended.
//
// Each line of the input is a step: `+seconds` lets time pass, `!connection` loses a connection, anything
// else is header lines (`\` for a line end) of a REGISTER.
#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>

#include "property.hpp"
#include "protocol/sip/registrar.hpp"

namespace {

using namespace parley;
using namespace parley::sip;

unsigned number(std::string_view text) {
  unsigned value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

struct Run {
  Registrar registrar{{.users = {"1", "2"}, .bindings_per_user = 3, .bindings = 4}};
  TimePoint now{};
  std::uint32_t cseq = 0;

  void step(std::string_view line) {
    if (line.starts_with('+')) {
      now += std::chrono::seconds{number(line.substr(1)) % 10'000};
      registrar.advance(now);
    } else if (line.starts_with('!')) {
      registrar.connection_lost(number(line.substr(1)));
    } else {
      register_with(line);
    }
    while (registrar.poll()) {
    }
    const auto held = registrar.bindings("1").size() + registrar.bindings("2").size();
    fuzz::require(held == registrar.size() && held <= 4);
    fuzz::require((registrar.deadline() == TimePoint::max()) == (held == 0));
    fuzz::require(registrar.deadline() > now);
  }

  void register_with(std::string_view line) {
    const std::string user = line.ends_with('2') ? "2" : "1";
    std::string text = "REGISTER sip:x SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\nFrom: <sip:" + user +
                       "@x>;tag=a\r\nTo: <sip:" + user + "@x>\r\nCall-ID: c\r\nCSeq: " + std::to_string(++cseq) +
                       " REGISTER\r\n";
    for (const char c : line) text += c == '\\' ? std::string{"\r\n"} : std::string{c};
    const auto message = parse(text + "\r\n\r\n");
    if (!message) return;
    const std::uint64_t connection = line.size() % 4;
    const auto before = registrar.size();
    const auto reply =
        registrar.receive(*message, {Transport::tcp, *Endpoint::parse("192.0.2.1:5060"), connection}, user, now);
    fuzz::require(reply.status >= 200);
    if (reply.status != 200) fuzz::require(registrar.size() <= before);
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest{reinterpret_cast<const char*>(data), size};
  Run run;
  for (int steps = 0; steps < 100 && !rest.empty(); ++steps) {
    const auto end = std::min(rest.find('\n'), rest.size());
    run.step(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  run.step("+9999");
  fuzz::require(run.registrar.size() == 0);
  return 0;
}
