"""Human speech over G.711 against its transcript: the whole path, one live call per file."""
import os
import pathlib
import unittest

import sound
from parley import ROOT, Parley
from processes import wait_until
from rtp_phone import RtpPhone
from words import word_errors

DATA = pathlib.Path(os.environ.get("PARLEY_TEST_DATA", ROOT.parent / "shared" / "data" / "speech"))
MOST_ERRORS = 0.10


class Dictation(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.files = sorted(DATA.glob("librivox-*.wav"))
        if not cls.files or not (DATA / "goforward.wav").exists():
            raise unittest.SkipTest(f"no recordings of human speech in {DATA} (PARLEY_TEST_DATA)")
        if not (ROOT / "build" / "models" / "moonshine").exists():
            raise unittest.SkipTest("no speech models: scripts/fetch-models.sh")
        cls.parley = Parley()
        cls.parley.start()
        cls.addClassCleanup(cls.parley.stop)

    def dictate(self, path):
        """The text stored of a call that plays the file."""
        spoken = sound.channels(path)[0].resampled(8000)
        seen = {c["id"] for c in self.parley.api.calls()}
        with RtpPhone(self.parley.sip_port, "9198", sound.silence(0.5, 8000) + spoken + sound.silence(2, 8000)) as phone:
            call = self.parley.api.wait_for_call(seen=seen)["id"]
            phone.finish_saying()

            def all_recognised():
                detail = self.parley.api.call(call)
                finals = sum(e["type"] == "caller.transcript" and e["data"]["final"] for e in detail["events"])
                return 0 < sum(e["type"] == "caller.speech_stopped" for e in detail["events"]) <= finals
            wait_until(all_recognised, "every utterance has its final text", 20)
        self.parley.api.wait_ended(call)
        return " ".join(turn["text"] for turn in self.parley.api.transcript(call, "caller"))

    def errors(self, path):
        reference = path.with_suffix(".txt").read_text().strip()
        text = self.dictate(path)
        errors, count = word_errors(reference, text)
        print(f"{path.name}: {errors} of {count} words wrong: {text!r} for {reference!r}")
        return errors, count

    def test_librivox_readings_are_understood(self):
        results = [self.errors(path) for path in self.files]

        errors, count = (sum(column) for column in zip(*results))
        print(f"word error rate over {len(results)} readings: {errors}/{count} = {100 * errors / count:.1f} %")
        self.assertLessEqual(errors / count, MOST_ERRORS)

    def test_a_short_command_is_understood(self):
        errors, count = self.errors(DATA / "goforward.wav")
        self.assertLessEqual(errors, count // 4)


if __name__ == "__main__":
    unittest.main()
