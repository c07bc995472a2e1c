"""The caller goes from the assistant to an agent, and is never dropped on the way."""
import array
import contextlib
import math
import pathlib
import random
import time
import unittest

import sound
from agent_phone import AgentPhone
from baresip import Baresip
from api import Problem
from parley import Parley
from processes import wait_until
from rtp_phone import RtpPhone
from sipp_runner import Sipp


def setUpModule():
    global parley
    parley = Parley({"assistants": {
        "reception": {"prompt": "You are the receptionist.", "greeting": "Hello.",
                      "tools": ["todo", "note", "time", "transfer", "end_call"], "transfer": {"to": "2001", "timeout": "3s"}},
        "again": {"prompt": "You are the receptionist.", "greeting": "Hello.",
                  "tools": ["transfer"], "transfer": {"to": "2001", "mode": "warm", "after_hang_up": "assistant",
                                                      "accept_after": "0s", "key": "0"}}},
        "routes": [{"to": "1000", "assistant": "reception", "open": True}, {"to": "1001", "assistant": "again", "open": True}]})
    parley.start()


def tearDownModule():
    parley.stop()


def tone(hertz, seconds=1.0, level=0.2):
    samples = array.array("h", (int(32767 * level * math.sin(2 * math.pi * hertz * i / 8000)) for i in range(int(8000 * seconds))))
    return sound.Sound(8000, samples.tobytes())


def accepts(port):
    """Whether something listens on that TCP port; /proc, because a connection would be sipp's first."""
    rows = pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]
    return any(row.split()[1].endswith(f":{port:04X}") and row.split()[3] == "0A" for row in rows)


@contextlib.contextmanager
def calling(user, said=None, extension="1000", patience=40):
    """A call that is up; a program that is asked to wait (503, a busy machine) is called again."""
    deadline = time.monotonic() + patience
    while True:
        phone = RtpPhone(parley.sip_port, extension, said or sound.silence(0.1, 8000), user=user)
        try:
            phone.__enter__()
            break
        except AssertionError as error:
            if " 503 " not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(1)  # Retry-After, shortened
    try:
        yield phone
    finally:
        phone.__exit__()


heard_tone = -42.0  # dB: it was sent at -17, and the noise suppression takes a steady tone for noise


class TransferTest(unittest.TestCase):
    def setUp(self):
        self.seen = {call["id"] for call in parley.api.calls()}

    def call_of(self, user):
        call = parley.api.wait_for_call(lambda c: user in c["from"] and c["answered_at"], seen=self.seen)["id"]
        parley.api.wait_event(call, "assistant.speech_stopped", 15)
        return call

    def transfer(self, call, to, **more):
        return parley.api.post(f"/api/v1/calls/{call}/transfer", {"to": to, **more})["transfer_id"]

    def kinds(self, call):
        return [e["type"] for e in parley.api.events(call) if e["type"].startswith(("transfer.", "leg."))]

    def returned(self, call, timeout=30):
        """The assistant's words about the latest transfer, which is over."""
        over = ("transfer.failed", "transfer.declined", "transfer.cancelled", "leg.removed")

        def told(shown):
            kinds = [e["type"] for e in shown["events"]]
            begun = max((i for i, kind in enumerate(kinds) if kind == "transfer.started"), default=len(kinds))
            ends = [i for i, kind in enumerate(kinds) if i > begun and kind in over]
            thought = [i for i, kind in enumerate(kinds) if ends and i > ends[-1] and kind == "assistant.thinking"]
            return thought and "assistant.speech_stopped" in kinds[thought[0]:] and shown["state"] == "with_assistant"
        parley.api.wait_for(call, told, "the assistant says how it ended", timeout)
        return parley.api.transcript(call, "assistant")[-1]["text"]


