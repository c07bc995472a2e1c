"""Kamailio as registrar and record-routing proxy between a telephone and Parley."""
import unittest

import sound
from baresip import Baresip
from kamailio import Kamailio
from parley import Parley
from processes import wait_until


class ThroughAProxy(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.proxy = cls.enterClassContext(Kamailio())
        registrar = f"sip:127.0.0.1:{cls.proxy.port}"
        cls.parley = Parley({
            "trunks": {"office": {"registrar": registrar, "user": "assistant", "password": "secret"}},
            "routes": [{"from": "trunk:office", "assistant": "reception"}],
            "dialling": {"allowed": ["555*", "sip:*"]},
        })
        cls.parley.start()
        cls.addClassCleanup(cls.parley.stop)
        account = f"<sip:alice@127.0.0.1:{cls.proxy.port}>;auth_pass=secret;regint=60"
        cls.phone = cls.enterClassContext(Baresip(sound.silence(1, 8000), account=account))
        cls.phone.wait_registered()

    def setUp(self):
        self.api = self.parley.api
        self.seen = {call["id"] for call in self.api.calls()}
        self.phone.events.clear()

    def tearDown(self):
        wait_until(lambda: self.api.active() == 0, "no call is left")

    def call_the_assistant(self):
        # The registration may come a moment after the start.
        def answered():
            self.phone.events.clear()
            self.phone.command("dial", f"sip:assistant@127.0.0.1:{self.proxy.port}")
            wait_until(lambda: self.phone.has("CALL_ESTABLISHED") or self.phone.has("CALL_CLOSED"), "an answer")
            return self.phone.has("CALL_ESTABLISHED")
        wait_until(answered, "the assistant is reached through the proxy", 15, interval=0.5)
        call = self.api.wait_for_call(seen=self.seen)["id"]
        self.api.wait_for(call, lambda c: any(t["speaker"] == "assistant" for t in c["transcript"]), "the greeting")
        return call

    def call_the_phone(self):
        call = self.api.originate(f"sip:alice@127.0.0.1:{self.proxy.port}")["id"]
        self.phone.wait_event("CALL_ESTABLISHED")
        self.api.wait_for(call, lambda c: c["answered_at"], "answered")
        return call

    def assert_went_through_the_proxy(self, call):
        trace = self.api.request("GET", f"/api/v1/calls/{call}/sip").decode()
        self.assertIn("Record-Route:", trace)
        self.assertIn("Route:", trace)

    def test_the_phone_calls_and_hangs_up(self):
        call = self.call_the_assistant()
        self.phone.hang_up()

        ended = self.api.wait_ended(call)
        self.assertEqual("caller_hangup", ended["end_cause"])
        self.assertEqual("assistant", ended["to"], "the number called is the one that is registered")
        self.assertIn("alice", ended["from"])
        self.assertIn("Record-Route:", self.api.request("GET", f"/api/v1/calls/{call}/sip").decode())

    def test_the_phone_calls_and_parley_hangs_up(self):
        call = self.call_the_assistant()
        self.api.hang_up(call)

        self.phone.wait_event("CALL_CLOSED")
        self.assertEqual("api", self.api.wait_ended(call)["end_cause"])
        self.assert_went_through_the_proxy(call)

    def test_parley_calls_and_hangs_up(self):
        call = self.call_the_phone()
        self.api.hang_up(call)

        self.phone.wait_event("CALL_CLOSED")
        self.assertEqual("api", self.api.wait_ended(call)["end_cause"])
        self.assert_went_through_the_proxy(call)

    def test_parley_calls_and_the_phone_hangs_up(self):
        call = self.call_the_phone()
        self.phone.hang_up()

        self.assertEqual("caller_hangup", self.api.wait_ended(call)["end_cause"])

    def test_a_number_goes_to_the_trunk(self):
        call = self.api.originate("5551234")["id"]

        ended = self.api.wait_ended(call)  # nobody registered that number
        self.assertEqual(404, ended["sip_status"])
        self.assertIsNone(ended["answered_at"])


if __name__ == "__main__":
    unittest.main()
