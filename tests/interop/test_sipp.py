"""Scenarios of sipp, and hand-written SIP, against Parley: signalling that must work with any telephone."""
import secrets
import time
import unittest

import sip_client
import sipp_runner
import sound
from api import Problem
from parley import Parley
from processes import remains, wait_until
from relay import Link, Relay
from sip_client import SDP, SipClient
from sipp_runner import Sipp

parley = None
session_timers = None

ROUTES = [{"to": "1000", "assistant": "reception", "open": True}, {"to": "7000", "application": "echo"}]
USERS = [{"name": "alice", "password": "opensesame"}]


class SessionTimers:
    """Scenarios that last a minute by the standard: they run beside everything else."""

    def __init__(self):
        self.parley = Parley().start()
        quiet = sound.silence(5, 8000)  # but packets: without any, the call would end for that
        self.expires = Sipp("uac_session_expires", self.parley.sip_port, timeout=110, audio=quiet)
        self.refreshed = Sipp("uac_session_refreshed", self.parley.sip_port, timeout=80, audio=quiet)

    def stop(self):
        for scenario in (self.expires, self.refreshed):
            scenario.stop()
        self.parley.stop()


def setUpModule():
    global parley, session_timers
    session_timers = SessionTimers()
    unittest.addModuleCleanup(session_timers.stop)
    parley = Parley({"routes": ROUTES, "users": USERS})
    parley.start()
    unittest.addModuleCleanup(parley.stop)


class SippTest(unittest.TestCase):
    """Every test leaves no call behind."""

    def setUp(self):
        self.seen = {call["id"] for call in parley.api.calls()}

    def tearDown(self):
        wait_until(lambda: parley.api.active() == 0, "no call is left", 40)

    def run_sipp(self, scenario, **options):
        return sipp_runner.run(scenario, parley.sip_port, **options)

    def the_call(self, **filters):
        return parley.api.wait_for_call(seen=self.seen, **filters)

    def the_end(self, timeout=10):
        return parley.api.wait_ended(self.the_call()["id"], timeout)


class BasicCalls(SippTest):
    def test_the_caller_ends_a_call(self):
        self.run_sipp("uac_basic")

        call = self.the_end()
        self.assertEqual("caller_hangup", call["end_cause"])
        self.assertEqual("9196", call["to"])
        self.assertEqual(("inbound", "sip"), (call["direction"], call["channel"]))
        self.assertGreaterEqual(call["duration_ms"], 400)

    def test_the_api_ends_a_call(self):
        caller = Sipp("uac_bye_from_peer", parley.sip_port)
        call = self.the_call(state="answered")
        parley.api.hang_up(call["id"])

        caller.check()
        self.assertEqual("api", self.the_end()["end_cause"])

    def test_a_call_over_tcp(self):
        self.run_sipp("uac_basic", arguments=["-t", "t1"])

        self.assertEqual("caller_hangup", self.the_end()["end_cause"])

    def test_the_call_s_sip_messages_are_shown(self):
        self.run_sipp("uac_basic")

        call = self.the_end()
        trace = parley.api.request("GET", f"/api/v1/calls/{call['id']}/sip").decode()
        for line in ("INVITE sip:9196@", "SIP/2.0 200 ", "ACK sip:", "BYE sip:"):
            self.assertIn(line, trace)

    def test_options_names_methods_and_types(self):
        self.run_sipp("uac_options")

    def test_an_unknown_extension_is_404(self):
        self.run_sipp("uac_not_found", service="4444")

    def test_no_codec_in_common_is_488_with_a_warning(self):
        self.run_sipp("uac_unsupported_media")


class ReliableProvisionals(SippTest):
    def test_a_caller_who_requires_them_gets_a_180_to_prack(self):
        self.run_sipp("uac_prack")

        self.assertEqual("caller_hangup", self.the_end()["end_cause"])

    def test_early_media_of_a_callee_is_pracked(self):
        callee = Sipp("uas_early_media_prack", parley.sip_port).wait_listening()
        call = parley.api.originate(f"sip:bob@127.0.0.1:{callee.port}")
        parley.api.wait_for(call["id"], lambda c: c["answered_at"], "the answer")
        parley.api.hang_up(call["id"])

        callee.check()
        self.assertEqual("outbound", parley.api.wait_ended(call["id"])["direction"])