class Joined(TransferTest):
    def test_both_hear_each_other_and_the_agents_goodbye_ends_the_call(self):
        with AgentPhone(tone(1600)) as agent, calling("ada") as caller:
            call = self.call_of("ada")
            decided = time.monotonic()
            self.transfer(call, agent.uri, reason="a bill")
            self.assertTrue(agent.invited.wait(2))
            print(f"decision to INVITE: {(time.monotonic() - decided) * 1000:.0f} ms")
            parley.api.wait_event(call, "transfer.completed", 15)
            caller.say(tone(700, 30))
            wait_until(lambda: agent.loud_since(0), "the agent hears the caller", 5)
            joined = time.monotonic()
            caller.stay(1.5)
            heard = caller.heard()
            last = heard.part(heard.seconds - 1.0, 0.9)
            to_agent = agent.heard()
            print(f"caller hears 1600 Hz at {sound.tone_level_db(last, 1600):.1f} dB, agent hears 700 Hz at "
                  f"{sound.tone_level_db(to_agent.part(to_agent.seconds - 1.0, 0.9), 700):.1f} dB")
            self.assertGreater(sound.tone_level_db(last, 1600), heard_tone)
            self.assertGreater(sound.tone_level_db(to_agent.part(to_agent.seconds - 1.0, 0.9), 700), heard_tone)
            self.assertLess(sound.tone_level_db(last, 700), -50, "the caller does not hear themselves")
            self.assertEqual("with_agent", parley.api.call(call)["state"])
            invite = agent.request("INVITE")[0]
            self.assertIn(f"X-Parley-Call: {call}", invite)
            self.assertIn("X-Parley-Reason: a bill", invite)
            agent.hang_up()
            self.assertTrue(caller.ended_by_peer.wait(5))
            self.assertGreater(time.monotonic(), joined)
        ended = parley.api.wait_ended(call)
        self.assertEqual("agent_hangup", ended["end_cause"])
        self.assertEqual([("completed", None)], [(t["state"], t["cause"]) for t in ended["transfers"]])
        self.assertEqual(["caller", "agent"], [leg["role"] for leg in ended["legs"]])
        self.assertEqual(["transfer.started", "transfer.ringing", "leg.added", "transfer.answered", "transfer.completed",
                          "leg.removed"], self.kinds(call))

    def test_music_until_the_answer_and_no_gap_on_the_recording(self):
        with AgentPhone(tone(1600), answers_after=3.0) as agent, calling("bea") as caller:
            call = self.call_of("bea")
            self.transfer(call, agent.uri, timeout_ms=20000)
            parley.api.wait_event(call, "transfer.completed", 15)
            caller.stay(1.5)
        parley.api.wait_ended(call)
        self.assertEqual("caller_hangup", parley.api.call(call)["end_cause"])
        right = sound.channels(parley.api.recording(call))[1]
        agent_from = next(i for i in range(0, int(right.seconds * 50))
                          if sound.tone_level_db(right.part(i * 0.02, 0.02), 1600) > -32) * 0.02
        before = right.part(agent_from - 1.0, 1.0)
        quiet = [level for level in right.part(agent_from - 0.5, 1.0).levels_db() if level < -60]
        print(f"music before the switch at {before.level_db():.1f} dB; frames without sound within half a second of it: {len(quiet)}")
        self.assertGreater(before.level_db(), -45, "music until the agent")
        self.assertLessEqual(len(quiet), 2)

    def test_baresip_as_the_agent_over_udp_and_tcp(self):
        said = sound.speech("Hello, this is the support team, what can I do for you today?", 8000)
        said = said + said + said + said + said
        for transport in ("udp", "tcp"):
            with self.subTest(transport), Baresip(said, user="bob") as agent, \
                    calling("cid" + transport) as caller:
                call = self.call_of("cid" + transport)
                self.transfer(call, f"sip:bob@127.0.0.1:{agent.port};transport={transport}")
                parley.api.wait_event(call, "transfer.completed", 15)
                caller.say(tone(700, 30))
                since = time.monotonic()
                wait_until(lambda: len(caller.loud_since(since)) > 50, "the caller hears the agent", 10)
                agent.hang_up()
                self.assertTrue(caller.ended_by_peer.wait(5))
                self.assertGreater(sound.tone_level_db(agent.heard(), 700), heard_tone)
                self.assertEqual("agent_hangup", parley.api.wait_ended(call)["end_cause"])

    def test_hold_plays_music_and_hides_the_caller(self):
        with AgentPhone(tone(1600)) as agent, calling("dan") as caller:
            call = self.call_of("dan")
            self.transfer(call, agent.uri)
            parley.api.wait_event(call, "transfer.completed", 15)
            caller.say(tone(700, 30))
            parley.api.command(call, "hold")
            self.assertTrue(parley.api.wait_for(call, lambda c: c["on_hold"], "on hold"))
            begun = time.monotonic() + 0.3
            caller.stay(1.5)
            self.assertEqual([], agent.loud_since(begun))
            heard = caller.heard()
            last = heard.part(heard.seconds - 1.0, 0.9)
            self.assertLess(sound.tone_level_db(last, 1600), -45)
            self.assertGreater(last.level_db(), -45, "music")
            parley.api.command(call, "unhold")
            resumed = time.monotonic() + 0.3
            wait_until(lambda: len(agent.loud_since(resumed)) > 10, "the agent hears the caller again", 5)

    def test_a_hand_back_returns_the_caller_with_the_conversation(self):
        with AgentPhone(tone(1600)) as agent, calling("eve") as caller:
            call = self.call_of("eve")
            self.transfer(call, agent.uri)
            parley.api.wait_event(call, "transfer.completed", 15)
            parley.api.command(call, "handback", note="please take the address")
            self.assertIn("assistant again", self.returned(call))
            self.assertTrue(agent.ended.wait(5))
            parley.api.command(call, "input", text="What time is it?")
            parley.api.wait_for(call, lambda c: " is " in c["transcript"][-1]["text"] and c["transcript"][-1]["speaker"] == "assistant", "the assistant answers", 15)
            self.assertFalse(caller.ended_by_peer.is_set())


