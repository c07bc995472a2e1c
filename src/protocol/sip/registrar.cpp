#include "protocol/sip/registrar.hpp"

#include <algorithm>

#include "base/private_address.hpp"
#include "protocol/sip/outbound.hpp"

namespace parley::sip {
namespace {

/// `0.75` as thousandths; what cannot be read counts as 1.
unsigned read_q(std::string_view text) {
  if (text.empty() || (text[0] != '0' && text[0] != '1')) return 1'000;
  unsigned value = text[0] == '1' ? 1'000 : 0;
  if (value == 0 && text.size() > 2 && text[1] == '.') {
    unsigned place = 100;
    for (const char c : text.substr(2, 3)) {
      if (c < '0' || c > '9') return 1'000;
      value += static_cast<unsigned>(c - '0') * place;
      place /= 10;
    }
  }
  return value;
}

/// RFC 5626 §6: the same flow of the same telephone, else the same address (RFC 3261 §10.2.4).
bool is_same(const Registrar::Binding& a, const Registrar::Binding& b) {
  if (a.reg_id != 0 && b.reg_id != 0) return a.instance == b.instance && a.reg_id == b.reg_id;
  return a.contact.equivalent(b.contact);
}

/// RFC 3261 §10.3 step 7: an update that a newer one of the same telephone has overtaken.
bool is_overtaken(const Registrar::Binding& known, const Message& request) {
  return known.call_id == request.call_id && request.cseq.number <= known.cseq;
}

Reply out_of_order() { return {.status = 500, .reason = "A Later Request Was Here First"}; }

std::optional<std::chrono::seconds> read_seconds(std::string_view text) {
  const auto seconds = parse_u32(text);
  if (!seconds) return std::nullopt;
  return std::chrono::seconds{*seconds};
}

}  // namespace

std::vector<Registrar::Binding> Registrar::bindings(std::string_view user) const {
  const auto found = users_.find(user);
  return found == users_.end() ? Bindings{} : found->second;
}

Reply Registrar::receive(const Message& request, const Flow& from, std::string_view user, TimePoint now) {
  advance(now);
  // Nobody registers for another, however well they have proven to be themselves.
  const std::string name = request.to.uri.decoded_user();
  if (name != user || request.from.uri.decoded_user() != user)
    return {.status = 403, .reason = "Not Your Address Of Record"};
  if (!config_.users.contains(user)) return {.status = 404};

  if (request.header("Contact") == "*") {
    if (auto refusal = clear(request, name)) return std::move(*refusal);
    return success(request, name, false, now);
  }
  auto asked = wishes(request, from, now);
  if (!asked) return std::move(asked.error());
  const bool keeps_flow = std::ranges::any_of(*asked, [](const Wish& wish) { return wish.binding.reg_id != 0; });
  if (!asked->empty())
    if (auto refusal = apply(std::move(*asked), request, name)) return std::move(*refusal);
  return success(request, name, keeps_flow, now);
}

// ---- what is asked for -------------------------------------------------------------------------

Result<std::vector<Registrar::Wish>, Reply> Registrar::wishes(const Message& request, const Flow& from,
                                                              TimePoint now) const {
  const auto contacts = request.addresses("Contact");
  if (!contacts) return std::unexpected(Reply{.status = 400, .reason = "Bad Contact"});
  if (contacts->size() > config_.bindings_per_user)
    return std::unexpected(Reply{.status = 403, .reason = "Too Many Contacts"});
  std::vector<Wish> wishes;
  for (const NameAddr& contact : *contacts) {
    auto one = wish(contact, request, from);
    if (!one) return std::unexpected(std::move(one.error()));
    one->binding.expires_at = now + one->expires;
    wishes.push_back(std::move(*one));
  }
  // RFC 5626 §6: with two, which of them is the flow?
  if (wishes.size() > 1 && std::ranges::any_of(wishes, [](const Wish& wish) { return wish.binding.reg_id != 0; }))
    return std::unexpected(Reply{.status = 400, .reason = "One Contact With reg-id"});
  return wishes;
}

Result<Registrar::Wish, Reply> Registrar::wish(const NameAddr& contact, const Message& request,
                                               const Flow& from) const {
  Wish wish{{}, config_.default_expires};
  // An Expires that cannot be read is the default (RFC 3261 §10.2.1.1), as is none.
  if (const auto header = read_seconds(request.header("Expires").value_or(""))) wish.expires = *header;
  if (const auto own = read_seconds(contact.params.value("expires"))) wish.expires = *own;
  if (wish.expires > 0s && wish.expires < config_.min_expires)
    return std::unexpected(
        Reply{.status = 423, .headers = {{"Min-Expires", std::to_string(config_.min_expires.count())}}});
  wish.expires = std::min(wish.expires, config_.max_expires);

  if (auto refusal = refuse_contact(contact.uri, request, from)) return std::unexpected(std::move(*refusal));
  Binding& binding = wish.binding;
  binding.contact = contact.uri;
  binding.contact.headers.clear();  // in a Request-URI they mean nothing (RFC 3261 §19.1.1)
  binding.flow = from;
  binding.q = read_q(contact.params.value("q"));
  binding.call_id = request.call_id;
  binding.cseq = request.cseq.number;
  const auto outbound = outbound_of(request, contact);
  if (outbound.use == OutboundUse::first_hop)
    return std::unexpected(Reply{.status = 439, .reason = "First Hop Lacks Outbound Support"});
  binding.instance = outbound.instance;
  if (outbound.binding) binding.reg_id = outbound.binding->reg_id;
  if (auto path = request.addresses("Path")) binding.path = std::move(*path);
  if (binding.path.size() > config_.path_hops) return std::unexpected(Reply{.status = 403, .reason = "Path Too Long"});
  if (binding.contact.to_string().size() + binding.instance.size() > config_.contact_length)
    return std::unexpected(Reply{.status = 403, .reason = "Contact Too Long"});
  return wish;
}

std::optional<Reply> Registrar::refuse_contact(const Uri& contact, const Message& request, const Flow& from) const {
  if (!contact.is_sip()) return Reply{.status = 400, .reason = "Contact Is No SIP Address"};
  const std::string user = contact.decoded_user();
  if (user != request.to.uri.decoded_user() && config_.users.contains(user))
    return Reply{.status = 403, .reason = "Contact Is Another's"};
  const auto address = IpAddress::parse(contact.host);
  if (!address) return std::nullopt;  // a name: it is not asked where that leads
  const std::uint16_t port = contact.port != 0 ? contact.port : default_port(from.transport);
  if (std::ranges::find(config_.own, Endpoint{*address, port}) != config_.own.end())
    return Reply{.status = 403, .reason = "Contact Is This Server"};
  // A telephone at home says its own private address. A public one that it does not send from is a
  // stranger's; a proxy in between sends from its own.
  const bool proxied = request.via.size() > 1;
  if (!proxied && !is_private(*address) && *address != from.remote.address)
    return Reply{.status = 403, .reason = "Contact Is Elsewhere"};
  return std::nullopt;
}

// ---- what is done ------------------------------------------------------------------------------

std::optional<Reply> Registrar::clear(const Message& request, const std::string& user) {
  if (request.header_list("Contact").size() != 1 || read_seconds(request.header("Expires").value_or("")) != 0s)
    return Reply{.status = 400, .reason = "Contact * Needs Expires 0 And Nothing Else"};
  const auto known = bindings(user);
  if (std::ranges::any_of(known, [&](const Binding& binding) { return is_overtaken(binding, request); }))
    return out_of_order();
  store(user, {});
  return std::nullopt;
}

std::optional<Reply> Registrar::apply(std::vector<Wish> wishes, const Message& request, const std::string& user) {
  Bindings next = bindings(user);
  const std::size_t before = next.size();
  for (Wish& wish : wishes) {
    const auto same = std::ranges::find_if(next, [&](const Binding& each) { return is_same(each, wish.binding); });
    const bool known = same != next.end();
    if (known && is_overtaken(*same, request)) return out_of_order();
    if (wish.expires == 0s) {
      if (known) next.erase(same);
    } else if (known) {
      *same = std::move(wish.binding);
    } else {
      next.push_back(std::move(wish.binding));
    }
  }
  if (next.size() > config_.bindings_per_user && next.size() > before)
    return Reply{.status = 403, .reason = "Too Many Contacts"};
  if (size_ - before + next.size() > config_.bindings && next.size() > before)
    return Reply{.status = 503, .headers = {{"Retry-After", "60"}}};
  store(user, std::move(next));
  return std::nullopt;
}

void Registrar::store(const std::string& user, Bindings given) {
  Bindings bindings;  // the most wanted first; of the same q, in the order given
  for (Binding& binding : given)
    bindings.insert(std::ranges::upper_bound(bindings, binding.q, std::ranges::greater{}, &Binding::q),
                    std::move(binding));
  const auto soonest = [](const Bindings& some) { return std::ranges::min(some, {}, &Binding::expires_at).expires_at; };
  const auto found = users_.find(user);
  if (found != users_.end()) {
    expiries_.erase({soonest(found->second), user});
    for (const Binding& old : found->second)
      if (const auto flow = by_connection_.find(old.flow.connection); flow != by_connection_.end()) {
        flow->second.erase(user);
        if (flow->second.empty()) by_connection_.erase(flow);
      }
    size_ -= found->second.size();
  }
  size_ += bindings.size();
  for (const Binding& binding : bindings)
    if (binding.flow.connection != 0 && binding.path.empty()) by_connection_[binding.flow.connection].insert(user);
  changes_.push({user, bindings});
  if (bindings.empty()) {
    if (found != users_.end()) users_.erase(found);
    return;
  }
  expiries_.emplace(soonest(bindings), user);
  users_.insert_or_assign(user, std::move(bindings));
}

void Registrar::connection_lost(std::uint64_t connection) {
  const auto found = by_connection_.find(connection);
  if (found == by_connection_.end()) return;
  const auto affected = found->second;  // store() changes the index
  for (const std::string& user : affected) {
    Bindings rest = bindings(user);
    std::erase_if(rest, [&](const Binding& each) { return each.flow.connection == connection && each.path.empty(); });
    store(user, std::move(rest));
  }
}

void Registrar::advance(TimePoint now) {
  while (!expiries_.empty() && expiries_.begin()->first <= now) {
    const std::string user = expiries_.begin()->second;
    Bindings rest = bindings(user);
    std::erase_if(rest, [&](const Binding& each) { return each.expires_at <= now; });
    store(user, std::move(rest));
  }
}

// ---- the answer --------------------------------------------------------------------------------

Reply Registrar::success(const Message& request, const std::string& user, bool keeps_flow, TimePoint now) const {
  Reply reply{.status = 200};
  for (const Binding& binding : bindings(user)) {
    NameAddr contact;
    contact.uri = binding.contact;
    if (binding.q != 1'000) {
      const auto digits = std::to_string(1'000 + binding.q);
      contact.params.set("q", "0." + digits.substr(1));
    }
    const auto rest = std::chrono::ceil<std::chrono::seconds>(binding.expires_at - now).count();
    contact.params.set("expires", std::to_string(rest));
    if (!binding.instance.empty()) contact.params.add({"+sip.instance", "<" + binding.instance + ">", true});
    if (binding.reg_id != 0) contact.params.set("reg-id", std::to_string(binding.reg_id));
    reply.headers.push_back({"Contact", contact.to_string()});
  }
  for (const HeaderField& header : request.headers)
    if (header.name == "Path") reply.headers.push_back(header);  // RFC 3327 §5.3
  reply.headers.push_back({"Supported", "path, outbound"});
  if (keeps_flow) {  // RFC 5626 §6
    reply.headers.push_back({"Require", "outbound"});
    reply.headers.push_back({"Flow-Timer", std::to_string(flow_timer.count())});
  }
  return reply;
}

}  // namespace parley::sip
