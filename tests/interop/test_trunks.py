"""Trunks: peers by address that come and go, and what may be dialled by them."""
import unittest

import ports
from api import Problem
from parley import Parley
from processes import wait_until
from sip_client import SDP, SipClient
from sipp_runner import Sipp

CONFIG = {
    "routes": [{"from": "trunk:carrier", "assistant": "reception"}],
    "dialling": {"allowed": ["555*"], "refused": ["5559*"], "emergency": ["112"]},
}


def carrier(*peers, **more):
    return {"trunks": {"carrier": {"peer": [f"sip:127.0.0.1:{port}" for port in peers], "check": "1s",
                                   "limits": {"at_once": 1}, **more}}}


class Peers(unittest.TestCase):
    def start(self, config):
        parley = Parley({**CONFIG, **config}).start()
        self.addCleanup(parley.stop)
        return parley

    def test_a_number_goes_to_the_first_peer_that_answers(self):
        callee = self.enterContext(Parley({"routes": [{"to": "555*", "application": "echo", "open": True}]}))
        parley = self.start(carrier(ports.port(), callee.sip_port))

        wait_until(lambda: "trunk peer is down" in parley.log, "the first peer is known to be down")
        call = parley.api.originate("555123")["id"]
        parley.api.wait_for(call, lambda c: c["answered_at"], "the second peer answers")
        with self.assertRaises(Problem) as refused:
            parley.api.originate("555124")
        self.assertEqual(429, refused.exception.status, "one at once")
        parley.api.hang_up(call)
        self.assertEqual("555123", callee.api.wait_for_call()["to"])

    def test_a_peer_that_is_gone_is_down_and_one_answer_brings_it_up(self):
        port = ports.port()
        parley = self.start(carrier(port))

        def up():
            text = parley.api.request("GET", "/metrics").decode()
            return f'parley_trunk_up{{peer="sip:127.0.0.1:{port}",trunk="carrier"}} 1' in text
        self.assertTrue(up(), "until it is known to be down")
        wait_until(lambda: not up(), "it is down", 20)
        self.assertIn("trunk peer is down", parley.log)

        with Parley({"sip": {"listen": [f"udp:127.0.0.1:{port}"]}}):
            wait_until(up, "it is up", 20)
        self.assertIn("trunk peer is up", parley.log)

    def test_toll_fraud_is_403_and_an_emergency_is_not(self):
        callee = Sipp("uas_busy", 9).wait_listening()
        self.addCleanup(callee.stop)
        parley = self.start(carrier(callee.port, check="0s"))

        for number in ("+19005550100", "5559000", "000"):
            with self.assertRaises(Problem) as refused:
                parley.api.originate(number)
            self.assertEqual(403, refused.exception.status, number)
        call = parley.api.originate("112")["id"]
        self.assertEqual("busy", parley.api.wait_ended(call)["end_cause"])

    def test_a_call_of_the_trunk_is_whom_it_asserts(self):
        parley = self.start(carrier(ports.port(), check="0s"))
        with SipClient(parley.sip_port) as client:
            client.ask("INVITE", "whatever", user="anonymous", body=SDP.format(port=client.port),
                       headers=["P-Asserted-Identity: <sip:+4930123@127.0.0.1>"])

        call = parley.api.wait_for_call()
        self.assertEqual("network", call["user"]["identity"])
        self.assertIn("+4930123", call["from"])


if __name__ == "__main__":
    unittest.main()
