// Digest headers: what parses is written and parses to the same; no credentials are right by chance.
#include "protocol/sip/digest.hpp"
#include "property.hpp"

using namespace parley;
using namespace parley::sip;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  const auto header = digest::Header::parse(text);
  if (header && header->is_digest()) {
    const auto again = digest::Header::parse(header->to_string());
    require(again && *again == *header);
  }
  (void)digest::Header::parse_info(text);

  const TimePoint now{1h};
  digest::Server server{{.realm = "r", .secret = "s"}};
  const auto ha1_of = [](std::string_view user, digest::Algorithm algorithm) {
    return std::optional{digest::ha1(algorithm, user, "r", "p")};
  };
  require(server.verify(text, "REGISTER", ha1_of, now).verdict != digest::Verdict::ok);
  require(server.nonces() == 0);

  // Whatever a challenge says, our answer to it is well formed.
  Message request;
  request.method = "REGISTER";
  request.request_uri = *Uri::parse("sip:example.com");
  Message response = make_response(request, 401, "Unauthorized", "t");
  response.add("WWW-Authenticate", std::string{text});
  digest::Client client{{"u\"ser", "p"}, Random::seeded(1)};
  if (!client.challenged(request, response)) return 0;
  client.authorize(request);
  const auto answer = digest::Header::parse(*request.header("Authorization"));
  require(answer && answer->params.value("username") == "u\"ser");
  require(!client.challenged(request, response) || iequals(header->params.value("stale"), "true"));
  return 0;
}
