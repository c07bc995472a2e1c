// Answers of DNS servers: the name may point anywhere, reading it ends.
#include <cstddef>
#include <cstdint>

#include "base/assert.hpp"
#include "net/dns_message.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace parley;
  const auto message = std::as_bytes(std::span{data, size});
  for (const auto type : {dns::QueryType::naptr, dns::QueryType::srv, dns::QueryType::a, dns::QueryType::aaaa}) {
    const auto answer = net::parse_dns_response(message, type);
    if (!answer) continue;
    PARLEY_ASSERT(answer->naptr.size() + answer->srv.size() + answer->addresses.size() <= 100);
    for (const auto& srv : answer->srv) PARLEY_ASSERT(srv.target.size() <= 255);
  }
  return 0;
}
