"""Encrypted media on SIP legs: baresip with keys in its descriptions and with DTLS, in both directions, and policies."""
import re
import time
import unittest

import sound
from baresip import Baresip
from parley import Parley
from processes import wait_until
from sip_client import SDP, SipClient

SENTENCE = "Please call Stella, and ask her to bring these things with her from the store."
KEY = "d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj"


class SrtpTest(unittest.TestCase):
    policy = {}

    @classmethod
    def setUpClass(cls):
        cls.parley = Parley(sip=cls.policy)
        cls.parley.start()
        cls.addClassCleanup(cls.parley.stop)
        cls.api = cls.parley.api

    def setUp(self):
        self.seen = {call["id"] for call in self.api.calls()}

    def tearDown(self):
        wait_until(lambda: self.api.active() == 0, "no call is left")

    def sip_of(self, call):
        return self.api.request("GET", f"/api/v1/calls/{call}/sip").decode()

    def assert_protected(self, call, protocol, attribute):
        trace = self.sip_of(call)
        lines = re.findall(r"^m=audio \d+ (\S+)", trace, re.M)
        self.assertEqual({protocol}, set(lines))
        # Who offers may name several suites; who answers names one.
        self.assertGreaterEqual(len(re.findall(rf"^{attribute}", trace, re.M)), 2, "offered and answered")
        self.assertNotRegex(trace, r"inline:[A-Za-z0-9+/]{20}", "no key is in the trace")
        self.assertNotRegex(self.parley.log, r"inline:")

    def echo(self, mediaenc, protocol, attribute, **phone_options):
        spoken = sound.silence(1, 8000) + sound.speech(SENTENCE, 8000)
        with Baresip(spoken, mediaenc=mediaenc, **phone_options) as phone:
            phone.dial(self.parley.uri("9196"))
            call = self.api.wait_for_call(seen=self.seen)["id"]
            time.sleep(spoken.seconds + 1)  # the conversation itself
            self.assert_protected(call, protocol, attribute)
            phone.hang_up()
            sent, heard = phone.sent(), phone.heard()
        self.assertEqual("caller_hangup", self.api.wait_ended(call)["end_cause"])
        fit = sound.median([w.correlation for w in sound.follow(sent, heard)])
        print(f"echo over {mediaenc}: correlation {fit:.3f}")
        self.assertGreater(fit, 0.9)

    def greeting(self, mediaenc, **phone_options):
        with Baresip(sound.silence(1, 8000), mediaenc=mediaenc, **phone_options) as phone:
            phone.dial(self.parley.uri("1000"))
            call = self.api.wait_for_call(seen=self.seen)["id"]
            self.api.wait_for(call, lambda c: any(t["speaker"] == "assistant" for t in c["transcript"]), "the greeting")
            phone.hang_up()
            self.assertIsNotNone(sound.first_sound(phone.heard()), "the greeting was heard")

    def called(self, mediaenc, protocol, attribute):
        with Baresip(sound.silence(1, 8000), user="bob", mediaenc=mediaenc) as phone:
            call = self.api.originate(f"sip:bob@127.0.0.1:{phone.port}")["id"]
            phone.wait_event("CALL_ESTABLISHED")
            self.api.wait_for(call, lambda c: any(t["speaker"] == "assistant" for t in c["transcript"]), "the greeting")
            self.assert_protected(call, protocol, attribute)
            self.api.hang_up(call)
            phone.wait_event("CALL_CLOSED")
            self.assertIsNotNone(sound.first_sound(phone.heard()), "the greeting was heard")


class Optional(SrtpTest):
    policy = {"srtp_keys_in_clear": True}

    def test_best_effort_keys(self):
        self.echo("srtp", "RTP/AVP", "a=crypto")

    def test_mandatory_keys(self):
        self.echo("srtp-mand", "RTP/SAVP", "a=crypto")

    def test_dtls_with_reports_on_a_port_of_their_own(self):
        self.echo("dtls_srtp", "UDP/TLS/RTP/SAVPF", "a=fingerprint")

    def test_dtls_with_rtcp_mux(self):
        self.echo("dtls_srtp", "UDP/TLS/RTP/SAVPF", "a=fingerprint", mux=True)

    def test_the_assistant_greets_over_each(self):
        for mediaenc in ("srtp", "srtp-mand", "dtls_srtp"):
            with self.subTest(mediaenc):
                self.greeting(mediaenc)
                self.seen = {call["id"] for call in self.api.calls()}

    def test_it_is_called_with_keys_beside_plain_rtp(self):
        self.called("srtp", "RTP/AVP", "a=crypto")

    def test_hold_and_resume_keep_the_keys(self):
        with Baresip(sound.silence(30, 8000), mediaenc="srtp-mand") as phone:
            phone.dial(self.parley.uri("9197"))
            call = self.api.wait_for_call(seen=self.seen)["id"]
            phone.command("hold")
            self.api.wait_for(call, lambda c: c["on_hold"], "held")
            phone.command("resume")
            self.api.wait_for(call, lambda c: not c["on_hold"], "resumed")
            resumed_at = time.monotonic()
            time.sleep(2)  # the conversation goes on
            talked = time.monotonic() - resumed_at
            phone.hang_up()
        quality = self.api.wait_ended(call)["quality"]
        self.assertGreater(quality["packets_received"], 50 * talked, "what it sends is still understood")
        self.assertNotIn("parley_sip_srtp_forged 1", self.api.request("GET", "/metrics").decode())


class Required(SrtpTest):
    policy = {"srtp": "required", "srtp_keys_in_clear": True}

    def test_keys_are_taken(self):
        self.echo("srtp-mand", "RTP/SAVP", "a=crypto")

    def test_it_is_called_with_savp(self):
        self.called("srtp-mand", "RTP/SAVP", "a=crypto")

    def test_plain_is_refused(self):
        with SipClient(self.parley.sip_port) as phone:
            refused = phone.ask("INVITE", "9196", body=SDP.format(port=40000))
        self.assertEqual(488, refused.status)
        self.assertIn("SRTP is required", refused.header("Warning"))


class OverClearSignalling(SrtpTest):
    def savp(self):
        offer = SDP.format(port=40000).replace("RTP/AVP", "RTP/SAVP")
        return offer + f"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}\r\n"

    def test_keys_are_refused_and_the_warning_says_why(self):
        with SipClient(self.parley.sip_port) as phone:
            refused = phone.ask("INVITE", "9196", body=self.savp())
        self.assertEqual(488, refused.status)
        self.assertIn("TLS", refused.header("Warning"))

    def test_best_effort_is_answered_plain(self):
        with SipClient(self.parley.sip_port) as phone:
            answer = phone.ask("INVITE", "9196", body=self.savp().replace("RTP/SAVP", "RTP/AVP"))
        self.assertEqual(200, answer.status)
        self.assertNotIn("a=crypto", answer.text)

    def test_dtls_needs_no_key_in_the_clear(self):
        self.echo("dtls_srtp", "UDP/TLS/RTP/SAVPF", "a=fingerprint")


if __name__ == "__main__":
    unittest.main()
