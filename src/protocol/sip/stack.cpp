// The public face: every input and command runs its procedure, then settles what it set off.
#include "protocol/sip/stack.hpp"

#include "protocol/sip/core.hpp"

namespace parley::sip {

Stack::Stack(Config config, Random random, TimePoint)
    : core_{std::make_unique<Core>(std::move(config), std::move(random))} {}
Stack::~Stack() = default;
Stack::Stack(Stack&&) noexcept = default;
Stack& Stack::operator=(Stack&&) noexcept = default;

void Stack::receive(const Flow& from, Message message, TimePoint now) {
  core_->layer.receive(from, std::move(message), now);
  core_->settle(now);
}
void Stack::receive(const Flow& from, std::string_view text, TimePoint now) {
  core_->receive(from, text, now);
  core_->settle(now);
}
void Stack::transport_failed(const Flow& flow, TimePoint now) {
  core_->layer.transport_failed(flow, now);
  core_->settle(now);
}
void Stack::connection_lost(std::uint64_t connection, TimePoint now) {
  core_->connection_lost(connection, now);
  core_->settle(now);
}
void Stack::resolved(QueryId query, std::vector<Flow> flows, TimePoint now) {
  core_->layer.resolved(query, std::move(flows), now);
  core_->settle(now);
}
void Stack::advance(TimePoint now) {
  core_->advance(now);
  core_->settle(now);
}
std::optional<Stack::Output> Stack::poll() { return core_->outputs.poll(); }
TimePoint Stack::deadline() const { return core_->deadline(); }

bool Stack::ring(SessionId id, int status, std::optional<std::string> sdp, bool reliable, TimePoint now) {
  Session* session = core_->live(id);
  const bool done = session && core_->ring(*session, status, std::move(sdp), reliable, now);
  core_->settle(now);
  return done;
}
bool Stack::answer(SessionId id, std::string sdp, TimePoint now) {
  Session* session = core_->live(id);
  const bool done = session && core_->answer(*session, std::move(sdp), now);
  core_->settle(now);
  return done;
}
bool Stack::reject(SessionId id, Reply reply, TimePoint now) {
  Session* session = core_->live(id);
  const bool done = session && core_->reject(*session, std::move(reply), now);
  core_->settle(now);
  return done;
}
SessionId Stack::invite(InviteOptions options, TimePoint now) {
  const SessionId id = core_->invite(std::move(options), now);
  core_->settle(now);
  return id;
}
bool Stack::ack_answer(SessionId id, std::string sdp, TimePoint now) {
  Session* session = core_->live(id);
  const bool done = session && core_->ack_answer(*session, std::move(sdp), now);
  core_->settle(now);
  return done;
}
bool Stack::bye(SessionId id, TimePoint now, std::string reason_header) {
  Session* session = core_->live(id);
  const bool done = session && core_->bye(*session, std::move(reason_header), now);
  core_->settle(now);
  return done;
}
bool Stack::offer(SessionId id, std::string sdp, TimePoint now) {
  Session* session = core_->live(id);
  const bool done = session && core_->offer(*session, std::move(sdp), now);
  core_->settle(now);
  return done;
}
bool Stack::accept_offer(SessionId id, std::string sdp, TimePoint now) {
  Session* session = core_->live(id);
  const bool done = session && core_->accept_offer(*session, std::move(sdp), now);
  core_->settle(now);
  return done;
}
bool Stack::refuse_offer(SessionId id, int status, std::string reason, TimePoint now) {
  Session* session = core_->live(id);
  const bool done = session && core_->refuse_offer(*session, status, std::move(reason), now);
  core_->settle(now);
  return done;
}
bool Stack::refer(SessionId id, const Uri& target, std::optional<Replaces> replaces, TimePoint now) {
  Session* session = core_->live(id);
  const bool done = session && core_->refer(*session, target, replaces, now);
  core_->settle(now);
  return done;
}
bool Stack::accept_refer(SessionId id, TimePoint now) {
  Session* session = core_->live(id);
  const bool done = session && core_->answer_refer(*session, 202, {}, now);
  core_->settle(now);
  return done;
}
bool Stack::refuse_refer(SessionId id, int status, std::string reason, TimePoint now) {
  Session* session = core_->live(id);
  const bool done = session && status >= 300 && core_->answer_refer(*session, status, std::move(reason), now);
  core_->settle(now);
  return done;
}
bool Stack::notify_refer(SessionId id, int status, std::string reason, bool final, TimePoint now) {
  Session* session = core_->live(id);
  const bool done = session && core_->notify_refer(*session, status, std::move(reason), final, now);
  core_->settle(now);
  return done;
}
bool Stack::info_dtmf(SessionId id, char digit, std::chrono::milliseconds duration, TimePoint now) {
  Session* session = core_->live(id);
  const bool done = session && core_->info_dtmf(*session, digit, duration, now);
  core_->settle(now);
  return done;
}
bool Stack::set_contact(SessionId id, NameAddr contact) {
  Session* session = core_->live(id);
  if (session) session->contact = std::move(contact);
  return session != nullptr;
}
bool Stack::set_credentials(SessionId id, Credentials credentials) {
  Session* session = core_->live(id);
  if (session) session->digest = core_->digest_for(std::move(credentials));
  return session != nullptr;
}
std::optional<Replaces> Stack::replaces_for(SessionId id) const {
  Session* session = core_->live(id);
  if (!session || session->branches.empty()) return std::nullopt;
  return Replaces{.call_id = session->call_id,
                  .to_tag = std::string{session->dialog().remote_tag()},
                  .from_tag = session->local_tag};
}
std::optional<SessionId> Stack::find(const Replaces& replaces) const { return core_->find(replaces); }

bool Stack::respond(TransactionHandle handle, Reply reply, TimePoint now) {
  const bool done = core_->respond(handle, reply, now);
  core_->settle(now);
  return done;
}
TransactionHandle Stack::request(RequestOptions options, TimePoint now) {
  const TransactionHandle handle = core_->request(std::move(options), now);
  core_->settle(now);
  return handle;
}
RegistrationId Stack::register_(RegistrationOptions options, TimePoint now) {
  const RegistrationId id = core_->register_(std::move(options), now);
  core_->settle(now);
  return id;
}
bool Stack::unregister(RegistrationId registration, TimePoint now) {
  const bool done = core_->unregister(registration, now);
  core_->settle(now);
  return done;
}
void Stack::refuse_new(std::optional<std::chrono::seconds> retry_after) { core_->refusing = retry_after; }

const Stack::Counters& Stack::counters() const { return core_->counters; }
std::size_t Stack::sessions() const { return core_->live_sessions; }
std::size_t Stack::transactions() const { return core_->layer.size(); }

}  // namespace parley::sip
