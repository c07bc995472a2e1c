// DNS records as plain values: what the resolver in net/ hands out and protocol/dns decides upon.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/endpoint.hpp"

namespace parley::dns {

/// What server location asks for (RFC 3263).
enum class QueryType : std::uint8_t { naptr, srv, a, aaaa };

/// RFC 3403 §4.1.
struct Naptr {
  std::uint16_t order = 0;
  std::uint16_t preference = 0;
  std::string flags;
  std::string service;
  std::string regexp;
  std::string replacement;
  std::chrono::seconds ttl{0};
  bool operator==(const Naptr&) const = default;
};

/// RFC 2782. The target "." (or empty) says that the service is decidedly not there.
struct Srv {
  std::uint16_t priority = 0;
  std::uint16_t weight = 0;
  std::uint16_t port = 0;
  std::string target;
  std::chrono::seconds ttl{0};
  bool operator==(const Srv&) const = default;
};

/// An A or AAAA record.
struct Address {
  IpAddress address;
  std::chrono::seconds ttl{0};
  bool operator==(const Address&) const = default;
};

/// What came back for one query: when `ok`, the vector that its type names is the one that counts.
struct Answer {
  enum class Status : std::uint8_t {
    ok,
    no_data,       // the name exists, but not with this type
    no_such_name,  // NXDOMAIN
    failed,        // SERVFAIL, refused, a malformed response, no server reachable
    timed_out,
  };
  Status status = Status::failed;
  std::vector<Naptr> naptr;
  std::vector<Srv> srv;
  std::vector<Address> addresses;
  /// How long a negative answer holds, where the resolver knows it (RFC 2308 §5).
  std::chrono::seconds negative_ttl{0};
  bool operator==(const Answer&) const = default;
};

}  // namespace parley::dns
