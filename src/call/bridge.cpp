#include "call/bridge.hpp"

#include <algorithm>

#include "audio/input_chain.hpp"
#include "base/assert.hpp"

namespace parley::call {
namespace {

struct Gain {
  float now = 1.0f;
  float before = 1.0f;  // in the previous tick: different while ramping
};

void mix_ramped(std::span<std::int32_t> sum, std::span<const std::int16_t> in, Gain gain, std::size_t ramp) {
  const float step = (gain.now - gain.before) / static_cast<float>(ramp);
  float factor = gain.before;
  for (std::size_t i = 0; i < in.size(); ++i) {
    factor = i < ramp ? factor + step : gain.now;
    sum[i] += static_cast<std::int32_t>(static_cast<float>(in[i]) * factor);
  }
}

}  // namespace

struct Bridge::Member {
  Member(Participant& who, std::unique_ptr<audio::InputChain> chain, audio::Rate rate)
      : participant{&who}, input{std::move(chain)}, mixed{rate} {
    ahead.fill(audio::Frame{rate});
    taps.reserve(4);
  }

  Participant* participant;
  std::unique_ptr<audio::InputChain> input;
  std::vector<Tap*> taps;

  // Frames read but not yet due, oldest first: [0] is the current tick's. A live source uses only [0].
  std::array<audio::Frame, max_lead_frames + 1> ahead;
  std::array<bool, max_lead_frames + 1> audible{};
  std::size_t ahead_count = 0;
  // The current tick's, before and after the input chain, which owns them when there is one.
  const audio::Frame* original = nullptr;
  const audio::Frame* denoised = nullptr;

  std::array<Gain, max_participants> gains;  // towards each sink
  std::size_t written_ahead = 0;             // as a sink: frames it has been given beyond the current
  audio::Frame mixed;                        // as a sink: scratch of its mix
  const audio::Frame* heard = nullptr;

