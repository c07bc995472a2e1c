// A user agent outlives anything that arrives, in any order and at any time, and its tables stay bounded.
//
// The input is a script: a byte chooses what happens, the bytes behind it say how. Whole messages come
// from templates with the stack's own tags and branches in them, so that the fuzzer gets into dialogs
// without having to guess 80 random bits.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "property.hpp"
#include "protocol/sip/stack.hpp"

namespace {

using namespace parley;
using namespace parley::sip;

constexpr std::string_view sdp = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";

class Script {
 public:
  explicit Script(std::string_view bytes) : rest_{bytes} {}
  bool empty() const { return rest_.empty(); }
  unsigned next() {
    if (rest_.empty()) return 0;
    const auto byte = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    return byte;
  }
  std::string_view text(std::size_t length) {
    const auto taken = rest_.substr(0, length);
    rest_.remove_prefix(taken.size());
    return taken;
  }

 private:
  std::string_view rest_;
};

/// A peer that answers what it was sent, or asks within the dialog it knows.
class Peer {
 public:
  explicit Peer(std::string_view bytes) : script_{bytes}, stack_{config(), Random::seeded(1), now_} {}

  void run() {
    for (int step = 0; step < 200 && !script_.empty(); ++step) {
      act(script_.next());
      drain();
      fuzz::require(stack_.sessions() <= 8);
      fuzz::require(stack_.transactions() <= 2 * 64);  // CANCELs pass the limit, one an INVITE at most
    }
    for (int i = 0; i < 5'000 && stack_.deadline() != TimePoint::max() && stack_.sessions() == 0; ++i) {
      now_ = std::max(now_, stack_.deadline());
      stack_.advance(now_);
      drain();
    }
    if (stack_.sessions() == 0) fuzz::require(stack_.transactions() == 0);
  }

 private:
  static Config config() {
    Config config;
    for (HostPort& local : config.sent_by) local = {"192.0.2.1", 5060};
    config.limits = {.sessions = 8, .transactions = 64, .dialogs_per_invite = 3, .registrations = 4};
    return config;
  }

  void act(unsigned what) {
    const auto size = [&] { return std::size_t{script_.next()} * 4; };
    switch (what % 20) {
      case 0: stack_.receive(flow_, script_.text(size()), now_); break;
      case 1:
        now_ += std::chrono::milliseconds{script_.next() * script_.next()};
        stack_.advance(now_);
        break;
      case 2:
        now_ = std::min(stack_.deadline(), now_ + 10min);
        stack_.advance(now_);
        break;
      case 3: respond(); break;
      case 4: ask("INVITE", std::string{sdp}); break;
      case 5: ask("BYE"); break;
      case 6: ask("ACK", script_.next() % 2 ? std::string{sdp} : ""); break;
      case 7: ask("CANCEL"); break;
      case 8: {
        static constexpr const char* methods[] = {"UPDATE", "PRACK",   "INFO",     "REFER",
                                                  "NOTIFY", "OPTIONS", "REGISTER", "X"};
        ask(methods[script_.next() % 8], script_.next() % 2 ? std::string{sdp} : "");
        break;
      }
      case 9: stack_.connection_lost(script_.next() % 4, now_); break;
      case 10: stack_.transport_failed(flow_, now_); break;
      case 11: {
        InviteOptions options;
        options.target = Uri::parse("sip:a@203.0.113.7").value();
        options.from.uri = options.target;
        if (script_.next() % 2) options.offer = std::string{sdp};
        options.credentials = Credentials{"a", "b"};
        session_ = stack_.invite(std::move(options), now_);
        break;
      }
      case 12: stack_.ring(session_, 183, std::string{sdp}, script_.next() % 2 != 0, now_); break;
      case 13: stack_.answer(session_, std::string{sdp}, now_); break;
      case 14: stack_.bye(session_, now_); break;
      case 15: stack_.offer(session_, std::string{sdp}, now_); break;
      case 16: stack_.accept_offer(session_, std::string{sdp}, now_); break;
      case 17: stack_.ack_answer(session_, std::string{sdp}, now_); break;
      case 18:
        stack_.accept_refer(session_, now_);
        stack_.notify_refer(session_, 200, {}, script_.next() % 2 != 0, now_);
        break;
      case 19:
        flow_.transport = static_cast<Transport>(script_.next() % transport_count);
        flow_.connection = script_.next() % 4;
        break;
    }
  }