class Originated(SippTest):
    def originate(self, scenario, **more):
        callee = Sipp(scenario, parley.sip_port).wait_listening()
        self.addCleanup(callee.stop)
        return callee, parley.api.originate(f"sip:bob@127.0.0.1:{callee.port}", **more)["id"]

    def test_the_api_calls_and_hangs_up(self):
        callee, call = self.originate("uas_answer")
        parley.api.wait_for(call, lambda c: c["answered_at"], "the answer")
        parley.api.hang_up(call)

        callee.check()
        self.assertEqual("api", parley.api.wait_ended(call)["end_cause"])

    def test_the_called_party_hangs_up(self):
        callee, call = self.originate("uas_answer_and_bye")

        callee.check()
        self.assertEqual("caller_hangup", parley.api.wait_ended(call)["end_cause"])

    def test_busy(self):
        callee, call = self.originate("uas_busy")

        callee.check()
        ended = parley.api.wait_ended(call)
        self.assertEqual(("busy", 486), (ended["end_cause"], ended["sip_status"]))

    def test_a_redirection_is_not_followed(self):
        callee, call = self.originate("uas_redirect")

        callee.check()
        ended = parley.api.wait_ended(call)
        self.assertEqual(("rejected", 302), (ended["end_cause"], ended["sip_status"]))

    def test_nobody_answers(self):
        callee, call = self.originate("uas_cancelled", ring_timeout_ms=1500)

        callee.check()
        self.assertEqual("no_answer", parley.api.wait_ended(call)["end_cause"])


class CancelRaces(SippTest):
    def test_cancel_while_it_rings(self):
        callee = Sipp("uas_cancelled", parley.sip_port).wait_listening()
        call = parley.api.originate(f"sip:bob@127.0.0.1:{callee.port}")["id"]
        parley.api.wait_for(call, lambda c: c["state"] == "ringing", "ringing")
        parley.api.hang_up(call)

        callee.check()
        self.assertIn(parley.api.wait_ended(call)["end_cause"], ("api", "cancelled"))

    def test_cancel_that_crosses_the_answer(self):
        callee = Sipp("uas_cancel_crosses_answer", parley.sip_port).wait_listening()
        call = parley.api.originate(f"sip:bob@127.0.0.1:{callee.port}")["id"]
        parley.api.wait_for(call, lambda c: c["state"] == "ringing", "ringing")
        parley.api.hang_up(call)

        callee.check()
        self.assertIn(parley.api.wait_ended(call)["end_cause"], ("api", "cancelled"))

    def test_a_caller_s_cancel_at_any_moment_ends_the_call_one_way_or_the_other(self):
        outcomes = set()
        for delay_ms in (0, 0, 0, 1, 1, 2, 3, 5, 8, 12, 20, 40):
            with SipClient(parley.sip_port) as client:
                outcomes.add(self.race(client, delay_ms / 1000))
        self.assertLessEqual(outcomes, {200, 487})

    def race(self, client, delay):
        branch, call_id = "z9hG4bK" + secrets.token_hex(8), secrets.token_hex(8)
        client.send(client.request("INVITE", "9196", branch=branch, call_id=call_id, body=SDP.format(port=client.port)))
        time.sleep(delay)  # the race itself
        client.send(client.request("CANCEL", "9196", branch=branch, call_id=call_id))

        finals = {}
        for _ in range(2):
            response = client.final()
            while response.header("CSeq") in finals:
                response = client.final()
            finals[response.header("CSeq")] = response
        invite = finals["1 INVITE"]
        self.assertIn(finals["1 CANCEL"].status, (200, 481))
        to_tag = invite.header("To").partition(";tag=")[2]
        if invite.status == 200:
            client.send(client.request("ACK", "9196", call_id=call_id, to_tag=to_tag))
            client.send(client.request("BYE", "9196", call_id=call_id, to_tag=to_tag, cseq=2))
            self.assertEqual(200, client.final(cseq="2 BYE").status)
        else:
            client.send(client.request("ACK", "9196", branch=branch, call_id=call_id, to_tag=to_tag))
        return invite.status


class Dialogs(SippTest):
    def test_hold_and_resume_by_re_invite(self):
        self.run_sipp("uac_hold_resume")

        ended = self.the_end()
        self.assertEqual("caller_hangup", ended["end_cause"])

    def test_hold_is_shown_and_resume_too(self):
        caller = Sipp("uac_hold_resume", parley.sip_port)
        call = self.the_call()["id"]
        parley.api.wait_for(call, lambda c: c["on_hold"], "the hold is shown", 5)
        parley.api.wait_for(call, lambda c: not c["on_hold"], "the resume is shown", 5)
        caller.check()

    def test_update(self):
        self.run_sipp("uac_update")

    def test_refer_is_refused_politely_and_the_call_goes_on(self):
        self.run_sipp("uac_refer")

    def test_keys_in_info_are_events(self):
        self.run_sipp("uac_dtmf_info")

        call = self.the_end()
        self.assertEqual("1*7#", "".join(e["data"]["digit"] for e in parley.api.events(call["id"], "dtmf")))


