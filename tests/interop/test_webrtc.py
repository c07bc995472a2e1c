"""WebRTC with a peer that is no browser: aiortc calls in, in both DTLS roles, by our own offers and by WHIP."""
import pathlib
import re
import socket
import subprocess
import tempfile
import unittest
import urllib.error
import urllib.request

import ports
import sound
from parley import Parley
from processes import wait_until

PHONE = pathlib.Path(__file__).with_name("aiortc_phone.py")


class AiortcTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.parley = Parley()
        cls.parley.start()
        cls.addClassCleanup(cls.parley.stop)
        cls.api = cls.parley.api
        cls.url = f"http://127.0.0.1:{cls.parley.http_port}"

    def setUp(self):
        self.seen = {call["id"] for call in self.api.calls()}
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def enterContext(self, context):  # of Python 3.11, and this runs on older ones too
        value = context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)
        return value

    def call(self, to, said, *options):
        """What the phone heard, what it printed, and Parley's call."""
        said.save(self.folder / "said.wav")
        done = subprocess.run(["/usr/bin/python3", PHONE, self.url, to, self.folder / "said.wav", self.folder / "heard.wav",
                               *options], capture_output=True, text=True, timeout=60)
        self.assertEqual(0, done.returncode, done.stderr[-2000:])
        call = self.api.wait_for_call(seen=self.seen)
        recorded = self.folder / "heard.wav"
        heard = sound.channels(recorded)[0].resampled(16000) if recorded.exists() else None
        return heard, done.stdout, self.api.call(call["id"])

    def check_echo(self, *options):
        said = sound.speech("The quick brown fox jumps over the lazy dog, again and again.", 16000)
        heard, printed, call = self.call("9196", said + sound.silence(2, 16000), "--seconds", "6", *options)
        self.assertIn("state connected", printed)
        fits = [window.correlation for window in sound.follow(said, heard)]
        print(f"{options}: correlation {sound.upper_quartile(fits):.3f}, median {sound.median(fits):.3f}")
        self.assertGreater(sound.upper_quartile(fits), 0.6, "the codec is lossy; other words stay under 0.5")
        self.assertEqual("webrtc", call["channel"])
        return call

    def dropped(self, reason):
        found = re.search(rf'^parley_webrtc_dropped_total{{reason="{reason}"}} (\d+)', self.api.metrics(), re.M)
        return int(found[1])

    def test_it_hears_its_own_voice_as_dtls_client(self):
        self.check_echo("--dtls", "active")

    def test_it_hears_its_own_voice_as_dtls_server(self):
        self.check_echo("--dtls", "passive")

    def test_whip_is_answered_and_its_resource_hangs_up(self):
        call = self.check_echo("--whip")
        self.assertEqual("inbound", call["direction"])

    def test_forged_and_repeated_packets_are_counted_and_not_heard(self):
        before = {reason: self.dropped(reason) for reason in ("srtp_forged", "srtp_replayed")}
        self.check_echo("--noisy")
        for reason, then in before.items():  # 50 packets a second, for six seconds
            wait_until(lambda: self.dropped(reason) - then >= 250, f"250 are counted as {reason}")

    def test_a_peer_with_another_certificate_than_it_announced_is_refused(self):
        _, printed, call = self.call("9196", sound.silence(2, 16000), "--seconds", "1", "--impostor")
        call = self.api.wait_ended(call["id"])
        self.assertEqual("failed", call["end_cause"])
        ended = next(event for event in call["events"] if event["type"] == "call.ended")
        self.assertEqual("wrong_fingerprint", ended["data"]["detail"])
        self.assertIn('parley_webrtc_connections_ended_total{reason="wrong_fingerprint"} 1', self.api.metrics())

    def test_what_strangers_send_is_counted_and_harms_nobody(self):
        before = self.dropped("no_session")
        port = self.parley.config["webrtc"]["udp_port"]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            for first in (0, 22, 128, 255):  # as STUN, DTLS, RTP and nothing begin
                stranger.sendto(bytes([first]) + bytes(99), ("127.0.0.1", port))
        wait_until(lambda: self.dropped("no_session") >= before + 4, "four datagrams are counted")
        refused = 'parley_webrtc_refused_total{status="400"}'
        with self.assertRaises(urllib.error.HTTPError) as problem:
            urllib.request.urlopen(urllib.request.Request(f"{self.url}/whip/9196", b"v=1\r\n", {"Content-Type": "application/sdp"}))
        problem.exception.close()
        self.assertIn(refused, self.api.metrics())
        self.assertEqual("healthy", self.api.get("/health")["status"])

    def test_an_invite_with_a_browsers_offer_gets_a_sip_leg(self):
        said = sound.speech("The quick brown fox jumps over the lazy dog, again and again.", 16000)
        for dtls in ("active", "passive"):
            with self.subTest(dtls):
                heard, printed, call = self.call("9196", said + sound.silence(2, 16000), "--seconds", "6",
                                                 "--sip", str(self.parley.sip_port), "--dtls", dtls)
                self.assertIn("state connected", printed)
                fits = [window.correlation for window in sound.follow(said, heard)]
                print(f"over SIP, {dtls}: correlation {sound.median(fits):.3f}, quality {call['quality']}")
                self.assertGreater(sound.median(fits), 0.8)
                self.assertEqual(("sip", "caller_hangup"), (call["channel"], call["end_cause"]))
                self.seen.add(call["id"])

    def test_a_browsers_offer_over_sip_is_held_and_resumed(self):
        _, printed, call = self.call("9197", sound.silence(12, 16000), "--seconds", "2", "--sip", str(self.parley.sip_port),
                                     "--hold")
        self.assertIn("sendonly answered recvonly", printed)
        self.assertIn("sendrecv answered sendrecv", printed)
        self.assertEqual("caller_hangup", call["end_cause"])

    def test_the_assistant_greets_over_sip(self):
        heard, _, call = self.call("1000", sound.silence(8, 16000), "--seconds", "6", "--sip", str(self.parley.sip_port))
        self.assertEqual("Hello, this is Parley. How can I help you?", self.api.transcript(call["id"], "assistant")[0]["text"])
        loud = [level for level in heard.levels_db() if level > -40]
        self.assertGreater(len(loud) * 0.02, 1.5)

    def test_it_is_greeted(self):
        heard, _, call = self.call("1000", sound.silence(8, 16000), "--seconds", "6")
        self.assertEqual("Hello, this is Parley. How can I help you?", self.api.transcript(call["id"], "assistant")[0]["text"])
        loud = [level for level in heard.levels_db() if level > -40]
        self.assertGreater(len(loud) * 0.02, 1.5)

    def test_a_refused_offer_is_a_problem_document_that_names_the_line(self):
        request = urllib.request.Request(f"{self.url}/whip/9196", b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
                                         b"m=video 9 UDP/TLS/RTP/SAVPF 96\r\n", {"Content-Type": "application/sdp"})
        with self.assertRaises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request, timeout=10)
        with refused.exception as problem:
            self.assertEqual(422, problem.code)
            self.assertIn("audio", problem.read().decode())

    def test_a_phone_that_goes_away_is_waited_for_and_then_ended(self):
        _, printed, call = self.call("9196", sound.silence(3, 16000), "--seconds", "1")
        id_ = re.search(r"call (\S+)", printed)[1]
        self.assertEqual(call["id"], id_)
        self.assertNotEqual("ended", call["state"], "it may come back")
        wait_until(lambda: self.api.call(id_)["state"] == "ended", "thirty seconds later it is over", 40)
        self.assertEqual("caller_hangup", self.api.call(id_)["end_cause"])


