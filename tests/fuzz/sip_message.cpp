// SIP text: what parses is written and parses to the same; a stream yields what a datagram does.
#include "property.hpp"
#include "protocol/sip/message.hpp"
#include "protocol/sip/request_check.hpp"

using namespace parley;
using fuzz::require;

namespace {

void check_message(const sip::Message& message) {
  const auto text = message.to_string();
  const auto again = sip::parse(text);
  // Writing spells headers out, so a message near the limit may outgrow it.
  if (!again && again.error().error == sip::ParseError::too_large) return;
  require(again.has_value() && *again == message);

  sip::StreamSplitter splitter{text.size()};
  splitter.receive(text);
  require(splitter.poll() == text && !splitter.poll() && !splitter.failed());

  if (message.is_request()) {
    const auto rejection = sip::check(message, sip::Supported{});
    if (rejection) require(sip::parse(sip::make_response(message, *rejection, "tag").to_string()).has_value());
  }
  for (const auto* name : {"Contact", "Route", "Refer-To"}) {
    const auto addresses = message.addresses(name);
    if (!addresses) continue;
    for (const auto& address : *addresses) {
      const auto read = sip::NameAddr::parse(address.to_string());
      require(read && *read == address);
      require(address.uri.equivalent(address.uri));
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  const auto message = sip::parse(text);
  if (message) check_message(*message);
  else (void)sip::check(message.error());

  sip::StreamSplitter splitter{4'096};
  for (std::size_t at = 0; at < text.size(); at += 61) {
    splitter.receive(text.substr(at, 61));
    while (const auto cut = splitter.poll()) require(cut->size() <= 4'096);
  }
  return 0;
}
