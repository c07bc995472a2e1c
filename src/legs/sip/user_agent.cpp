#include "legs/sip/user_agent.hpp"

#include "base/log.hpp"
#include "base/ulid.hpp"
#include "legs/sip/agent_registrar.hpp"

namespace parley::legs {
namespace {

sip::Config with_session_limits(sip::Config config) {
  // The program's own cap refuses calls before the stack's does; this one only bounds memory.
  config.limits.sessions = std::max<std::size_t>(config.limits.sessions, 20'000);
  return config;
}

audio::Rate rate_for(const std::vector<audio::CodecName>& codecs) {
  for (const auto codec : codecs)
    if (audio::natural_rate(codec) == audio::Rate::wide) return audio::Rate::wide;
  return audio::Rate::narrow;
}

sip::Transport transport_of(const sip::InviteOptions& options) {
  if (!options.flows.empty()) return options.flows.front().transport;
  if (const auto named = sip::parse_transport(options.target.params.value("transport"))) return *named;
  return options.target.scheme == "sips" ? sip::Transport::tls : sip::Transport::udp;
}

}  // namespace

UserAgent::UserAgent(UserAgentConfig config, call::Registry& registry, Admission& admission, ProfileOf profile_of,
                     SipWorld& world, Random random)
    : config_{std::move(config)},
      registry_{registry},
      admission_{admission},
      profile_of_{std::move(profile_of)},
      world_{world},
      stack_{with_session_limits(config_.stack), Random::seeded(random.u64()), world.now()},
      random_{std::move(random)} {}

UserAgent::~UserAgent() = default;

// ---- from the shell ----------------------------------------------------------------------------

void UserAgent::receive(const sip::Flow& from, sip::Message message, std::string_view text) {
  trace(false, from, message.call_id, std::string{text});
  stack_.receive(from, std::move(message), world_.now());
  flush();
}

void UserAgent::receive_text(const sip::Flow& from, std::string_view text) {
  stack_.receive(from, text, world_.now());
  flush();
}

void UserAgent::transport_failed(const sip::Flow& flow) {
  stack_.transport_failed(flow, world_.now());
  flush();
}

void UserAgent::connection_lost(std::uint64_t connection) {
  if (registrar_) registrar_->connection_lost(connection);
  stack_.connection_lost(connection, world_.now());
  flush();
}

void UserAgent::resolved(sip::QueryId query, std::vector<sip::Flow> flows) {
  stack_.resolved(query, std::move(flows), world_.now());
  flush();
}

TimePoint UserAgent::deadline() const {
  return registrar_ ? std::min(stack_.deadline(), registrar_->deadline()) : stack_.deadline();
}

void UserAgent::advance() {
  if (registrar_) registrar_->advance(world_.now());
  stack_.advance(world_.now());
  flush();
}

sip::RegistrationId UserAgent::register_trunk(sip::RegistrationOptions options) {
  const auto id = stack_.register_(std::move(options), world_.now());
  flush();
  return id;
}

void UserAgent::request(sip::RequestOptions options, std::move_only_function<void(const sip::Message&)> done) {
  asked_.emplace(stack_.request(std::move(options), world_.now()), std::move(done));
  flush();
}

void UserAgent::flush() {
  if (flushing_) return;  // the outer one goes on with what was just asked for
  flushing_ = true;
  while (auto output = stack_.poll()) std::visit([this](auto& what) { on(what); }, *output);
  flushing_ = false;
  if (deadline_moved_) deadline_moved_();
}

// ---- from the legs -----------------------------------------------------------------------------

void UserAgent::ring(sip::SessionId session) {
  stack_.ring(session, 180, std::nullopt, false, world_.now());
  flush();
}

void UserAgent::answer(sip::SessionId session, std::string sdp) {
  stack_.answer(session, std::move(sdp), world_.now());
  flush();
}

void UserAgent::hang_up(sip::SessionId session, sip::Reply reply, std::string reason_header) {
  if (reply.status == 500 || !stack_.reject(session, std::move(reply), world_.now()))
    stack_.bye(session, world_.now(), std::move(reason_header));
  flush();
}

void UserAgent::accept_offer(sip::SessionId session, std::string sdp) {
  stack_.accept_offer(session, std::move(sdp), world_.now());
  flush();
}

void UserAgent::refuse_offer(sip::SessionId session, std::string reason) {
  stack_.refuse_offer(session, 488, std::move(reason), world_.now());
  flush();
}

// ---- outputs of the stack ----------------------------------------------------------------------

void UserAgent::on(sip::Stack::Send& send) {
  // The first message of a new Call-ID, in the order of dialling: the call that it is a leg of is known.
  const bool dialled = !dialled_.empty() && send.bytes.starts_with("INVITE ") && !traces_.knows(send.call_id);
  trace(true, send.flow, send.call_id, send.bytes);
  if (dialled) {
    traces_.name(dialled_.front(), send.call_id);
    dialled_.pop_front();
  }
  world_.send(send.flow, std::move(send.bytes));
}

void UserAgent::on(sip::Stack::Resolve& resolve) { world_.resolve(resolve.query, resolve.target, resolve.transport); }

void UserAgent::on(sip::Stack::Incoming& incoming) {
  auto verdict = admission_.judge(incoming.invite, incoming.from, world_.now());
  if (auto* refusal = std::get_if<sip::Reply>(&verdict)) return reject(incoming.session, std::move(*refusal));
  const Admitted& admitted = std::get<Admitted>(verdict);
  if (!registry_.admit()) return reject(incoming.session, {.status = 503, .headers = {{"Retry-After", "10"}}});

  MediaPlan plan;
  plan.policy = config_.media.of(incoming.from.transport, admitted.srtp);
  if (incoming.offer) plan.kind = kind_of_offer(*incoming.offer);
  else if (sip::is_websocket(incoming.from.transport)) plan.kind = MediaKind::webrtc;
  if (incoming.offer) plan.rate = rate_of_offer(*incoming.offer, config_.codecs);
  else if (plan.kind == MediaKind::webrtc) plan.rate = audio::Rate::wide;
  plan.call_id = make_ulid(registry_.environment().wall_clock(), random_);
  auto media = media_for(incoming, plan);
  if (!media) return registry_.release();
  auto leg = std::make_unique<SipLeg>(*this, SipLeg::Options{.session = incoming.session, .permit = admitted.permit},
                                      std::move(media));
  auto options = call::options_for(admitted.target, profile_of_(admitted.target));
  options.id = plan.call_id;
  options.direction = call::Direction::inbound;
  options.from = admitted.from;
  options.to = admitted.to;
  options.identity = admitted.identity;
  options.rate = plan.rate;
  traces_.name(options.id, incoming.invite.call_id);
  registry_.create(std::move(options), admitted.target, std::move(leg));
}

void UserAgent::on(sip::Stack::Progress& progress) {
  auto* const leg = leg_of(progress.session);
  if (!leg) return;
  if (!leg->call_id().empty()) traces_.name(leg->call_id(), progress.response.call_id);
  leg->on_progress(progress.status, progress.sdp);
}

void UserAgent::on(sip::Stack::Answered& answered) {
  auto* const leg = leg_of(answered.session);
  if (!leg) return;
  if (!leg->call_id().empty()) traces_.name(leg->call_id(), answered.response.call_id);
  leg->on_answered(answered.sdp);
}

void UserAgent::on(sip::Stack::Acknowledged& acknowledged) {
  if (auto* leg = leg_of(acknowledged.session)) leg->on_acknowledged(acknowledged.answer);
}

void UserAgent::on(sip::Stack::OfferReceived& offer) {
  if (auto* leg = leg_of(offer.session)) return leg->on_offer(offer.sdp);
  refuse_offer(offer.session, "No such call");
}

void UserAgent::on(sip::Stack::AnswerReceived& answer) {
  if (auto* leg = leg_of(answer.session)) leg->on_answer(answer.sdp);
}

void UserAgent::on(sip::Stack::OfferRefused& refused) {
  log::info("offer refused session={} status={}", refused.session, refused.status);
}

void UserAgent::on(sip::Stack::ReferReceived& refer) {
  // The assistant's caller is a person at a telephone: moving our side elsewhere is not theirs to ask.
  stack_.refuse_refer(refer.session, 603, "Transfer not allowed", world_.now());
}

void UserAgent::on(sip::Stack::ReferProgress& progress) {
  log::info("refer session={} status={} final={}", progress.session, progress.status, progress.final);
}

void UserAgent::on(sip::Stack::DtmfReceived& dtmf) {
  if (auto* leg = leg_of(dtmf.session)) leg->on_dtmf(dtmf.digit);
}

void UserAgent::on(sip::Stack::FlowLost& lost) {
  if (auto* leg = leg_of(lost.session)) leg->on_flow_lost();
}

void UserAgent::on(sip::Stack::Ended& ended) {
  if (auto* leg = leg_of(ended.session)) leg->on_ended(ended.reason, ended.status);
}

void UserAgent::on(sip::Stack::OutOfDialog& request) {
  sip::Reply reply{.status = 405};  // MESSAGE: there is no text in a call yet
  if (request.request.method == "REGISTER") {
    reply.status = 403;
    if (registrar_) reply = registrar_->receive(request.request, request.from, world_.now());
  }
  stack_.respond(request.handle, std::move(reply), world_.now());
}

void UserAgent::on(sip::Stack::Response& response) {
  auto asked = asked_.extract(response.handle);
  if (!asked.empty()) asked.mapped()(response.response);
}

void UserAgent::on(sip::Stack::Registered& registered) {
  log::info("trunk registered registration={} expires_s={}", registered.registration, registered.expires.count());
}

void UserAgent::on(sip::Stack::RegistrationFailed& failed) {
  log::warn("trunk registration failed registration={} status={} reason=\"{}\" retry_s={}", failed.registration,
            failed.status, failed.reason, failed.retry_in.count());
}

void UserAgent::on(sip::Stack::Unregistered&) {}

// ---- calls -------------------------------------------------------------------------------------

std::optional<DialError> UserAgent::dial(DialOptions options) {
  if (!registry_.admit()) return DialError::full;
  const auto rate = rate_for(config_.codecs);
  sip::InviteOptions invite;
  invite.target = options.target;
  invite.from.uri.user = options.from;
  invite.ring_timeout = options.ring_timeout;
  invite.credentials = options.credentials;
  invite.flows = options.flows;
  auto leg = make_outbound(std::move(invite), {.rate = rate, .call_id = options.call_id}, options.srtp, options.permit);
  if (!leg) {
    registry_.release();
    return leg.error();
  }
  auto call = call::options_for(options.application, profile_of_(options.application));
  call.id = options.call_id;
  call.direction = call::Direction::outbound;
  call.from = options.from;
  call.to = options.target.to_string();
  call.rate = rate;
  registry_.create(std::move(call), options.application, std::move(*leg));
  flush();
  return std::nullopt;
}

Result<std::unique_ptr<call::Leg>, call::DialFailure> UserAgent::dial_leg(LegDialling options,
                                                                          call::LegListener& listener) {
  sip::InviteOptions invite;
  invite.target = options.target;
  invite.from.display = options.leg.name;
  invite.from.uri.user = options.leg.from;
  invite.ring_timeout = options.leg.ring_timeout;
  invite.credentials = options.credentials;
  invite.route = std::move(options.route);
  invite.flows = std::move(options.flows);
  for (auto& [name, value] : options.leg.headers) invite.headers.push_back({std::move(name), std::move(value)});
  auto leg = make_outbound(std::move(invite), {.rate = options.leg.rate, .call_id = std::move(options.leg.call_id)},
                           options.srtp);
  if (!leg)
    return std::unexpected(leg.error() == DialError::no_port ? call::DialFailure::no_port
                                                             : call::DialFailure::bad_target);
  (*leg)->listen(listener);
  flush();
  return std::unique_ptr<call::Leg>{std::move(*leg)};
}

Result<std::unique_ptr<SipLeg>, DialError> UserAgent::make_outbound(sip::InviteOptions invite, MediaPlan plan,
                                                                    std::optional<SrtpPolicy> srtp,
                                                                    std::shared_ptr<const void> permit) {
  const auto next = invite.flows.empty() ? IpAddress::parse(invite.target.host) : invite.flows.front().remote.address;
  const auto peer = next.value_or(IpAddress{});
  const auto transport = transport_of(invite);
  plan.kind = sip::is_websocket(transport) ? MediaKind::webrtc : MediaKind::rtp;
  plan.policy = config_.media.of(transport, srtp);
  // The session's number is known only after invite(), and the offer only with the port.
  auto media = make_media(plan, peer);
  if (!media) return std::unexpected(media.error().empty() ? DialError::no_port : DialError::srtp_policy);
  invite.from.uri.scheme = "sip";
  invite.from.uri.host = world_.address_towards(peer).to_string();
  invite.offer = (*media)->make_offer();
  const bool at_once = next.has_value();
  const auto session = stack_.invite(std::move(invite), world_.now());
  if (at_once) dialled_.push_back(plan.call_id);  // one that waits for DNS is named by its first answer
  return std::make_unique<SipLeg>(*this, SipLeg::Options{session, true, std::move(plan.call_id), std::move(permit)},
                                  std::move(*media));
}

SipLeg* UserAgent::leg_of(sip::SessionId session) {
  const auto found = legs_.find(session);
  return found == legs_.end() ? nullptr : found->second;
}

void UserAgent::reject(sip::SessionId session, sip::Reply reply) {
  stack_.reject(session, std::move(reply), world_.now());
}

void UserAgent::trace(bool sent, const sip::Flow& flow, std::string_view call_id, std::string text) {
  if (call_id.empty()) return;
  traces_.add(call_id, {.at = registry_.environment().wall_clock(),
                        .sent = sent,
                        .transport = flow.transport,
                        .remote = flow.remote,
                        .text = std::move(text)});
}

}  // namespace parley::legs