class SessionTimerTest(unittest.TestCase):
    """Last by name within the module, so that little is left to wait for."""

    def test_a_call_whose_caller_does_not_refresh_is_ended(self):
        session_timers.expires.check()

    def test_the_callee_refreshes(self):
        session_timers.refreshed.check()

    def test_an_interval_too_small_is_422_with_min_se(self):
        sipp_runner.run("uac_session_too_small", session_timers.parley.sip_port)


class Passwords(unittest.TestCase):
    """Written by hand: sipp knows MD5 only, and looks at the first challenge, which is SHA-256 (RFC 8760 §2.4)."""

    def setUp(self):
        self.parley = Parley({"routes": ROUTES, "users": USERS}).start()
        self.addCleanup(self.parley.stop)

    def invite(self, client, **options):
        return client.ask("INVITE", "7000", user="alice", body=SDP.format(port=client.port), **options)

    def credentials(self, challenge, password):
        return [sip_client.authorization(challenge, "alice", password, "INVITE",
                                         f"sip:7000@127.0.0.1:{self.parley.sip_port}")]

    def test_md5_and_sha_256_are_offered_and_both_let_in(self):
        with SipClient(self.parley.sip_port) as client:
            challenges = self.invite(client).headers("WWW-Authenticate")
            self.assertEqual({"MD5", "SHA-256"}, {"SHA-256" if "SHA-256" in c else "MD5" for c in challenges})

            for challenge in challenges:
                answer = self.invite(client, headers=self.credentials(challenge, "opensesame"), cseq=2)
                self.assertEqual(200, answer.status, challenge)
        call = self.parley.api.calls()[0]
        self.assertEqual("verified", call["user"]["identity"])

    def test_a_wrong_password_is_401_and_403_from_the_sixth_time_on(self):
        with SipClient(self.parley.sip_port) as client:
            answers = []
            for _ in range(7):
                challenge = self.invite(client)
                if challenge.status == 401:
                    challenge = self.invite(client, cseq=2, headers=self.credentials(
                        challenge.headers("WWW-Authenticate")[0], "guess"))
                answers.append(challenge.status)
            self.assertEqual([401] * 5 + [403] * 2, answers)

            challenge = self.invite(client)
            self.assertEqual(403, challenge.status)
            self.assertGreater(int(challenge.header("Retry-After")), 0)
        self.assertEqual([], self.parley.api.calls())

    def test_open_extensions_stay_open_to_somebody_locked_out(self):
        self.test_a_wrong_password_is_401_and_403_from_the_sixth_time_on()

        sipp_runner.run("uac_basic", self.parley.sip_port)


class MalformedMessages(SippTest):
    def answer_to(self, text):
        with SipClient(parley.sip_port) as client:
            client.send(text.replace("{port}", str(client.port)))
            return client.final()

    def good(self):
        with SipClient(parley.sip_port) as client:
            return client.request("INVITE", "9196", body=SDP.format(port=40000)).replace(str(client.port), "{port}")

    @staticmethod
    def without(text, header):
        return "\r\n".join(line for line in text.split("\r\n") if not line.startswith(header))

    def test_each_gets_400_with_a_reason(self):
        good = self.good()
        broken = {
            "CSeq of another method": good.replace("CSeq: 1 INVITE", "CSeq: 1 BYE"),
            "From with an open quote": good.replace("From: <", 'From: "Tester <'),
            "Max-Forwards that is no number": good.replace("Max-Forwards: 70", "Max-Forwards: many"),
            "two Call-IDs": good.replace("CSeq:", "Call-ID: another\r\nCSeq:"),
            "a line that is no header": good.replace("CSeq:", "this is no header\r\nCSeq:"),
            "a Contact that is no address": good.replace("Contact: <sip:", "Contact: <<:"),
            "a body shorter than announced": good.replace("Content-Length: ", "Content-Length: 9"),
            "CSeq that is no number": good.replace("CSeq: 1", "CSeq: one"),
            "a From that is no address": good.replace("From: <sip:", "From: <<"),
            "a To that is no address": good.replace("To: <sip:", "To: <<"),
        } | {f"no {header}": self.without(good, header) for header in ("From", "To", "Call-ID", "CSeq")}
        for name, text in broken.items():
            with self.subTest(name):
                self.assertNotEqual(good, text)
                answer = self.answer_to(text)
                self.assertEqual(400, answer.status)
                self.assertNotIn(answer.reason, ("", "Bad Request"), "the reason says what is wrong")

    def test_what_has_nothing_to_answer_is_dropped_and_the_next_call_works(self):
        good = self.good()
        with SipClient(parley.sip_port) as client:
            client.send(self.without(good, "Via").replace("{port}", str(client.port)))
            for garbage in (b"\x00" * 1000, b"INVITE", b"SIP/2.0 200 OK\r\n\r\n", b"\r\n\r\n", secrets.token_bytes(1400)):
                client.send(garbage)
            self.assertTrue(remains(lambda: parley.api.active() == 0, 0.3))

        self.run_sipp("uac_basic")

    def test_an_sdp_that_cannot_be_read_is_refused(self):
        good = self.good()
        answer = self.answer_to(good.replace("m=audio 40000", "m=audio 4000x"))
        self.assertIn(answer.status, (400, 488))


