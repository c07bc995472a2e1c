// Our bindings at registrars (RFC 3261 §10.2): refreshed at half time, asked again after failures.
#include <algorithm>

#include "protocol/sip/core.hpp"
#include "protocol/sip/ids.hpp"

namespace parley::sip {

namespace {

constexpr std::chrono::seconds shortest_back_off{5};
constexpr std::chrono::seconds longest_back_off{300};
constexpr std::chrono::seconds longest_expires{7'200};

/// Answers that asking again will not change.
bool is_final(int status) { return status == 401 || status == 403 || status == 404 || status == 405 || status == 407; }

/// What the registrar granted to our contact: its parameter, else Expires, else what we asked for.
std::chrono::seconds granted(const Message& response, const Uri& contact, std::chrono::seconds asked) {
  if (const auto bindings = response.addresses("Contact"))
    for (const NameAddr& binding : *bindings)
      if (binding.uri.user == contact.user && binding.uri.host == contact.host && binding.uri.port == contact.port)
        if (const auto expires = parse_u32(binding.params.value("expires"))) return std::chrono::seconds{*expires};
  if (const auto expires = parse_u32(response.header("Expires").value_or(""))) return std::chrono::seconds{*expires};
  return asked;
}

}  // namespace

RegistrationId Stack::Core::register_(RegistrationOptions options, TimePoint now) {
  const RegistrationId id = ++last_id_;
  if (registrations_.size() >= config.limits.registrations) {
    ++counters.refused_overload;
    outputs.push(RegistrationFailed{id, 503, "Too many registrations", 0s});
    return id;
  }
  Registration& registration = registrations_[id];
  registration.id = id;
  registration.call_id = make_call_id(config.worker, random);
  registration.from_tag = make_tag(config.worker, random);
  registration.expires = options.expires;
  registration.digest = digest_for(options.credentials);
  registration.options = std::move(options);
  send_register(registration, now);
  return id;
}

void Stack::Core::send_register(Registration& registration, TimePoint now) {
  const RegistrationOptions& options = registration.options;
  Message request;
  request.method = "REGISTER";
  request.from = options.aor;
  request.from.params.set("tag", registration.from_tag);
  request.to = options.aor;
  request.to.params.erase("tag");
  request.call_id = registration.call_id;
  request.cseq = {++registration.cseq, "REGISTER"};
  apply_route(request, options.registrar, options.route);
  if (options.contact) request.add("Contact", options.contact->to_string());
  request.add("Expires", std::to_string(registration.leaving ? 0 : registration.expires.count()));
  add_capabilities(request);
  if (registration.digest) registration.digest->authorize(request);
  registration.in_flight = true;
  registration.act_at = TimePoint::max();
  timers_.set(registration.id, TimePoint::max());
  layer.send(
      {.purpose = Purpose::register_, .owner = registration.id, .message = std::move(request), .flows = options.flows},
      now);
}

void Stack::Core::on_register_response(Registration& registration, const ResponseArrived& arrived, TimePoint now) {
  const Message& response = arrived.response;
  if (response.status < 200 || arrived.request.message.cseq.number != registration.cseq) return;
  if (auto again = meet_challenge(registration.digest.get(), arrived)) {
    registration.cseq = again->cseq.number;
    layer.send({.purpose = Purpose::register_,
                .owner = registration.id,
                .message = std::move(*again),
                .flows = registration.options.flows,
                .challenges = arrived.request.challenges + 1},
               now);
    return;
  }
  registration.in_flight = false;
  const bool was_leaving = arrived.request.message.header("Expires") == "0";
  if (was_leaving) {
    const RegistrationId id = registration.id;
    timers_.set(id, TimePoint::max());
    registrations_.erase(id);
    outputs.push(Unregistered{id});
    return;
  }
  if (response.status < 300) {
    registration.bound = true;
    registration.failures = 0;
    if (registration.digest) registration.digest->succeeded(response);
    if (registration.leaving) return send_register(registration, now);
    const auto& asked = registration.options;
    const Uri contact = asked.contact ? asked.contact->uri : layer.binding_of(asked.aor, arrived.from.transport).uri;
    const auto expires = std::clamp(granted(response, contact, registration.expires), 1s, longest_expires);
    registration.act_at = now + std::max<Duration>(expires / 2, 1s);
    timers_.set(registration.id, registration.act_at);
    outputs.push(Registered{registration.id, expires, response});
    return;
  }
  if (registration.leaving) return send_register(registration, now);
  if (response.status == 423) {
    const auto least = parse_u32(response.header("Min-Expires").value_or(""));
    const std::chrono::seconds wanted{least ? *least : 0};
    if (wanted > registration.expires && wanted <= longest_expires) {
      registration.expires = wanted;
      return send_register(registration, now);
    }
  }
  registration_failed(registration, response.status, response.reason, !is_final(response.status), now);
}

void Stack::Core::registration_failed(Registration& registration, int status, const std::string& reason, bool retry,
                                      TimePoint now) {
  registration.bound = false;
  std::chrono::seconds wait{0};
  if (retry) {
    // Doubling, and half of it at random: a registrar that comes back is not met by everybody at once.
    const auto ceiling = std::min(longest_back_off, shortest_back_off * (1 << std::min(registration.failures++, 6)));
    const auto half = ceiling.count() / 2;
    wait =
        std::chrono::seconds{half + 1 + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(half + 1)))};
    registration.act_at = now + wait;
    timers_.set(registration.id, registration.act_at);
  }
  outputs.push(RegistrationFailed{registration.id, status, reason, wait});
}

void Stack::Core::advance_registration(Registration& registration, TimePoint now) {
  if (!registration.in_flight && now >= registration.act_at) send_register(registration, now);
}

bool Stack::Core::unregister(RegistrationId id, TimePoint now) {
  const auto found = registrations_.find(id);
  if (found == registrations_.end() || found->second.leaving) return false;
  Registration& registration = found->second;
  registration.leaving = true;
  if (registration.in_flight) return true;  // its answer decides
  if (registration.bound) {
    send_register(registration, now);
    return true;
  }
  timers_.set(id, TimePoint::max());
  registrations_.erase(found);
  outputs.push(Unregistered{id});
  return true;
}

}  // namespace parley::sip
