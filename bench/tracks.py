"""What the callers of a load say: human speech for 60 % of the time, each track from another place on."""
import os
import pathlib
import random

from harness import ROOT
import sound
from sound import Sound

RATE = 8000
SPEECH_SHARE = 0.6
DATA = pathlib.Path(os.environ.get("PARLEY_TEST_DATA", ROOT.parent / "shared" / "data" / "speech"))
SENTENCES = ("The north wind and the sun were disputing which was the stronger.",
             "I would like to know when the next train to the coast leaves.",
             "Please move my appointment on Tuesday to the week after.",
             "There is something wrong with the bill that I got this morning.",
             "Could you tell me again what you said about the delivery?")


def utterances(rate=RATE):
    """People's where there are recordings of people, else a synthetic voice's; and which it was."""
    files = sorted(DATA.glob("librivox-*.wav")) + sorted(DATA.glob("goforward.wav")) + sorted(DATA.glob("cards-*.wav"))
    if files:
        return [sound.channels(file)[0].resampled(rate) for file in files], "human speech"
    return [sound.speech(text, rate) for text in SENTENCES], "espeak-ng"


def _room_noise(seconds, rate, generator):
    """About -66 dBov: digital silence would be cheaper to denoise than any room."""
    return Sound(rate, b"".join(int(generator.gauss(0, 16)).to_bytes(2, "little", signed=True)
                                for _ in range(round(seconds * rate))))


def loops(count=8, rate=RATE):
    """That many loops of whole packets, and what they are made of."""
    spoken, origin = utterances(rate)
    generator = random.Random(1)
    cycle = Sound(rate, b"")
    for utterance in spoken:
        cycle += utterance + _room_noise(utterance.seconds * (1 / SPEECH_SHARE - 1), rate, generator)
    packet = 2 * rate // 50
    packets = len(cycle.pcm) // packet
    made = []
    for number in range(count):
        start = packets * number // count * packet
        made.append(Sound(rate, (cycle.pcm[start:] + cycle.pcm[:start])[:packets * packet]))
    return made, origin


def make(folder, count=8):
    """Writes 0.ulaw … into `folder`; each as Sound, and what they are made of."""
    made, origin = loops(count)
    for number, track in enumerate(made):
        track.save_ulaw(pathlib.Path(folder) / f"{number}.ulaw")
    return made, origin