class NotJoined(TransferTest):
    def test_each_failure_returns_the_caller_with_its_reason(self):
        for name, status, cause, words in (("fay", 486, "busy", "busy"), ("gus", 603, "rejected", "nobody"),
                                           ("hal", None, "no_answer", "nobody answered"), ("ida", 404, "unreachable", "nobody")):
            with self.subTest(cause), AgentPhone(answers_after=None, status=status) as agent, \
                    calling(name) as caller:
                call = self.call_of(name)
                self.transfer(call, agent.uri, timeout_ms=2000)
                said = self.returned(call)
                failed = parley.api.wait_event(call, "transfer.failed")[0]["data"]
                self.assertEqual(cause, failed["cause"])
                self.assertIn(words, said.lower())
                self.assertFalse(caller.ended_by_peer.is_set())
                if status is None:
                    self.assertTrue(agent.cancelled.wait(2))

    def test_a_port_where_nobody_listens_is_unreachable(self):
        with calling("jim"):
            call = self.call_of("jim")
            for transport in ("udp", "tcp"):
                self.transfer(call, f"sip:nobody@127.0.0.1:9;transport={transport}")
                self.returned(call)
            causes = [e["data"]["cause"] for e in parley.api.wait_event(call, "transfer.failed", count=2)]
            self.assertEqual(["unreachable", "unreachable"], causes)

    def test_never_mind_stops_the_ringing(self):
        with AgentPhone(answers_after=None) as agent, calling("kim") as caller:
            call = self.call_of("kim")
            self.transfer(call, agent.uri, timeout_ms=20000)
            self.assertTrue(agent.invited.wait(3))
            parley.api.wait_event(call, "assistant.speech_stopped", 15, count=2)  # the announcement
            parley.api.command(call, "input", text="Never mind.")
            self.assertTrue(agent.cancelled.wait(5))
            parley.api.wait_event(call, "transfer.cancelled")
            parley.api.wait_for(call, lambda c: "All right" in c["transcript"][-1]["text"], "the assistant answers", 15)
            self.assertFalse(caller.ended_by_peer.is_set())

    def test_a_caller_who_hangs_up_while_it_rings_leaves_a_cancel(self):
        with AgentPhone(answers_after=None) as agent:
            with calling("lea"):
                call = self.call_of("lea")
                self.transfer(call, agent.uri, timeout_ms=20000)
                self.assertTrue(agent.invited.wait(3))
            self.assertTrue(agent.cancelled.wait(3))
        ended = parley.api.wait_ended(call)
        self.assertEqual("caller_hangup", ended["end_cause"])
        self.assertEqual([("cancelled", "call_ended")], [(t["state"], t["cause"]) for t in ended["transfers"]])

    def test_a_call_takes_one_transfer_at_a_time(self):
        with AgentPhone(answers_after=None) as agent, calling("mae"):
            call = self.call_of("mae")
            self.transfer(call, agent.uri)
            with self.assertRaises(Problem) as refused:
                self.transfer(call, agent.uri)
            self.assertEqual(409, refused.exception.status)
            parley.api.request("DELETE", f"/api/v1/calls/{call}/transfer")
            self.assertEqual("api", parley.api.wait_event(call, "transfer.cancelled")[0]["data"]["cause"])
            self.assertTrue(agent.cancelled.wait(3))


