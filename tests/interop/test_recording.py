"""What is recorded is what was said, whatever the network does, and also when the program is killed."""
import functools
import http.server
import pathlib
import shutil
import subprocess
import tempfile
import threading
import unittest

import sound
from api import Problem
from parley import BINARY, Parley
from processes import wait_until
from relay import Link, Relay
from rtp_phone import RtpPhone

TEXT = ("The north wind and the sun were disputing which was the stronger, when a traveller came along wrapped in a warm "
        "cloak. They agreed that the one who first succeeded in making the traveller take his cloak off should be "
        "considered stronger than the other.")


class RecordingTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.parley = Parley()
        cls.parley.start()
        cls.addClassCleanup(cls.parley.stop)
        cls.api = cls.parley.api
        cls.spoken = sound.silence(0.4, 8000) + sound.speech(TEXT, 8000)

    def setUp(self):
        self.seen = {call["id"] for call in self.api.calls()}

    def speak(self, extension, through=None):
        """Plays the text into a call; the phone and the ended call."""
        with RtpPhone(self.parley.sip_port, extension, self.spoken, through=through) as phone:
            call = self.api.wait_for_call(seen=self.seen)["id"]
            phone.finish_saying()
            phone.stay(1)
        return phone, self.api.wait_ended(call)

    def judge(self, heard, name):
        """What every path must give: all of the speech, in its order, and nothing else."""
        windows = sound.follow(self.spoken, heard, spread=0.3)
        delays = [w.delay for w in windows]
        fits = [w.correlation for w in windows]
        gaps = [round(w.at, 1) for w in windows
                if heard.part(w.at + w.delay, 0.4).level_db() < self.spoken.part(w.at, 0.4).level_db() - 6]
        print(f"{name}: correlation {sound.median(fits):.3f} (median) {min(fits):.3f} (lowest) of {len(fits)} windows, "
              f"delay {1000 * sound.median(delays):.1f} ms ({1000 * min(delays):.1f} to {1000 * max(delays):.1f}), "
              f"gaps at {gaps}")
        self.assertEqual([], gaps)
        # The buffer stretches and shrinks pauses and vowels while it learns the network: a window in which it does
        # so fits less well, though nothing is missing.
        return sound.median(fits), sound.median(delays)

    def test_speech_in_is_speech_out(self):
        phone, call = self.speak("9199")
        caller, others = sound.channels(self.api.recording(call["id"]))

        fit, delay = self.judge(caller, f"recording (packets were up to {1000 * phone.latest:.0f} ms late)")
        self.assertGreater(fit, 0.95)
        self.assertLess(delay, 0.1 + phone.latest)
        self.assertLess(others.level_db(), -80, "the listener says nothing")
        self.assertAlmostEqual(call["duration_ms"] / 1000, caller.seconds, delta=0.06)

    def test_the_echo_s_delay(self):
        phone, _ = self.speak("9196")

        fit, delay = self.judge(phone.heard(), f"echo (packets were up to {1000 * phone.latest:.0f} ms late)")
        true_delay = delay + phone.heard_offset
        print(f"from the packet sent to the packet heard: {1000 * true_delay:.0f} ms")
        self.assertGreater(fit, 0.95)
        self.assertLess(true_delay, 0.1 + phone.latest)

    def test_loss_jitter_and_reordering_leave_no_gap(self):
        with Relay(self.parley.sip_port, media=Link(loss=0.05, jitter=0.06), seed=5) as relay:
            _, call = self.speak("9199", through=relay.port)
            print(f"{relay.lost} of {relay.seen} datagrams were lost")
        caller, _ = sound.channels(self.api.recording(call["id"]))

        fit, delay = self.judge(caller, "recording of 5 % loss, 60 ms jitter, reordering")
        self.assertGreater(fit, 0.9)
        self.assertLess(delay, 0.25)
        self.assertGreater(call["quality"]["packets_lost"], 10)

    def test_mp3_is_made_after_the_call(self):
        _, call = self.speak("9199")
        mp3 = self.api.recording(call["id"], "mp3")
        self.assertTrue(mp3[:3] == b"ID3" or mp3[0] == 0xFF, "an MP3 file")
        self.assertGreater(len(mp3), call["duration_ms"], "at least 8 kbit/s")

    def test_pause_is_silence_and_not_a_cut(self):
        with RtpPhone(self.parley.sip_port, "9199", self.spoken) as phone:
            call = self.api.wait_for_call(seen=self.seen)["id"]
            phone.stay(3)
            self.api.command(call, "recording/pause")
            phone.stay(2)
            self.api.command(call, "recording/resume")
            phone.stay(3)
        ended = self.api.wait_ended(call)
        caller, _ = sound.channels(self.api.recording(call))

        self.assertEqual(["recording.started", "recording.paused", "recording.resumed", "recording.stopped"],
                         [e["type"] for e in ended["events"] if e["type"].startswith("recording.")])
        self.assertAlmostEqual(ended["duration_ms"] / 1000, caller.seconds, delta=0.06)
        self.assertLess(caller.part(3.5, 1.2).level_db(), -80)
        self.assertGreater(caller.part(1.0, 1.5).level_db(), -40)
        self.assertGreater(caller.part(5.8, 1.5).level_db(), -40)


