"""How fast the assistant falls silent, and how fast it answers: seen from the telephone."""
import audioop
import random
import time

from harness import Server, percentile, wait_until
from rtp_phone import FRAME, RATE, RtpPhone
import sound
from sound import Sound
import tracks

SPEECH_DB = -50.0  # a packet louder than this has speech in it
PAUSE_AFTER_MS = 300  # of the default configuration
GREETING = "I will now read you a long list, and you may interrupt me at any time " + " and then ".join(
    f"number {n}" for n in range(1, 40))


def _trimmed(utterance):
    """From its first packet with speech to its last, in whole packets."""
    loud = [i for i, level in enumerate(utterance.levels_db(FRAME / RATE)) if level > SPEECH_DB + 15]
    return utterance.part(loud[0] * FRAME / RATE, (loud[-1] + 1 - loud[0]) * FRAME / RATE)


def _assistant(greeting):
    return {"reception": {"greeting": greeting, "tools": ["todo", "time"]}}


def _loud(phone, since):
    return [at for at, payload in list(phone._arrivals)
            if at >= since and Sound(RATE, audioop.ulaw2lin(payload, 2)).level_db() > SPEECH_DB]


def _pause_time(phone, utterance, generator):
    """Milliseconds from the caller's first packet of speech to the assistant's last one; nothing if it went on."""
    wait_until(lambda: _loud(phone, 0), "the assistant speaks", 15, 0.01)
    # Beyond the first second, where an acknowledgement may be an answer; at any point of the tick.
    phone.stay(1.6 + generator.random())
    begun = len(phone.spoke_at)
    phone.say(utterance)
    wait_until(lambda: len(phone.spoke_at) > begun, "the caller speaks", 2, 0.005)
    spoke = phone.spoke_at[-1]
    phone.stay(1.1)
    # Words have gaps of their own, so the pause is the first silence of 350 ms that begins after the caller did.
    times = [at for at in _loud(phone, spoke - 0.5)]
    for at, following in zip(times, times[1:] + [spoke + 1.1]):
        if following - at > 0.35 and at > spoke - 0.1:
            return 1000 * (at - spoke)
    return None


def barge_in(options):
    spoken, origin = tracks.utterances()
    generator = random.Random(7)
    # Words of one syllable end before the pause is decided.
    callers = [_trimmed(utterance) for utterance in spoken if _trimmed(utterance).seconds > 1.0]
    callers = [caller.part(0, 1.6) for caller in callers]
    times, failed = [], 0
    with Server(cores=(0, 1), workers=2, config={"assistants": _assistant(GREETING), "test_extensions": []}) as server:
        for trial in range(options.trials):
            with RtpPhone(server.sip_port, "1000", sound.silence(0.2, RATE)) as phone:
                taken = _pause_time(phone, callers[trial % len(callers)], generator)
            if taken is None:
                failed += 1
            else:
                times.append(taken)
    if not times:
        raise AssertionError("the assistant never paused")
    print(f"  {len(times)} pauses: {' '.join(f'{t:.0f}' for t in sorted(times))} ms; {failed} trials without one", flush=True)
    return [("barge-in: caller's first speech packet to the assistant's last", f"p50 {percentile(times, 0.5):.0f} ms, "
             f"p99 {percentile(times, 0.99):.0f} ms", f"{PAUSE_AFTER_MS + 80} ms (p99)",
             f"{len(times)} interruptions by {origin}, {failed} not noticed; packets over {SPEECH_DB:.0f} dBov")]


QUESTIONS = ("What is on my list?", "What time is it?", "Add bread to my list.", "What day is it today?")


def response(options):
    questions = [_trimmed(sound.speech(text, RATE)) for text in QUESTIONS]
    times, silent = [], 0
    with Server(cores=(0, 1), workers=2, config={"assistants": _assistant("Hello."), "test_extensions": []}) as server:
        if server.api.get("/ready").get("degraded"):
            print(f"  {server.api.get('/ready')['degraded']}")
        for trial in range(options.trials):
            question = questions[trial % len(questions)]
            with RtpPhone(server.sip_port, "1000", sound.silence(0.2, RATE)) as phone:
                wait_until(lambda: _loud(phone, 0), "the greeting", 15, 0.02)
                wait_until(lambda: time.monotonic() - _loud(phone, 0)[-1] > 1.0, "the greeting's end", 15, 0.02)
                begun = len(phone.spoke_at)
                phone.say(question)
                wait_until(lambda: len(phone.spoke_at) > begun, "the caller speaks", 2, 0.005)
                last = phone.spoke_at[-1] + question.seconds - FRAME / RATE
                phone.finish_saying()
                try:
                    wait_until(lambda: _loud(phone, last), "a reply", 12, 0.02)
                    times.append(1000 * (_loud(phone, last)[0] - last))
                except AssertionError:
                    silent += 1
    if not times:
        raise AssertionError("the assistant never answered")
    print(f"  {len(times)} replies: {' '.join(f'{t:.0f}' for t in sorted(times))} ms; {silent} questions without one", flush=True)
    return [("response: caller's last speech packet to the assistant's first", f"p50 {percentile(times, 0.5):.0f} ms, "
             f"p95 {percentile(times, 0.95):.0f} ms", "", f"{len(times)} short questions, local engines, "
             f"end_of_turn_delay 600 ms; {silent} without a reply")]