class Warm(TransferTest):
    """Extension 1001: warm, accepted by key only, and the assistant is back when the agent hangs up."""

    def briefed(self, agent, user):
        call = self.call_of(user)
        self.transfer(call, agent.uri)
        brief = parley.api.wait_event(call, "transfer.briefing", 15)[0]["data"]["text"]
        wait_until(lambda: len(agent.loud_since(0)) > 20, "the agent hears the brief", 10)
        return call, brief

    def test_the_agent_accepts_by_key_while_the_caller_waits(self):
        with AgentPhone(tone(1600)) as agent, calling("ned", extension="1001") as caller:
            call, brief = self.briefed(agent, "ned")
            self.assertIn("Press 1", brief)
            heard = caller.heard()
            self.assertLess(sound.tone_level_db(heard.part(heard.seconds - 0.5, 0.5), 1600), -50)
            agent.press("1")
            parley.api.wait_event(call, "transfer.completed", 5)
            caller.stay(1)
            heard = caller.heard()
            self.assertGreater(sound.tone_level_db(heard.part(heard.seconds - 0.5, 0.5), 1600), heard_tone)
            agent.hang_up()
            self.assertIn("here again", self.returned(call))
            self.assertFalse(caller.ended_by_peer.is_set())

    def test_a_decline_returns_the_caller(self):
        with AgentPhone(tone(1600)) as agent, calling("ola", extension="1001") as caller:
            call, _ = self.briefed(agent, "ola")
            agent.press("2")
            self.assertIn("nobody is available", self.returned(call))
            self.assertTrue(agent.ended.wait(3))
            self.assertEqual("declined", parley.api.call(call)["transfers"][0]["state"])
            self.assertFalse(caller.ended_by_peer.is_set())


class SippAgents(TransferTest):
    def run_agent(self, scenario, user, tcp, then):
        """`then(call)` while sipp plays its part; sipp's own verdict is checked."""
        arguments = ("-t", "t1") if tcp else ()
        agent = Sipp(scenario, parley.sip_port, arguments=arguments)
        if not tcp:
            agent.wait_listening()
        else:
            wait_until(lambda: accepts(agent.port), "sipp listens")
        with calling(user) as caller:
            call = self.call_of(user)
            self.transfer(call, f"sip:sipp@127.0.0.1:{agent.port};transport={'tcp' if tcp else 'udp'}", timeout_ms=2000)
            then(call, caller)
        return agent.check()

    def test_answer_busy_decline_and_no_answer_over_udp_and_tcp(self):
        def joined(call, caller):
            parley.api.wait_event(call, "transfer.completed", 15)
            caller.stay(0.5)  # and the caller hangs up

        def failed(cause):
            def then(call, caller):
                self.returned(call)
                self.assertEqual(cause, parley.api.call(call)["transfers"][0]["cause"])
                self.assertFalse(caller.ended_by_peer.is_set())
            return then
        for tcp in (False, True):
            for scenario, then in (("uas_answer", joined), ("uas_answer_and_bye", failed("hung_up")),
                                   ("uas_busy", failed("busy")),
                                   ("uas_declines", failed("rejected")), ("uas_cancelled", failed("no_answer"))):
                with self.subTest(scenario, tcp=tcp):
                    self.run_agent(scenario, f"{scenario}{tcp}".lower(), tcp, then)


class Races(TransferTest):
    def test_the_caller_hangs_up_at_the_instant_of_the_answer(self):
        seed = random.SystemRandom().randrange(1 << 30)
        print(f"seed {seed}")
        chance = random.Random(seed)
        for round_ in range(20):
            with self.subTest(round=round_, seed=seed), AgentPhone(tone(1600), answers_after=0.4) as agent:
                with calling(f"race{round_}") as caller:
                    call = parley.api.wait_for_call(lambda c: f"race{round_}@" in c["from"] and c["answered_at"], seen=self.seen)["id"]
                    self.transfer(call, agent.uri)
                    agent.invited.wait(3)
                    caller.stay(0.4 + chance.uniform(-0.05, 0.05))
                ended = parley.api.wait_ended(call)
                wait_until(lambda: agent.cancelled.is_set() or agent.ended.is_set(), "the agent's telephone is free", 5)
                self.assertEqual("caller_hangup", ended["end_cause"])
                self.assertIn(ended["transfers"][0]["state"], ("cancelled", "completed"))
        self.assertEqual(0, parley.api.active())


if __name__ == "__main__":
    unittest.main()