class SoundServer(http.server.ThreadingHTTPServer):
    """A web server with the files of one folder, and with `/elsewhere`, which sends on to the first address given."""

    def __init__(self, folder):
        super().__init__(("127.0.0.1", 0), functools.partial(self.Handler, directory=str(folder)))
        self.base = f"http://127.0.0.1:{self.server_port}"

    class Handler(http.server.SimpleHTTPRequestHandler):
        def do_GET(self):
            if self.path != "/sounds/elsewhere":
                return super().do_GET()
            self.send_response(302)
            self.send_header("Location", "/private.wav")
            self.end_headers()

        def log_message(self, *_):
            pass


class Playing(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        web_folder = pathlib.Path(tempfile.mkdtemp(prefix="parley-sounds-"))
        cls.addClassCleanup(shutil.rmtree, web_folder)
        (web_folder / "sounds").mkdir()
        cls.announcement = sound.speech("This comes from a web server, and it is quite long.", 8000)
        cls.announcement.save(web_folder / "sounds" / "news.wav")
        cls.announcement.save(web_folder / "private.wav")
        (web_folder / "sounds" / "page.html").write_text("<html>no sound</html>")
        web = SoundServer(web_folder)
        thread = threading.Thread(target=web.serve_forever)
        thread.start()
        cls.addClassCleanup(thread.join)
        cls.addClassCleanup(web.server_close)
        cls.addClassCleanup(web.shutdown)
        cls.web = web.base
        cls.parley = Parley({"media": {"trusted_urls": [f"{cls.web}/sounds/"]}})
        cls.parley.start()
        cls.addClassCleanup(cls.parley.stop)
        cls.media = cls.parley.data / "media"

    def test_a_sound_from_the_web_is_heard_and_what_may_not_be_fetched_is_refused(self):
        refused_urls = {"/private.wav": "forbidden address", "/sounds/elsewhere": "302", "/sounds/absent.wav": "404",
                        "/sounds/page.html": "url"}
        with RtpPhone(self.parley.sip_port, "9199", sound.silence(0.2, 8000)) as phone:
            call = self.parley.api.wait_for_call(state="answered")["id"]
            for path, reason in refused_urls.items():
                with self.subTest(path):
                    with self.assertRaises(Problem) as refused:
                        self.parley.api.command(call, "play", url=self.web + path)
                    self.assertEqual(422, refused.exception.status)
                    self.assertIn(reason, refused.exception.body)
            self.parley.api.command(call, "play", url=f"{self.web}/sounds/news.wav")
            phone.stay(self.announcement.seconds + 0.5)
            windows = sound.follow(self.announcement, phone.heard())
        self.assertGreater(sound.median([w.correlation for w in windows]), 0.95)

    def test_a_broken_wav_is_told_and_the_call_goes_on(self):
        good = sound.speech("This is an announcement.", 16000).save(self.media / "good.wav").read_bytes()
        (self.media / "truncated.wav").write_bytes(good[:20])
        (self.media / "text.wav").write_text("this is no sound at all")
        (self.media / "lies.wav").write_bytes(good[:20] + b"\x99\x99" + good[22:])
        with RtpPhone(self.parley.sip_port, "9199", sound.silence(0.2, 8000)) as phone:
            call = self.parley.api.wait_for_call(state="answered")["id"]
            for name in ("truncated.wav", "text.wav", "lies.wav", "absent.wav"):
                with self.subTest(name):
                    with self.assertRaises(Problem) as refused:
                        self.parley.api.command(call, "play", file=name)
                    self.assertEqual(422, refused.exception.status)
                    self.assertIn(name, refused.exception.body)

            self.parley.api.command(call, "play", file="good.wav")
            wait_until(lambda: len(phone.loud_since(0)) > 25, "the announcement is heard", 5)
        self.assertEqual("caller_hangup", self.parley.api.wait_ended(call)["end_cause"])


class Disasters(unittest.TestCase):
    def test_killed_during_a_call(self):
        parley = Parley()
        self.addCleanup(parley.stop)
        parley.start()
        with RtpPhone(parley.sip_port, "1000", sound.silence(0.2, 8000)) as phone:
            call = parley.api.wait_for_call()["id"]
            parley.api.wait_event(call, "assistant.speech_stopped")
            parley.api.command(call, "input", text="add milk to my list")
            parley.api.wait_event(call, "assistant.speech_stopped", count=2)
            before = parley.api.wait_for(call, lambda c: len(c["transcript"]) >= 3, "three turns")
            phone.stay(2)
            spoken_for = phone.elapsed()
            parley.child.kill()
            phone.ended_by_peer.set()  # there is nobody left to say BYE to

        parley.start()
        after = parley.api.call(call)
        self.assertEqual(("ended", "interrupted"), (after["state"], after["end_cause"]))
        self.assertEqual([t["text"] for t in before["transcript"]], [t["text"] for t in after["transcript"]])
        recorded = sound.channels(parley.api.recording(call))
        print(f"{recorded[0].seconds:.1f} s of {spoken_for:.1f} s are in the recording of the killed program")
        self.assertGreater(recorded[0].seconds, spoken_for - 2.5)
        self.assertGreater(recorded[1].level_db(), -45, "the assistant is on the right channel")

    def assert_recording_fails_and_the_call_goes_on(self, parley):
        spoken = sound.speech(TEXT, 8000)
        with RtpPhone(parley.sip_port, "9199", spoken) as phone:
            call = parley.api.wait_for_call()["id"]
            failed = parley.api.wait_event(call, "recording.failed", 20)
            self.assertEqual(1, len(failed))
            self.assertTrue(failed[0]["data"]["reason"])
            phone.stay(2)
            self.assertEqual("answered", parley.api.call(call)["state"])
        self.assertEqual("caller_hangup", parley.api.wait_ended(call)["end_cause"])

    def test_a_recordings_folder_that_cannot_be_written(self):
        with Parley() as parley:
            folder = parley.data / "recordings"
            folder.rmdir()
            folder.write_text("not a folder")
            self.assert_recording_fails_and_the_call_goes_on(parley)

    def test_a_full_disk(self):
        small = tempfile.mkdtemp(prefix="parley-small-disk-")
        self.addCleanup(shutil.rmtree, small, ignore_errors=True)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", small], capture_output=True).returncode != 0:
            self.skipTest("mounting a small disk needs root")
        self.addCleanup(subprocess.run, ["umount", small], check=True, timeout=10)
        with Parley({"recording": {"folder": small}}) as parley:
            self.assert_recording_fails_and_the_call_goes_on(parley)


class Starting(unittest.TestCase):
    def setUp(self):
        self.parley = Parley()
        self.addCleanup(shutil.rmtree, self.parley.folder, ignore_errors=True)

    def complaint(self):
        """What a start that fails says, with its exit code."""
        child = self.parley.launch()
        code = child.wait(15)
        return code, child.log.strip()

    def test_a_sip_port_in_use(self):
        with Parley() as first:
            self.parley.config["sip"] = {**self.parley.config["sip"], "listen": [f"udp:127.0.0.1:{first.sip_port}"]}
            code, text = self.complaint()
        self.assert_one_line_names(code, text, str(first.sip_port))

    def test_an_http_port_in_use(self):
        with Parley() as first:
            self.parley.config["http"] = {"listen": f"127.0.0.1:{first.http_port}"}
            code, text = self.complaint()
        self.assert_one_line_names(code, text, str(first.http_port))

    def assert_one_line_names(self, code, text, what):
        self.assertNotEqual(0, code)
        complaints = [line for line in text.splitlines() if what in line]
        self.assertEqual(1, len(complaints), text)
        self.assertIn("in use", complaints[0])

    def test_a_wrong_key_has_line_column_and_remedy(self):
        path = self.parley.folder / "wrong.yaml"
        path.write_text("data: data\nsip:\n  lisen: [udp:127.0.0.1:5060]\n")
        for command in (["--config", path], ["check", path]):
            done = subprocess.run([BINARY, *command],
                                  capture_output=True, text=True, timeout=10, cwd=self.parley.folder)
            self.assertNotEqual(0, done.returncode)
            self.assertRegex(done.stderr, r"wrong\.yaml:3:3: .*lisen.*listen")

    def test_a_wrong_value_has_line_column_and_remedy(self):
        path = self.parley.folder / "wrong.yaml"
        path.write_text("http:\n  listen: nowhere\nworkers: many\n")
        done = subprocess.run([BINARY, "check", path], capture_output=True, text=True, timeout=10)
        self.assertNotEqual(0, done.returncode)
        self.assertRegex(done.stderr, r"wrong\.yaml:2:11: .*http\.listen")
        self.assertRegex(done.stderr, r"wrong\.yaml:3:10: .*workers")


if __name__ == "__main__":
    unittest.main()
