#include "legs/sip/locate.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.hpp"
#include "net/resolver.hpp"
#include "protocol/dns/locator.hpp"

namespace parley::legs {

namespace asio = boost::asio;

namespace {

sip::Transport transport_of(dns::Transport transport) {
  switch (transport) {
    case dns::Transport::udp: return sip::Transport::udp;
    case dns::Transport::tcp: return sip::Transport::tcp;
    case dns::Transport::tls: return sip::Transport::tls;
  }
  return sip::Transport::udp;
}

constexpr Duration query_within = 5s;

asio::awaitable<dns::Answer> query(net::Resolver& resolver, dns::QueryType type, std::string name) {
  auto initiate = [&](auto handler) {
    net::Resolver::Done done = [handler = std::move(handler)](dns::Answer answer) mutable {
      std::move(handler)(std::move(answer));
    };
    resolver.query(type, name, query_within, std::move(done));
  };
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(dns::Answer)>(std::move(initiate),
                                                                                            asio::use_awaitable);
}

}  // namespace

asio::awaitable<std::vector<sip::Flow>> locate(net::Resolver& resolver, sip::Uri target,
                                               std::optional<sip::Transport> transport, bool with_tls) {
  auto config = dns::locator_config(target);
  config.supported = {dns::Transport::udp, dns::Transport::tcp};
  if (with_tls) config.supported.push_back(dns::Transport::tls);
  if (transport && config.transport.empty()) config.transport = sip::uri_name(*transport);
  dns::Locator locator{std::move(config), Random::secure()};

  std::vector<sip::Flow> flows;
  while (auto output = locator.poll()) {
    if (const auto* asked = std::get_if<dns::Locator::Query>(&*output)) {
      const auto answer = co_await query(resolver, asked->type, asked->name);
      locator.receive(asked->id, answer);
    } else if (const auto* located = std::get_if<dns::Locator::Located>(&*output)) {
      for (const auto& found : located->targets) {
        const bool tls = found.transport == dns::Transport::tls;
        flows.push_back({transport_of(found.transport), found.endpoint, 0, tls ? target.host : std::string{}});
      }
    } else {
      log::warn("sip target not found host={}", target.host);
    }
  }
  co_return flows;
}

}  // namespace parley::legs
