"""What is recorded of a browser stays in time, whatever the network does: by a load client that is one browser."""
import json
import pathlib
import shutil
import tempfile
import time
import unittest

import sound
from parley import BUILD, Parley
from processes import Child, wait_until
from relay import Detour, Link

BROWSER = BUILD / "bench" / "webrtc_load"
RATE = 16000
SENTENCES = ("The north wind and the sun were disputing which was the stronger, when a traveller came along.",
             "I would like to know when the next train to the coast leaves, and whether it stops on the way.",
             "Please move my appointment on Tuesday to the week after, at about the same time of the day.",
             "There is something wrong with the bill that I got this morning: it is twice as high as the last one.",
             "Could you tell me again what you said about the delivery? I did not write the number down.",
             "They agreed that the one who first made the traveller take his cloak off should be called the stronger.",
             "We will be on holiday for two weeks, so nobody is going to be there before the end of the month.")
OUTAGE_AT, OUTAGE = 14.0, 3.0  # seconds
SETTLED = 5.0  # by then the jitter buffer knows the network
GENUINE = 0.6  # correlation of a window that was not concealed


class DriftTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.parley = Parley({"workers": 1})  # one port, which the detour stands before
        cls.parley.start()
        cls.addClassCleanup(cls.parley.stop)
        cls.spoken = sound.silence(0.3, RATE)
        for sentence in SENTENCES:
            cls.spoken += sound.speech(sentence, RATE) + sound.silence(0.2, RATE)

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="parley-drift-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def call(self, link, outage_at=None):
        """The caller's side of the recording, what was sent as a decoder hears it, and the ended call, with `late_ms`: by
        how much the browser stumbled, which is jitter to the other side.
        """
        api, seen = self.parley.api, {call["id"] for call in self.parley.api.calls()}
        said, seconds = self.spoken.save(self.folder / "said.wav"), self.spoken.seconds - 0.2
        with Detour(self.parley.config["webrtc"]["udp_port"], link, seed=5) as detour:
            browser = Child([BROWSER, f"http://127.0.0.1:{self.parley.http_port}", "--track", said, "--decoded", self.folder,
                             "--report", self.folder / "report.json", "--seconds", seconds,
                             "--through", f"127.0.0.1:{detour.port}"], self.folder / "browser.log", folder=self.folder)
            self.addCleanup(browser.stop)
            call = api.wait_for_call(lambda call: call["answered_at"], seen=seen)["id"]
            if outage_at is not None:
                time.sleep(outage_at)
                link.cut = True
                time.sleep(OUTAGE)
                link.cut = False
            code = browser.wait(seconds + 30)
            print(f"{detour.lost} of {detour.seen} datagrams were lost")
        report = json.loads((self.folder / "report.json").read_text())[0]
        self.assertEqual((0, ""), (code, report["error"]))
        ended = api.wait_ended(call)
        self.assertEqual("caller_hangup", ended["end_cause"])
        ended["late_ms"] = max(0.0, report["longest_pause_ms"] - 20)
        recorded = sound.channels(api.recording(call))[0]
        return recorded, sound.channels(self.folder / "0.wav")[0].part(0, seconds), ended

    def drift_ms(self, sent, recorded, name):
        """How much later the end is than the beginning, against what was sent; and the windows that fit."""
        windows = sound.follow(sent, recorded, near=0.15, spread=0.25)
        genuine = [w for w in windows if w.correlation > GENUINE]
        first = [w.delay for w in genuine if SETTLED <= w.at < SETTLED + 5]
        last = [w.delay for w in genuine if w.at >= sent.seconds - 5]
        self.assertTrue(len(first) > 5 and len(last) > 5, f"{len(first)} and {len(last)} windows are too few")
        drift = 1000 * (sound.median(last) - sound.median(first))
        print(f"{name}: {len(genuine)} of {len(windows)} windows fit, correlation {sound.median([w.correlation for w in genuine]):.3f}; "
              f"delay {1000 * sound.median(first):.1f} ms at first, {1000 * sound.median(last):.1f} ms at last: {drift:+.1f} ms; "
              f"{1000 * min(w.delay for w in genuine):.0f} to {1000 * max(w.delay for w in genuine):.0f} ms")
        return drift, genuine

    def test_a_good_network(self):
        recorded, sent, call = self.call(Link())

        drift, genuine = self.drift_ms(sent, recorded, "a good network")
        self.assertLess(abs(drift), 20 + call["late_ms"])
        self.assertGreater(sound.median([w.correlation for w in genuine]), 0.95)
        self.assertAlmostEqual(call["duration_ms"] / 1000, recorded.seconds, delta=0.06)

    def test_loss_jitter_and_an_outage(self):
        recorded, sent, call = self.call(Link(loss=0.05, jitter=0.08), OUTAGE_AT)

        drift, genuine = self.drift_ms(sent, recorded, "5 % loss, 80 ms jitter, 3 s without a network")
        self.assertLess(abs(drift), 20)
        self.assertGreater(sound.median([w.correlation for w in genuine]), 0.9)
        self.assertAlmostEqual(call["duration_ms"] / 1000, recorded.seconds, delta=0.06)
        missing = longest_silence(recorded)
        print(f"longest silence in the recording: {missing:.2f} s; {call['quality']['packets_lost']} packets lost")
        # Concealment fills its beginning; a pause between words may lie beside it.
        self.assertAlmostEqual(OUTAGE, missing, delta=0.4)
        self.assertGreater(call["quality"]["packets_lost"], 50 * OUTAGE)


def longest_silence(heard, below_db=-60):
    longest = run = 0
    for level in heard.levels_db():
        run = run + 1 if level < below_db else 0
        longest = max(longest, run)
    return longest * 0.02


if __name__ == "__main__":
    unittest.main()
