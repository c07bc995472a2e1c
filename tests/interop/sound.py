"""Mono 16-bit sound, made by flite and sox, and judged by numbers."""
import audioop
import io
import math
import pathlib
import subprocess
import tempfile
import wave
from dataclasses import dataclass


@dataclass(frozen=True)
class Sound:
    rate: int
    pcm: bytes

    @property
    def seconds(self):
        return len(self.pcm) / 2 / self.rate

    def part(self, start, seconds):
        """From `start` on, for `seconds`; shorter where the sound ends."""
        first = max(0, round(start * self.rate))
        return Sound(self.rate, self.pcm[2 * first:2 * (first + round(seconds * self.rate))])

    def __add__(self, other):
        assert self.rate == other.rate
        return Sound(self.rate, self.pcm + other.pcm)

    def level_db(self):
        """RMS against full scale; -100 for digital silence."""
        rms = audioop.rms(self.pcm, 2) if self.pcm else 0
        return 20 * math.log10(rms / 32768) if rms else -100.0

    def levels_db(self, step=0.02):
        return [self.part(i * step, step).level_db() for i in range(int(self.seconds / step))]

    def save(self, path):
        with wave.open(str(path), "wb") as file:
            file.setparams((1, 2, self.rate, 0, "NONE", ""))
            file.writeframes(self.pcm)
        return path

    def save_ulaw(self, path):
        """Headerless µ-law, as sipp's rtp_stream reads it."""
        assert self.rate == 8000
        pathlib.Path(path).write_bytes(audioop.lin2ulaw(self.pcm, 2))
        return path

    def resampled(self, rate):
        if rate == self.rate:
            return self
        done = subprocess.run(["sox", "-t", "raw", "-r", str(self.rate), "-e", "signed", "-b", "16", "-c", "1", "-",
                               "-t", "raw", "-r", str(rate), "-"], input=self.pcm, capture_output=True, check=True, timeout=30)
        return Sound(rate, done.stdout)


def silence(seconds, rate):
    return Sound(rate, bytes(2 * round(seconds * rate)))


def channels(source):
    """The channels of a WAV file, given as path or bytes."""
    with wave.open(io.BytesIO(source) if isinstance(source, bytes) else str(source), "rb") as file:
        count, width, rate = file.getnchannels(), file.getsampwidth(), file.getframerate()
        assert width == 2
        frames = file.readframes(file.getnframes())
    if count == 1:
        return [Sound(rate, frames)]
    return [Sound(rate, audioop.tomono(frames, 2, left, right)) for left, right in ((1, 0), (0, 1))]


def speech(text, rate=8000, voice="kal16"):
    """Synthetic speech at a telephone's level; the voices are those of `flite -lv`."""
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        subprocess.run(["flite", "-voice", voice, "-t", text, "-o", file.name], capture_output=True, check=True, timeout=30)
        spoken = file.read()
    done = subprocess.run(["sox", "-t", "wav", "-", "-t", "raw", "-r", str(rate), "-e", "signed", "-b", "16", "-c", "1",
                           "-", "norm", "-6"], input=spoken, capture_output=True, check=True, timeout=30)
    return Sound(rate, done.stdout)


def correlation(one, other):
    """Of two pieces of one length, −1 to 1."""
    size = min(len(one.pcm), len(other.pcm))
    a, b = one.pcm[:size], other.pcm[:size]
    rms_a, rms_b = audioop.rms(a, 2), audioop.rms(b, 2)
    if not rms_a or not rms_b:
        return 0.0
    # findfactor is the dot product of both over that of the second with itself.
    return max(-1.0, min(1.0, audioop.findfactor(a, b) * rms_b / rms_a))


@dataclass(frozen=True)
class Window:
    at: float           # in what was sent
    delay: float        # seconds until it was heard
    correlation: float


def follow(sent, heard, near=None, spread=0.15, window=0.4, active_db=-40.0):
    """Where each stretch of speech of `sent` is in `heard`: a Window for every `window` seconds that is not silence.

    `near` is the delay to search around, ± `spread`; without it, it is found over everything first.
    """
    assert sent.rate == heard.rate
    windows, step = [], window / 2
    if near is None:
        near = find_delay(sent, heard)
    at = 0.0
    while at + window <= sent.seconds:
        piece = sent.part(at, window)
        search = heard.part(at + near - spread, window + 2 * spread)
        if piece.level_db() > active_db and at + near - spread >= 0 and search.seconds >= window + 2 * spread - 0.01:
            offset, _ = audioop.findfit(search.pcm, piece.pcm)
            match = Sound(heard.rate, search.pcm[2 * offset:2 * offset + len(piece.pcm)])
            windows.append(Window(at, near - spread + offset / heard.rate, correlation(match, piece)))
        at += step
    return windows


def find_delay(sent, heard):
    """By the loudness of 10 ms steps: where in `heard` the whole of `sent` is; it may begin before it."""
    def envelope(sound):
        return [max(0.0, level + 50) for level in sound.levels_db(0.01)]
    a, b = envelope(sent), envelope(heard)
    best, best_at = -1.0, 0
    for lag in range(-len(a) + 50, len(b)):
        first, last = max(0, -lag), min(len(a), len(b) - lag)
        if last - first < 50:
            continue
        score = sum(map(float.__mul__, a[first:last], b[first + lag:last + lag]))
        if score > best:
            best, best_at = score, lag
    return best_at * 0.01


def median(values):
    ordered = sorted(values)
    return ordered[len(ordered) // 2]


def upper_quartile(values):
    """Of correlations: what the windows reach in which no jitter buffer stretched or skipped. 0 of none."""
    ordered = sorted(values)
    return ordered[len(ordered) * 3 // 4] if ordered else 0.0


def first_sound(sound, above_db=-45.0):
    """When something is first heard, in seconds; nothing when it is silent throughout."""
    for i, level in enumerate(sound.levels_db(0.02)):
        if level > above_db:
            return i * 0.02
    return None


def tone_level_db(sound, hertz):
    """The level of one frequency (Goertzel), RMS against full scale."""
    samples = memoryview(sound.pcm).cast("h")
    step = 2 * math.pi * hertz / sound.rate
    real = sum(s * math.cos(step * i) for i, s in enumerate(samples))
    imaginary = sum(s * math.sin(step * i) for i, s in enumerate(samples))
    amplitude = 2 * math.hypot(real, imaginary) / len(samples)
    return 20 * math.log10(max(amplitude, 1e-3) / math.sqrt(2) / 32768)