OFFER = "\r\n".join([
    "v=0", "o=- 4611731400430051336 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0",
    "m=audio 9 UDP/TLS/RTP/SAVPF 111", "c=IN IP4 0.0.0.0", "a=ice-ufrag:x9ML", "a=ice-pwd:0123456789abcdef01234567",
    "a=fingerprint:sha-256 " + ":".join(["4A"] * 32), "a=setup:actpass", "a=mid:0", "a=sendrecv", "a=rtcp-mux",
    "a=rtpmap:111 opus/48000/2", ""])


def fragment(ufrag, password):
    return (f"a=ice-ufrag:{ufrag}\r\na=ice-pwd:{password}\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n"
            "a=candidate:1 1 udp 2130706431 127.0.0.1 9 typ host\r\na=end-of-candidates\r\n")


class WhipTest(unittest.TestCase):
    def setUp(self):
        self.parley = Parley({"webrtc": {"udp_port": ports.port(), "ice_servers": [
            {"urls": ["stun:stun.example.com"]},
            {"urls": ["turn:turn.example.com"], "username": "u", "credential": "c"}]}})
        self.parley.start()
        self.addCleanup(self.parley.stop)

    def ask(self, method, path, body, **headers):
        """Status, headers and text of the answer, refusals too."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.parley.http_port}{path}", body.encode(),
                                         {name.replace("_", "-"): value for name, value in headers.items()}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.headers, answer.read().decode()
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, refused.headers, refused.read().decode()

    def patch(self, resource, text, **headers):
        return self.ask("PATCH", resource, text, Content_Type="application/trickle-ice-sdpfrag", **headers)

    def test_a_fragment_is_for_one_ice_session(self):
        status, headers, answer = self.ask("POST", "/whip/9196", OFFER, Content_Type="application/sdp")
        self.assertEqual(201, status)
        self.assertEqual(['<stun:stun.example.com>; rel="ice-server"',
                          '<turn:turn.example.com>; rel="ice-server"; username="u"; credential="c"; credential-type="password"'],
                         headers.get_all("Link"))
        resource, tag = headers["Location"], headers["ETag"]
        present, restarted = fragment("x9ML", "0123456789abcdef01234567"), fragment("EsAw", "bP+XJMM09aR8AiX1jdukzR6Y")

        self.assertEqual(428, self.patch(resource, present)[0])
        self.assertEqual(412, self.patch(resource, present, If_Match='"another"')[0])
        self.assertEqual(204, self.patch(resource, present, If_Match=tag)[0])
        status, headers, ours = self.patch(resource, restarted, If_Match="*")
        self.assertEqual(200, status)
        self.assertNotEqual(tag, headers["ETag"])
        ufrag = re.search(r"a=ice-ufrag:(\S+)", ours)[1]
        self.assertNotIn(ufrag, answer)
        self.assertEqual(412, self.patch(resource, restarted, If_Match=tag)[0], "the tag of before the restart")
        self.assertEqual(204, self.patch(resource, restarted, If_Match=headers["ETag"])[0])
        self.assertEqual(200, self.ask("DELETE", resource, "")[0])
        wait_until(lambda: self.patch(resource, restarted, If_Match=headers["ETag"])[0] == 404, "the resource has gone", 5)


if __name__ == "__main__":
    unittest.main()
