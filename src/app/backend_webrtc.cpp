// Browser signalling: from the request's worker to the call's.
#include "app/await.hpp"
#include "app/backend.hpp"
#include "legs/webrtc/shell.hpp"

namespace parley::app {

namespace {

api::Refusal refusal_of(const legs::WebRtcRefusal& refused) {
  api::Refusal refusal{refused.status, refused.detail};
  if (refused.status == 503) refusal.retry_after_seconds = 10;
  if (refused.status == 422) refusal.errors.push_back({"sdp", refused.detail});
  return refusal;
}

api::WebRtcAnswer answer_of(legs::WebRtcAnswer answer) {
  return {std::move(answer.sdp), std::move(answer.call_id), std::move(answer.ice_session)};
}

}  // namespace

api::Reply<api::WebRtcAnswer> Backend::webrtc_offer(api::WebRtcOffer offer) {
  if (draining_) co_return std::unexpected(api::Refusal{503, "The program is shutting down."});
  auto judged = parts_.browsers.judge(offer.to, offer.session, offer.proxied);
  if (!judged) co_return std::unexpected(std::move(judged.error()));
  legs::WebRtcOffer wanted{std::move(offer.sdp), judged->target, std::move(judged->from), std::move(offer.to),
                           std::move(judged->identity)};
  const int index = parts_.webrtc.least_loaded();
  using Answered = Result<legs::WebRtcAnswer, legs::WebRtcRefusal>;
  std::move_only_function<Answered()> there = [this, index, wanted = std::move(wanted)]() mutable {
    return parts_.webrtc.at(index).offer(std::move(wanted));
  };
  auto& worker = parts_.workers[static_cast<std::size_t>(index)]->worker();
  auto answered = co_await run_on<Answered>(worker, std::move(there));
  if (!answered) co_return std::unexpected(refusal_of(answered.error()));
  if (auto settled = co_await settle(); !settled) co_return std::unexpected(std::move(settled.error()));
  co_return answer_of(std::move(*answered));
}

template <class T>
api::Reply<T> Backend::with_browser(const std::string& id,
                                    std::function<Result<T, legs::WebRtcRefusal>(legs::WebRtcEndpoint&)> act) {
  using Outcome = std::optional<Result<T, legs::WebRtcRefusal>>;
  for (std::size_t i = 0; i < parts_.workers.size(); ++i) {
    std::move_only_function<Outcome()> there = [this, i, &id, &act]() -> Outcome {
      auto& endpoint = parts_.webrtc.at(static_cast<int>(i));
      if (!endpoint.has(id)) return std::nullopt;
      return act(endpoint);
    };
    auto outcome = co_await run_on<Outcome>(parts_.workers[i]->worker(), std::move(there));
    if (!outcome) continue;
    if (!*outcome) co_return std::unexpected(refusal_of(outcome->error()));
    co_return std::move(**outcome);
  }
  co_return std::unexpected(api::Refusal{404, "The call has ended."});
}

api::Reply<api::WebRtcAnswer> Backend::webrtc_offer_again(std::string id, std::string sdp) {
  std::function<Result<legs::WebRtcAnswer, legs::WebRtcRefusal>(legs::WebRtcEndpoint&)> act =
      [&](legs::WebRtcEndpoint& endpoint) { return endpoint.offer_again(id, sdp); };
  auto answered = co_await with_browser<legs::WebRtcAnswer>(id, std::move(act));
  if (!answered) co_return std::unexpected(std::move(answered.error()));
  co_return answer_of(std::move(*answered));
}

api::Reply<api::TrickleAnswer> Backend::webrtc_trickle(std::string id, api::Trickle trickle) {
  std::function<Result<legs::WebRtcFragment, legs::WebRtcRefusal>(legs::WebRtcEndpoint&)> act =
      [&](legs::WebRtcEndpoint& endpoint) { return endpoint.trickle(id, trickle.fragment, trickle.ice_session); };
  auto answered = co_await with_browser<legs::WebRtcFragment>(id, std::move(act));
  if (!answered) co_return std::unexpected(std::move(answered.error()));
  co_return api::TrickleAnswer{std::move(answered->fragment), std::move(answered->ice_session)};
}

api::Reply<void> Backend::webrtc_hang_up(std::string id) {
  return command(std::move(id), [](call::Call& call) { return call.hang_up(call::EndCause::caller_hangup), true; }, "");
}

}  // namespace parley::app
