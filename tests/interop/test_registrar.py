"""Agents' telephones: baresip, sipp and hand-written REGISTERs against Parley's registrar, straight and through Kamailio."""
import re
import secrets
import socket
import unittest

import sip_client
import sound
import sipp_runner
from api import Api, Problem
from baresip import Baresip
from kamailio import Kamailio
from parley import Parley
from processes import wait_until
from sip_client import SDP, SipClient

AGENTS = [{"extension": "2001", "name": "Support", "password": "opensesame", "queues": ["support"]},
          {"extension": "2002", "name": "Anna", "password": "sesameopen", "supervisor": True}]
ROUTES = [{"to": "1000", "assistant": "reception", "open": True}, {"to": "7000", "application": "echo"},
          {"to": "2001", "extension": "2001", "open": True}]


class Phone(SipClient):
    """A telephone that registers as it is told to."""

    def __init__(self, server_port, extension="2001", password="opensesame", transport="UDP"):
        super().__init__(server_port)
        self.transport = transport
        if transport == "TCP":
            self.socket.close()
            self.socket = socket.create_connection(("127.0.0.1", server_port))
            self.port = self.socket.getsockname()[1]
        self.extension, self.password = extension, password
        self.call_id, self.cseq = secrets.token_hex(8), 0

    def contact(self, user="me", host="127.0.0.1"):
        return f"<sip:{user}@{host}:{self.port}>"

    def register_once(self, contacts=None, expires="300", headers=(), user=None):
        self.cseq += 1
        text = self.request("REGISTER", self.extension, user=user or self.extension, call_id=self.call_id, cseq=self.cseq,
                            headers=[f"Expires: {expires}", *headers])
        lines = [line for line in text.split("\r\n") if not line.startswith("Contact:")]
        at = next(i for i, line in enumerate(lines) if line.startswith("Expires:"))
        lines[at:at] = [f"Contact: {contact}" for contact in (contacts or [self.contact()])]
        self.send("\r\n".join(lines).replace("SIP/2.0/UDP", f"SIP/2.0/{self.transport}"))
        return self.final(cseq=f"{self.cseq} REGISTER")

    def register(self, contacts=None, expires="300", **options):
        """Sends, is challenged, sends again."""
        answer = self.register_once(contacts, expires, **options)
        if answer.status != 401:
            return answer
        return self.register_once(contacts, expires, headers=[sip_client.authorization(
            answer.headers("WWW-Authenticate")[0], self.extension, self.password, "REGISTER",
            f"sip:{self.extension}@127.0.0.1:{self.server_port}")], **options)


class RegistrarTest(unittest.TestCase):
    def setUp(self):
        self.parley = Parley({"routes": ROUTES, "agents": AGENTS}).start()
        self.addCleanup(self.parley.stop)

    def agent(self, extension="2001"):
        return next(a for a in self.parley.api.get("/api/v1/agents")["agents"] if a["extension"] == extension)

    def wait_presence(self, presence, extension="2001", timeout=5):
        return wait_until(lambda: self.agent(extension)["presence"] == presence and self.agent(extension),
                          f"{extension} is {presence}", timeout)

    def metric(self, name):
        text = self.parley.api.request("GET", "/metrics").decode()
        return sum(float(value) for value in re.findall(rf"^{re.escape(name)} (\S+)$", text, re.M))

    def phone(self, *arguments):
        return self.enterContext(Phone(self.parley.sip_port, *arguments))


