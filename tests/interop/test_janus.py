"""A peer that is ICE-lite itself: Janus offers, and our controlling agent answers from a port of its own."""
import json
import unittest
import urllib.request

import network
import sound
from janus import Janus, Participant
from parley import Parley
from processes import wait_until
from rtp_phone import RtpVoice

CONSENT_S = 30  # RFC 7675: so long without an answer, and nothing may be sent any more


def setUpModule():
    network.enter_own_network()  # Janus takes no loopback address


class JanusTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.parley = Parley()
        cls.parley.start()
        cls.addClassCleanup(cls.parley.stop)
        cls.api = cls.parley.api

    def offer(self, sdp, session=None):
        """Parley's answer to it: for a call to the echo, or for the call that `session` belongs to."""
        wanted = {"session": session} if session else {"to": "9196"}
        body = json.dumps({"sdp": sdp, "type": "offer", **wanted}).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.parley.http_port}/webrtc/offer", body,
                                         {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def call(self, janus):
        peer = Participant(janus)
        offer = peer.offer()
        self.assertIn("a=ice-lite", offer)
        answer = self.offer(offer)
        self.assertNotIn("a=ice-lite", answer["sdp"], "somebody has to check")
        peer.answer(answer["sdp"])
        self.api.wait_for_call(lambda call: call["id"] == answer["call_id"] and call["state"] == "answered")
        return peer, answer

    def phone(self, janus):
        """Somebody else in the room: what they say is echoed by Parley, and theirs to hear."""
        voice = RtpVoice(sound.silence(0.1, 8000))
        self.addCleanup(voice.stop)
        voice.start(Participant(janus).join_by_rtp(voice.rtp.getsockname()[1]))
        return voice

    def check_echo(self, phone, text):
        said = sound.speech(text, 8000)
        before = len(phone.heard().pcm) // 2
        phone.say(said + sound.silence(1.5, 8000))
        phone.finish_saying()
        heard = phone.heard()
        heard = heard.part(before / heard.rate, heard.seconds)
        fits = [window.correlation for window in sound.follow(said, heard)]
        fit = sound.upper_quartile(fits)
        print(f"echo through Janus: correlation {fit:.3f}, median {sound.median(fits):.3f}, {len(fits)} windows")
        self.assertGreater(fit, 0.65, "two jitter buffers and two codecs lie between; other words stay under 0.5")

    def test_sound_goes_both_ways_for_longer_than_consent_lasts(self):
        with Janus(network.ADDRESS) as janus:
            peer, answer = self.call(janus)
            phone = self.phone(janus)
            self.check_echo(phone, "The quick brown fox jumps over the lazy dog.")
            phone.stay(CONSENT_S + 6)  # without an answered check it would be over by now
            self.check_echo(phone, "And after more than half a minute, everybody is still there.")

            self.api.hang_up(answer["call_id"])
            call = self.api.wait_ended(answer["call_id"])
            self.assertEqual("api", call["end_cause"])
            peer.event(lambda said: said["janus"] == "hangup", "end of the peer connection")

    def test_janus_restarts_ice_and_the_call_goes_on(self):
        with Janus(network.ADDRESS) as janus:
            peer, answer = self.call(janus)
            phone = self.phone(janus)
            restarted = peer.restart()
            again = self.offer(restarted, session=answer["session"])
            self.assertEqual(answer["call_id"], again["call_id"])
            peer.message({"request": "configure"}, {"type": "answer", "sdp": again["sdp"]})
            self.check_echo(phone, "Nobody noticed that the credentials are others now.")
            self.api.hang_up(answer["call_id"])

    def test_janus_says_goodbye_and_another_connection_takes_over(self):
        with Janus(network.ADDRESS) as janus:
            peer, answer = self.call(janus)
            peer.hang_up()
            wait_until(lambda: f"ended call={answer['call_id']} reason=closed" in self.parley.log, "the goodbye is noticed")
            other = Participant(janus)
            again = self.offer(other.offer(), session=answer["session"])
            self.assertEqual(answer["call_id"], again["call_id"])
            other.answer(again["sdp"])
            self.check_echo(self.phone(janus), "It is the same call on another connection.")
            self.api.hang_up(answer["call_id"])

    def test_a_janus_that_dies_has_lost_consent(self):
        with Janus(network.ADDRESS) as janus:
            _, answer = self.call(janus)
            janus.child.kill()
            call = self.api.wait_ended(answer["call_id"], timeout=CONSENT_S + 10)
            self.assertEqual("media_timeout", call["end_cause"])
            ended = next(event for event in call["events"] if event["type"] == "call.ended")
            self.assertEqual("consent_lost", ended["data"]["detail"])
            self.assertIn('parley_webrtc_connections_ended_total{reason="consent_lost"} 1', self.api.metrics())


if __name__ == "__main__":
    unittest.main()