  void drop_oldest() {
    if (ahead_count == 0) return;
    std::move(ahead.begin() + 1, ahead.begin() + static_cast<std::ptrdiff_t>(ahead_count), ahead.begin());
    std::move(audible.begin() + 1, audible.begin() + static_cast<std::ptrdiff_t>(ahead_count), audible.begin());
    --ahead_count;
  }
};

Bridge::Bridge(audio::Rate rate) : rate_{rate} {}
Bridge::~Bridge() = default;

Bridge::Slot Bridge::add(Participant& participant, std::unique_ptr<audio::InputChain> input, float gain) {
  PARLEY_ASSERT(!full());
  Slot slot = 0;
  while (members_[slot]) ++slot;
  members_[slot] = std::make_unique<Member>(participant, std::move(input), rate_);
  members_[slot]->gains.fill({gain, gain});
  members_[slot]->gains[slot] = {0.0f, 0.0f};
  for (auto& other : members_)
    if (other && other != members_[slot]) other->gains[slot] = {gain, gain};
  ++count_;
  return slot;
}

void Bridge::remove(Slot slot) {
  PARLEY_ASSERT(members_[slot]);
  members_[slot].reset();
  --count_;
}

void Bridge::set_gain(Slot source, Slot sink, float gain) { members_[source]->gains[sink].now = gain; }

void Bridge::subscribe(Slot source, Tap& tap) { members_[source]->taps.push_back(&tap); }
void Bridge::unsubscribe(Slot source, Tap& tap) { std::erase(members_[source]->taps, &tap); }

void Bridge::read_live(MediaTime at) {
  for (auto& member : members_) {
    if (!member || member->participant->is_pullable()) continue;
    auto& frame = member->ahead[0];
    member->ahead_count = 1;
    member->audible[0] = member->participant->read(frame);
    if (!member->audible[0]) frame.silence();
    member->original = member->denoised = &frame;
    bool speech = false;
    int level = -127;
    if (member->input) {
      const auto conditioned = member->input->process(frame);
      member->original = &conditioned.original;
      member->denoised = &conditioned.denoised;
      speech = conditioned.speech;
      level = conditioned.level_dbov;
    }
    const SourceFrame source{*member->original, *member->denoised, speech, level, at};
    for (Tap* tap : member->taps) tap->hear(source);
  }
}

void Bridge::read_pullable(Member& member, MediaTime at) {
  member.drop_oldest();  // last tick's, which stayed readable until now
  std::size_t lead = 0;
  for (Slot sink = 0; sink < max_participants; ++sink)
    if (members_[sink] && member.gains[sink].now > 0) lead = std::max(lead, lead_frames(sink));
  while (member.ahead_count < lead + 1) {
    auto& frame = member.ahead[member.ahead_count];
    member.audible[member.ahead_count] = member.participant->read(frame);
    ++member.ahead_count;
  }
  if (!member.audible[0]) member.ahead[0].silence();
  member.original = member.denoised = &member.ahead[0];
  const SourceFrame source{member.ahead[0], member.ahead[0], member.audible[0], -127, at};
  for (Tap* tap : member.taps) tap->hear(source);
}

std::size_t Bridge::lead_frames(Slot sink) const {
  const auto lead = members_[sink]->participant->lead();
  if (lead.count() == 0) return 0;
  for (Slot source = 0; source < max_participants; ++source)
    if (source != sink && members_[source] && members_[source]->gains[sink].now > 0 &&
        !members_[source]->participant->is_pullable())
      return 0;
  return std::min<std::size_t>(static_cast<std::size_t>(lead / audio::frame_duration), max_lead_frames);
}

const audio::Frame* Bridge::mix_for(Slot sink, std::size_t ahead, audio::Frame& out) {
  std::array<std::int32_t, audio::frame_size(audio::Rate::wide)> sum;
  const std::span<std::int32_t> total{sum.data(), audio::frame_size(rate_)};
  const std::size_t ramp = audio::hertz(rate_) / 200;
  const audio::Frame* only = nullptr;
  bool mixed = false;
  for (Slot source = 0; source < max_participants; ++source) {
    Member* const member = members_[source].get();
    if (!member || source == sink || ahead >= member->ahead_count || !member->audible[ahead]) continue;
    const Gain gain = member->gains[sink];
    if (gain.now == 0 && gain.before == 0) continue;
    const audio::Frame& frame = ahead == 0 ? *member->denoised : member->ahead[ahead];
    if (!only && !mixed && gain.now == 1 && gain.before == 1) {
      only = &frame;
      continue;
    }
    if (!mixed) {
      std::ranges::fill(total, 0);
      if (only) mix_ramped(total, only->samples(), {}, ramp);
      mixed = true;
    }
    mix_ramped(total, frame.samples(), gain, ramp);
  }
  if (!mixed) return only;
  auto samples = out.samples();
  for (std::size_t i = 0; i < samples.size(); ++i)
    samples[i] = static_cast<std::int16_t>(std::clamp(total[i], -32768, 32767));
  return &out;
}

void Bridge::mix(MediaTime at) {
  for (auto& member : members_)
    if (member && member->participant->is_pullable()) read_pullable(*member, at);

  for (Slot sink = 0; sink < max_participants; ++sink) {
    Member* const member = members_[sink].get();
    if (!member) continue;
    const std::size_t lead = lead_frames(sink);
    if (lead == 0) {
      member->heard = mix_for(sink, 0, member->mixed);
      member->participant->write(member->heard);
      member->written_ahead = 0;
      continue;
    }
    // Written up to `lead` frames beyond the current one; one more each tick once it is there.
    audio::Frame scratch{rate_};
    for (; member->written_ahead <= lead; ++member->written_ahead)
      member->participant->write(mix_for(sink, member->written_ahead, scratch));
    --member->written_ahead;
    member->heard = mix_for(sink, 0, member->mixed);
  }

  for (auto& member : members_) {
    if (!member) continue;
    for (auto& gain : member->gains) gain.before = gain.now;
  }
}

const audio::Frame* Bridge::original(Slot source) const {
  const Member& member = *members_[source];
  return member.ahead_count > 0 && member.audible[0] ? member.original : nullptr;
}

const audio::Frame* Bridge::heard(Slot sink) const { return members_[sink]->heard; }

}  // namespace parley::call
