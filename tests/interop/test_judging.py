"""The tools that judge sound and text, on sounds and texts whose faults are known."""
import math
import random
import struct
import unittest

import sound
from words import word_errors


def noise(seconds, seed, level=6000):
    """Syllables of noise: like nothing but itself at every lag."""
    source = random.Random(seed)
    samples = [round(source.gauss(0, level)) if (i // 800) % 4 else 0 for i in range(round(seconds * 8000))]
    return sound.Sound(8000, struct.pack(f"<{len(samples)}h", *(max(-32768, min(32767, s)) for s in samples)))


class Following(unittest.TestCase):
    def test_a_delay_is_found_to_the_sample(self):
        sent = noise(3, seed=1)
        heard = sound.Sound(8000, bytes(2 * 1003)) + sent + sound.silence(1, 8000)

        windows = sound.follow(sent, heard)

        self.assertGreater(len(windows), 8)
        for window in windows:
            self.assertAlmostEqual(1003 / 8000, window.delay, places=6)
            self.assertGreater(window.correlation, 0.999)

    def test_a_cut_shows_as_a_jump_of_the_delay(self):
        sent = noise(4, seed=2)
        heard = sound.silence(0.5, 8000) + sent.part(0, 2) + sent.part(2.06, 2) + sound.silence(1, 8000)

        windows = sound.follow(sent, heard)

        self.assertAlmostEqual(0.06, windows[0].delay - windows[-1].delay, places=3)

    def test_a_gap_shows_as_silence_and_as_low_correlation(self):
        sent = noise(4, seed=3)
        heard = sent.part(0, 2) + sound.silence(0.4, 8000) + sent.part(2.4, 1.6) + sound.silence(1, 8000)

        worst = min(sound.follow(sent, sound.silence(0.3, 8000) + heard), key=lambda w: w.correlation)

        self.assertAlmostEqual(2.0, worst.at, delta=0.21)
        self.assertLess(worst.correlation, 0.6)

    def test_other_speech_does_not_correlate(self):
        fits = [w.correlation for w in sound.follow(noise(3, seed=4), noise(4, seed=5), near=0.2)]
        self.assertLess(max(fits), 0.3)


class Measuring(unittest.TestCase):
    def test_a_tone_has_its_level_at_its_frequency_alone(self):
        samples = [round(10000 * math.sin(2 * math.pi * 1004 * i / 8000)) for i in range(8000)]
        tone = sound.Sound(8000, struct.pack("<8000h", *samples))
        self.assertAlmostEqual(-13.3, sound.tone_level_db(tone, 1004), places=1)
        self.assertLess(sound.tone_level_db(tone, 1204), -60)

    def test_silence_has_no_first_sound(self):
        self.assertIsNone(sound.first_sound(sound.silence(1, 8000)))
        self.assertAlmostEqual(0.5, sound.first_sound(sound.silence(0.5, 8000) + noise(1, seed=6)), delta=0.13)


class WordErrors(unittest.TestCase):
    def test_insertions_deletions_and_replacements_count_one_each(self):
        reference = "He might even have been made amiable himself."
        self.assertEqual((0, 8), word_errors(reference, "he might even, have been made amiable himself"))
        self.assertEqual((1, 8), word_errors(reference, "he might have been made amiable himself"))
        self.assertEqual((1, 8), word_errors(reference, "he might even have been made an amiable himself"))
        self.assertEqual((2, 8), word_errors(reference, "he might even have bean made amiable by himself"))
        self.assertEqual((8, 8), word_errors(reference, ""))


if __name__ == "__main__":
    unittest.main()