class Telephones(RegistrarTest):
    def test_a_telephone_over_tcp_is_gone_with_its_connection(self):
        with Phone(self.parley.sip_port, transport="TCP") as phone:
            self.assertEqual(200, phone.register().status)
            self.assertEqual("tcp", self.wait_presence("available")["contact"])
        self.wait_presence("offline")

    def test_an_agent_s_call_is_verified_at_an_open_extension_too(self):
        with Phone(self.parley.sip_port) as phone:
            challenge = phone.ask("INVITE", "1000", user="2001", body=SDP.format(port=phone.port))
            answer = phone.ask("INVITE", "1000", user="2001", cseq=2, body=SDP.format(port=phone.port),
                               headers=[sip_client.authorization(challenge.headers("WWW-Authenticate")[0], "2001", "opensesame",
                                                                 "INVITE", f"sip:1000@127.0.0.1:{self.parley.sip_port}")])
            self.assertEqual(200, answer.status)
        self.assertEqual("verified", self.parley.api.wait_for_call()["user"]["identity"])

    def test_a_telephone_behind_a_proxy_registers_with_its_path(self):
        with Kamailio(edge_of=self.parley.sip_port) as proxy, Phone(proxy.port) as phone:
            answer = phone.register()
            self.assertEqual(200, answer.status)
            self.assertIn(f"127.0.0.1:{proxy.port}", answer.header("Path"))
        self.wait_presence("available")

    def test_two_telephones_ring_for_one_agent_and_each_leaves_alone(self):
        first, second = self.phone(), self.phone()
        self.assertEqual(200, first.register().status)
        answer = second.register()
        self.assertEqual(2, len(answer.headers("Contact")))

        first.register(expires="0")
        self.wait_presence("available")
        second.register(contacts=["*"], expires="0")
        self.wait_presence("offline")

    def test_a_registration_ends_at_its_time(self):
        # The shortest that is granted is a minute: what is left of it is told, and counted down.
        phone = self.phone()
        answer = phone.register(expires="60")
        self.assertRegex(answer.header("Contact"), r"expires=60")
        self.assertEqual("60", phone.register(expires="20").header("Min-Expires"))


class Baresips(RegistrarTest):
    """Debian's gives up when it is offered SHA-256."""

    def setUp(self):
        self.parley = Parley({"routes": ROUTES, "agents": AGENTS})
        self.parley.config["sip"]["digest"] = "md5"
        self.parley.start()
        self.addCleanup(self.parley.stop)

    def baresip(self, transport, port=None):
        account = (f"<sip:2001@127.0.0.1:{port or self.parley.sip_port};transport={transport}>"
                   ";auth_user=2001;auth_pass=opensesame;regint=60")
        return Baresip(sound.silence(1, 8000), user="2001", account=account)

    def test_over_udp_it_registers_and_calls_an_assistant_by_name(self):
        phone = self.enterContext(self.baresip("udp"))
        phone.wait_registered()
        self.assertEqual("udp", self.wait_presence("available")["contact"])

        phone.dial(f"sip:1000@127.0.0.1:{self.parley.sip_port}")
        call = self.parley.api.wait_for_call()
        self.assertEqual("verified", call["user"]["identity"])
        self.assertIn("2001", call["from"])
        phone.hang_up()

    def test_over_tcp_it_is_gone_with_its_connection(self):
        with self.baresip("tcp") as phone:
            phone.wait_registered()
            self.assertEqual("tcp", self.wait_presence("available")["contact"])
        self.wait_presence("offline")

    def test_through_a_proxy_it_registers_and_calls(self):
        proxy = self.enterContext(Kamailio(edge_of=self.parley.sip_port))
        phone = self.enterContext(self.baresip("udp", proxy.port))
        phone.wait_registered()
        self.wait_presence("available")

        phone.dial(f"sip:7000@127.0.0.1:{proxy.port}")
        self.assertEqual("verified", self.parley.api.wait_for_call(to="7000")["user"]["identity"])
        phone.hang_up()


    def test_a_call_to_the_extension_rings_the_telephone_and_the_two_are_joined(self):
        agent = self.enterContext(self.baresip("udp"))
        agent.wait_registered()
        self.wait_presence("available")
        with SipClient(self.parley.sip_port) as caller:
            branch, call_id = "z9hG4bK" + secrets.token_hex(8), secrets.token_hex(8)
            caller.send(caller.request("INVITE", "2001", branch=branch, call_id=call_id, body=SDP.format(port=caller.port)))
            answer = caller.final()
            self.assertEqual(200, answer.status)
            to_tag = answer.header("To").partition(";tag=")[2]
            caller.send(caller.request("ACK", "2001", call_id=call_id, to_tag=to_tag))
            agent.wait_event("CALL_ESTABLISHED")
            self.wait_presence("busy")
            call = self.parley.api.wait_for_call(state="with_agent")
            caller.send(caller.request("BYE", "2001", call_id=call_id, to_tag=to_tag, cseq=2))
            agent.wait_event("CALL_CLOSED")
        self.parley.api.wait_ended(call["id"])
        self.wait_presence("available")


