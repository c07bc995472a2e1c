"""baresip, a real telephone, as caller and as callee, with every codec."""
import time
import unittest

import sound
from baresip import CODECS, Baresip
from parley import Parley
from processes import wait_until

SENTENCE = "Please call Stella, and ask her to bring these things with her from the store."
parley = None


def setUpModule():
    global parley
    parley = Parley()
    parley.start()
    unittest.addModuleCleanup(parley.stop)


class BaresipTest(unittest.TestCase):
    def setUp(self):
        self.seen = {call["id"] for call in parley.api.calls()}

    def the_call(self, **filters):
        return parley.api.wait_for_call(seen=self.seen, **filters)["id"]

    def tearDown(self):
        wait_until(lambda: parley.api.active() == 0, "no call is left")

    def assert_follows(self, sent, heard, name, least=0.9):
        windows = sound.follow(sent, heard)
        self.assertGreater(len(windows), 10)
        delays = [w.delay for w in windows]
        fit = sound.median([w.correlation for w in windows])
        print(f"{name}: correlation {fit:.3f} (median), lowest {min(w.correlation for w in windows):.3f}, "
              f"delay {sound.median(delays) * 1000:.0f} ms by the telephone's own recordings, "
              f"varies by {(max(delays) - min(delays)) * 1000:.0f} ms")
        self.assertGreater(fit, least)
        return windows


class AsCaller(BaresipTest):
    def echo(self, codec):
        spoken = sound.silence(1, CODECS[codec]) + sound.speech(SENTENCE, CODECS[codec])
        with Baresip(spoken, codec) as phone:
            phone.dial(parley.uri("9196"))
            call = self.the_call()
            time.sleep(spoken.seconds + 1)  # the conversation itself
            phone.hang_up()
            sent, heard = phone.sent(), phone.heard()

        self.assertEqual("caller_hangup", parley.api.wait_ended(call)["end_cause"])
        if heard.rate != 8000:  # one band for all: quicker to judge, and where speech is
            sent, heard = sent.resampled(8000), heard.resampled(8000)
        windows = self.assert_follows(sent, heard, f"echo over {codec}")
        quiet = [w for w in windows if heard.part(w.at + w.delay, 0.4).level_db() < sent.part(w.at, 0.4).level_db() - 6]
        self.assertEqual([], quiet, "no gap")

    def test_echo_over_pcmu(self):
        self.echo("pcmu")

    def test_echo_over_pcma(self):
        self.echo("pcma")

    def test_echo_over_g722(self):
        self.echo("g722/16000/1")

    def test_echo_over_opus(self):
        self.echo("opus/48000/2")

    def test_the_tone_is_1004_hertz(self):
        for codec in ("pcmu", "opus/48000/2"):
            with self.subTest(codec), Baresip(sound.silence(1, CODECS[codec]), codec) as phone:
                phone.dial(parley.uri("9197"))
                time.sleep(2)  # the call
                phone.hang_up()
                heard = phone.heard()

            second = heard.part(0.5, 1.0)
            tone, whole = sound.tone_level_db(second, 1004), second.level_db()
            print(f"tone over {codec}: {tone:.1f} dBFS, everything {whole:.1f} dBFS")
            self.assertGreater(tone, -30)
            self.assertLess(abs(tone - whole), 0.5, "nothing but the tone")
            self.assertLess(max(sound.tone_level_db(second, 980), sound.tone_level_db(second, 1028)), tone - 20)

    def test_keys_by_telephone_event(self):
        with Baresip(sound.silence(1, 8000)) as phone:
            phone.dial(parley.uri("9196"))
            call = self.the_call()
            for digit in "42#":
                phone.command("sndcode", digit)
                phone.command("sndcode", "\x04")  # released
                time.sleep(0.3)  # between two presses
            parley.api.wait_event(call, "dtmf", count=3)
            phone.hang_up()
        self.assertEqual(["4", "2", "#"], [e["data"]["digit"] for e in parley.api.events(call, "dtmf")])

    def test_hold_and_resume(self):
        with Baresip(sound.silence(1, 8000)) as phone:
            phone.dial(parley.uri("9197"))
            call = self.the_call()
            phone.command("hold")
            parley.api.wait_for(call, lambda c: c["on_hold"], "held")
            phone.command("resume")
            parley.api.wait_for(call, lambda c: not c["on_hold"], "resumed")
            phone.hang_up()
        self.assertEqual("caller_hangup", parley.api.wait_ended(call)["end_cause"])

    def test_the_api_hangs_up(self):
        with Baresip(sound.silence(1, 8000)) as phone:
            phone.dial(parley.uri("9196"))
            call = self.the_call()
            parley.api.hang_up(call)
            phone.wait_event("CALL_CLOSED")
        self.assertEqual("api", parley.api.wait_ended(call)["end_cause"])

    def test_an_unknown_extension_is_told(self):
        with Baresip(sound.silence(1, 8000)) as phone:
            phone.command("dial", parley.uri("4444"))
            closed = phone.wait_event("CALL_CLOSED")
        self.assertIn("404", closed["param"])


class AsCallee(BaresipTest):
    def test_it_is_called_greeted_and_hung_up_on(self):
        for codec in ("pcmu", "opus/48000/2"):
            with self.subTest(codec), Baresip(sound.silence(1, CODECS[codec]), codec, user="bob") as phone:
                call = parley.api.originate(f"sip:bob@127.0.0.1:{phone.port}")["id"]
                phone.wait_event("CALL_ESTABLISHED")
                parley.api.wait_for(call, lambda c: any(t["speaker"] == "assistant" for t in c["transcript"]), "the greeting")
                parley.api.hang_up(call)
                phone.wait_event("CALL_CLOSED")
                heard = phone.heard()

                ended = parley.api.wait_ended(call)
                self.assertEqual(("api", "outbound"), (ended["end_cause"], ended["direction"]))
                self.assertIsNotNone(sound.first_sound(heard), "the greeting was heard")

    def test_it_hangs_up(self):
        with Baresip(sound.silence(1, 8000), user="bob") as phone:
            call = parley.api.originate(f"sip:bob@127.0.0.1:{phone.port}")["id"]
            phone.wait_event("CALL_ESTABLISHED")
            parley.api.wait_for(call, lambda c: c["answered_at"], "answered")
            phone.hang_up()
        self.assertEqual("caller_hangup", parley.api.wait_ended(call)["end_cause"])

    def test_keys_are_sent_to_it(self):
        with Baresip(sound.silence(1, 8000), user="bob") as phone:
            call = parley.api.originate(f"sip:bob@127.0.0.1:{phone.port}")["id"]
            phone.wait_event("CALL_ESTABLISHED")
            parley.api.wait_for(call, lambda c: c["answered_at"], "answered")
            parley.api.command(call, "dtmf", digits="19#")

            def keys():
                return "".join(e["param"] for e in phone.events if e["type"] == "CALL_DTMF_START")
            wait_until(lambda: keys() == "19#", "the keys arrive", 5)
            parley.api.hang_up(call)
            phone.wait_event("CALL_CLOSED")


if __name__ == "__main__":
    unittest.main()
