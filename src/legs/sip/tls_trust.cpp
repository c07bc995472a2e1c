#include "legs/sip/tls_trust.hpp"

namespace parley::legs {

Result<std::unique_ptr<TlsTrustStore>, std::string> TlsTrustStore::make(const TlsConfig& config) {
  auto store = std::make_unique<TlsTrustStore>();
  const auto shown = config.show_to_servers ? std::optional{config.own} : std::nullopt;
  auto own = net::TlsContext::server(config.own);
  if (!own) return std::unexpected(std::move(own.error()));
  store->own_ = std::move(*own);
  auto others = net::TlsContext::client(config.trust, shown);
  if (!others) return std::unexpected(std::move(others.error()));
  store->others_ = std::move(*others);
  for (const auto& [host, trust] : config.peers) {
    auto peer = net::TlsContext::client(trust, shown);
    if (!peer) return std::unexpected(std::move(peer.error()));
    store->peers_.emplace(host, std::move(*peer));
  }
  return store;
}

std::shared_ptr<net::TlsContext> TlsTrustStore::towards(const std::string& host) const {
  const auto peer = peers_.find(host);
  return peer != peers_.end() ? peer->second : others_;
}

}  // namespace parley::legs