class BadInput(RegistrarTest):
    def test_wrong_passwords_lock_telephone_and_desk_alike(self):
        guesser = self.phone("2001", "guess")
        self.assertEqual([401] * 5, [guesser.register().status for _ in range(5)])

        self.assertEqual(403, self.phone().register().status)
        with self.assertRaises(Problem) as refused:
            Api(self.parley.api.base, "").post("/api/v1/sessions", {"extension": "2001", "password": "opensesame"})
        self.assertEqual(429, refused.exception.status)
        self.assertGreater(int(refused.exception.headers["Retry-After"]), 0)
        self.assertEqual("offline", self.agent()["presence"])

    def test_forged_contacts_are_403(self):
        phone = self.phone()
        for contact in (phone.contact("2002"), phone.contact(host="203.0.113.9"),
                        f"<sip:me@127.0.0.1:{self.parley.sip_port}>"):
            self.assertEqual(403, phone.register([contact]).status, contact)
        self.assertEqual(403, phone.register(user="2002").status, "From and To are two")
        self.assertEqual("offline", self.agent()["presence"])

    def test_nobody_registers_another_s_extension(self):
        thief = self.phone("2001", "sesameopen")
        answer = thief.register_once()
        mine = sip_client.authorization(answer.headers("WWW-Authenticate")[0], "2002", "sesameopen", "REGISTER",
                                        f"sip:2001@127.0.0.1:{self.parley.sip_port}")
        self.assertEqual(403, thief.register_once(headers=[mine]).status)

    def test_a_flood_is_slowed_down_and_calls_go_on(self):
        flood = sipp_runner.Sipp("uac_register_flood", self.parley.sip_port, service="2001", calls=2000, timeout=40,
                                 arguments=["-r", "1000", "-l", "2000"])
        with SipClient(self.parley.sip_port) as caller:
            self.assertEqual(200, caller.ask("INVITE", "1000", body=SDP.format(port=caller.port)).status)
        flood.check()

        wait_until(lambda: self.metric('parley_sip_registers{outcome="too_fast"}') > 1000, "the flood was noticed")
        self.assertEqual("offline", self.agent()["presence"])

    def test_nobody_calls_in_an_agent_s_name_without_the_password(self):
        with SipClient(self.parley.sip_port) as caller:
            self.assertEqual(401, caller.ask("INVITE", "1000", user="2001", body=SDP.format(port=caller.port)).status)


class Desk(RegistrarTest):
    def log_in(self, extension="2001", password="opensesame"):
        return Api(self.parley.api.base, "").post("/api/v1/sessions", {"extension": extension, "password": password})

    def test_a_log_in_lends_a_password_that_ends_with_it(self):
        session = self.log_in()
        self.assertEqual("agent", session["role"])
        self.assertEqual("sip:2001@127.0.0.1", session["sip"]["uri"])
        desk = self.phone("2001", session["sip"]["password"])
        self.assertEqual(200, desk.register().status)
        self.wait_presence("available")

        Api(self.parley.api.base, session["token"]).request("DELETE", "/api/v1/sessions")
        self.assertEqual(401, desk.register().status)
        self.assertEqual(200, self.phone().register().status, "the telephone on the table stays")

    def test_presence_is_chosen_and_told(self):
        session, boss = self.log_in(), self.log_in("2002", "sesameopen")
        self.assertEqual("supervisor", boss["role"])
        self.phone().register()
        mine, theirs = Api(self.parley.api.base, session["token"]), Api(self.parley.api.base, boss["token"])

        mine.request("PUT", "/api/v1/agents/2001/presence", {"presence": "away"})
        self.assertEqual("away", self.agent()["presence"])
        with self.assertRaises(Problem) as refused:
            mine.request("PUT", "/api/v1/agents/2002/presence", {"presence": "away"})
        self.assertEqual(403, refused.exception.status)
        with self.assertRaises(Problem) as refused:
            mine.request("PUT", "/api/v1/agents/2001/presence", {"presence": "busy"})
        self.assertEqual(422, refused.exception.status)
        theirs.request("PUT", "/api/v1/agents/2001/presence", {"presence": "available"})
        self.assertEqual("available", self.agent()["presence"])
        wait_until(lambda: self.metric('parley_agents{presence="available"}') == 1, "the metric follows within a second")


class FirstStart(unittest.TestCase):
    def test_the_default_agent_gets_a_password_that_is_kept(self):
        with Parley() as parley:
            kept = parley.data / "agent-2001-password"
            self.assertEqual(0o600, kept.stat().st_mode & 0o777)
            password = kept.read_text().strip()
            self.assertNotIn(password, parley.log)
            with Phone(parley.sip_port, "2001", password) as phone:
                self.assertEqual(200, phone.register().status)


if __name__ == "__main__":
    unittest.main()
