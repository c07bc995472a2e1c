"""Whether a call of the load was carried whole: packets, length, sound, speech detection."""
import re
from dataclasses import dataclass

from capture import Stream
import sound
from sound import Sound

LENGTH_TOLERANCE_MS = 40
ENOUGH_CORRELATION = 0.95
WINDOW = 0.4  # seconds; short enough that an adjustment of the jitter buffer falls into few of them


@dataclass
class Verdict:
    sent: int
    received: int
    length_error_ms: float  # the recording's length less the call's
    correlation: float      # median over windows
    delay_ms: float         # from what was sent to the recording, median; from the answer on
    detected: bool          # speech was
    generator_pause: float  # the longest time without a packet from the load, seconds
    outside_error_ms: float # the recording's length less the caller's own time in the call

    def faults(self):
        found = []
        if self.received != self.sent:
            found.append("packets")
        if abs(self.length_error_ms) > LENGTH_TOLERANCE_MS:
            found.append("length")
        if self.correlation < ENOUGH_CORRELATION:
            found.append("correlation")
        if not self.detected:
            found.append("no speech")
        return found


def compare(track, heard, at_most=48):
    """Median correlation and delay of `heard` to the endlessly repeated `track`.

    The delay is found once over the first speech, ± 0.4 s; then each window of speech, `at_most` of them spread over the
    call, is looked for within 15 ms of the one before, because a jitter buffer that adapts moves the sound a little.
    """
    sent = track
    while sent.seconds < heard.seconds:
        sent += track
    starts = [at * WINDOW for at in range(1, int((heard.seconds - 0.6) / WINDOW))]
    active = [at for at in starts if sent.part(at, WINDOW).level_db() > -40]
    if not active:
        return 0.0, 0.0
    delay, first = None, 0.4
    fits, delays = [], []
    for at in active[::max(1, len(active) // at_most)]:
        spread = first if delay is None else 0.015
        begin = max(0.0, at + (delay or 0.0) - spread)
        piece, search = sent.part(at, WINDOW), heard.part(begin, WINDOW + 2 * spread)
        if len(search.pcm) <= len(piece.pcm):
            continue
        offset, _ = sound.audioop.findfit(search.pcm, piece.pcm)
        match = Sound(heard.rate, search.pcm[2 * offset:2 * offset + len(piece.pcm)])
        fit = sound.correlation(match, piece)
        if fit > 0.5:  # lost: look everywhere again
            delay = begin + offset / heard.rate - at
            delays.append(delay)
        else:
            delay = None
        fits.append(fit)
    return sound.median(fits), sound.median(delays) if delays else 0.0


def judge(server, call, streams, load):
    """One ended call against what the capture saw of it."""
    track, number = map(int, re.search(r"t(\d+)-(\d+)@", call["from"]).groups())
    stream = streams.get(load.ports_by_call().get(number)) or Stream()
    caller, _ = sound.channels(server.data / "recordings" / f"{call['id']}.wav")
    fit, delay = compare(load.tracks[track], caller)
    return Verdict(sent=stream.packets, received=call["quality"]["packets_received"],
                   length_error_ms=1000 * caller.seconds - call["duration_ms"], correlation=fit, delay_ms=1000 * delay,
                   detected=bool(server.api.events(call["id"], "caller.speech_started")),
                   generator_pause=stream.longest_pause,
                   # The load sends its first packet at the answer, and hangs up 200 ms after its last.
                   outside_error_ms=1000 * (caller.seconds - (stream.last - stream.first) - 0.22))


def judge_browser(server, call, report, track):
    """One ended call against what the browser says that it sent."""
    caller, _ = sound.channels(server.data / "recordings" / f"{call['id']}.wav")
    fit, delay = compare(track, caller)
    quality = call["quality"] or {"packets_received": 0}
    return Verdict(sent=report["sent"], received=quality["packets_received"],
                   length_error_ms=1000 * caller.seconds - call["duration_ms"], correlation=fit, delay_ms=1000 * delay,
                   detected=bool(server.api.events(call["id"], "caller.speech_started")),
                   generator_pause=report["longest_pause_ms"] / 1000,
                   # It sends its first packet when it is connected, and hangs up 200 ms after its last.
                   outside_error_ms=1000 * caller.seconds - report["spoke_ms"] - 220)