class Crowds(SippTest):
    def test_twenty_percent_of_datagrams_are_lost_and_every_call_completes(self):
        with Relay(parley.sip_port, sip=Link(loss=0.2), seed=20) as relay:
            sipp_runner.run("uac_lossy", relay.port, calls=20, timeout=80, arguments=["-r", "5"])
            self.assertGreater(relay.lost, 15)

        calls = [c for c in parley.api.calls() if c["id"] not in self.seen]
        self.assertEqual(20, len(calls), "a retransmission never begins a second call")
        wait_until(lambda: parley.api.active() == 0, "all have ended", 40)
        for call in calls:
            cause = parley.api.call(call["id"])["end_cause"]
            if cause != "caller_hangup":
                self.fail(f"ended by {cause}:\n" + parley.api.request("GET", f"/api/v1/calls/{call['id']}/sip").decode())

    def test_a_hundred_calls_at_once_with_speech(self):
        spoken = sound.speech("The quick brown fox jumps over the lazy dog, again and again, while the river runs on.")
        caller = Sipp("uac_speech", parley.sip_port, service="9199", calls=100, timeout=60,
                      arguments=["-l", "100", "-r", "50"], audio=spoken + sound.silence(8, 8000))
        most = 0

        def all_up():
            nonlocal most
            most = max(most, parley.api.active())
            return most == 100
        wait_until(all_up, "100 calls at once", 20)
        caller.check()

        wait_until(lambda: parley.api.active() == 0, "all have ended", 20)
        calls = [c for c in parley.api.calls() if c["id"] not in self.seen]
        self.assertEqual(100, len(calls))
        self.assertEqual({"caller_hangup"}, {c["end_cause"] for c in calls})
        fits = []
        for i, call in enumerate(calls):
            heard = sound.channels(parley.api.recording(call["id"]))[0]
            self.assertAlmostEqual(call["duration_ms"] / 1000, heard.seconds, delta=0.1)
            self.assertGreater(heard.level_db(), -35)
            if i % 10 == 0:
                fits.append(sound.median([w.correlation for w in sound.follow(spoken, heard)]))
        print(f"correlation of 10 of 100 recordings with what was sent: {min(fits):.3f} to {max(fits):.3f}")
        self.assertGreater(min(fits), 0.95)

    def test_beyond_the_limit_is_503_with_retry_after_and_calls_go_on(self):
        with Parley({"calls": {"max": 2}}) as small:
            callers = [Sipp("uac_bye_from_peer", small.sip_port) for _ in range(2)]
            wait_until(lambda: small.api.active() == 2, "two calls")
            sipp_runner.run("uac_over_capacity", small.sip_port)
            with self.assertRaises(Problem) as refused:
                small.api.originate("sip:bob@127.0.0.1:9")
            self.assertEqual(503, refused.exception.status)
            self.assertIsNotNone(refused.exception.headers["Retry-After"])

            wait_until(lambda: len(small.api.calls(state="answered")) == 2, "both are answered")
            for call in small.api.calls(state="answered"):
                small.api.hang_up(call["id"])
            for caller in callers:
                caller.check()
            wait_until(lambda: small.api.active() == 0, "no call is left")
            sipp_runner.run("uac_basic", small.sip_port)


if __name__ == "__main__":
    unittest.main()