  void respond() {
    if (!last_request_) return;
    const int status = 100 + static_cast<int>(script_.next()) * 500 / 255;
    Message response = make_response(*last_request_, status, "x", script_.next() % 2 ? "peer" : "fork");
    response.add("Contact", "<sip:peer@203.0.113.7>");
    extras(response);
    if (script_.next() % 2) response.add("Content-Type", "application/sdp"), response.body = sdp;
    stack_.receive(flow_, response.to_string(), now_);
  }

  void ask(const std::string& method, std::string body = {}) {
    Message request;
    request.method = method;
    request.request_uri = Uri::parse("sip:us@192.0.2.1").value();
    Via via;
    via.transport = "UDP";
    via.host = "203.0.113.7";
    via.params.set("branch", "z9hG4bK" + std::to_string(method == "CANCEL" ? branch_ : branch_ = script_.next()));
    request.via = {via};
    request.from.uri = request.request_uri;
    request.from.params.set("tag", "peer");
    request.to.uri = request.request_uri;
    const bool inside = !tag_.empty() && script_.next() % 4 != 0;
    if (inside) request.to.params.set("tag", tag_);
    request.call_id = inside ? call_id_ : "call" + std::to_string(script_.next() % 4);
    request.cseq = {script_.next(), method};
    request.add("Contact", "<sip:peer@203.0.113.7>");
    extras(request);
    if (!body.empty()) request.add("Content-Type", "application/sdp"), request.body = std::move(body);
    stack_.receive(flow_, request.to_string(), now_);
  }

  void extras(Message& message) {
    const unsigned which = script_.next();
    if (which & 1) message.add("Supported", "100rel, timer");
    if (which & 2) message.add("Require", "100rel"), message.add("RSeq", std::to_string(script_.next() % 4));
    if (which & 4) message.add("Session-Expires", std::to_string(script_.next() * 10) + ";refresher=uas");
    if (which & 8) message.add("Record-Route", which & 16 ? "<sip:203.0.113.7;lr>" : "<sip:203.0.113.7>");
    if (which & 32) message.add("RAck", rack_);
    if (which & 64)
      message.add("Refer-To", "<sip:x@203.0.113.7?Replaces=a%3Bto-tag%3Db%3Bfrom-tag%3Dc>"),
          message.add("Event", "refer");
    if (which & 128) message.add("WWW-Authenticate", "Digest realm=\"r\", nonce=\"n\", qop=\"auth\"");
  }

  void drain() {
    for (int i = 0; i < 10'000; ++i) {
      auto output = stack_.poll();
      if (!output) return;
      if (const auto* send = std::get_if<Stack::Send>(&*output)) {
        auto message = parse(send->bytes);
        fuzz::require(message.has_value());  // we never send what we would not read
        if (message->is_request()) {
          if (message->method != "ACK") last_request_ = std::move(*message);
        } else if (!message->to.tag().empty()) {
          tag_ = message->to.tag();
          call_id_ = message->call_id;
          if (const auto rseq = message->header("RSeq"))
            rack_ = std::string{*rseq} + " " + std::to_string(message->cseq.number) + " INVITE";
        }
      } else if (const auto* incoming = std::get_if<Stack::Incoming>(&*output)) {
        session_ = incoming->session;
      } else if (const auto* resolve = std::get_if<Stack::Resolve>(&*output)) {
        stack_.resolved(resolve->query, {}, now_);
      }
    }
    fuzz::require(false);  // outputs without end
  }

  TimePoint now_{};
  Script script_;
  Stack stack_;
  Flow flow_{Transport::udp, {IpAddress::v4(0xCB007107), 5060}, 0};
  SessionId session_ = 0;
  std::optional<Message> last_request_;
  std::string tag_, call_id_, rack_ = "1 1 INVITE";
  unsigned branch_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Peer{parley::fuzz::text_of(data, size)}.run();
  return 0;
}
