"""SIP over connections: TCP, TLS, WebSocket and secure WebSocket, and what strangers do with them."""
import re
import secrets
import socket
import ssl
import subprocess
import time
import unittest

import ports
import sound
from baresip import Baresip
from parley import Parley
from processes import wait_until
from sip_client import SDP
from sip_streams import StreamClient, unverified
from test_baresip import SENTENCE

parley = None


def setUpModule():
    global parley
    parley = Parley()
    parley.tls_port, parley.https_port = ports.port() + 1, ports.port()
    parley.config["sip"]["listen"].append(f"tls:127.0.0.1:{parley.tls_port}")
    parley.config["sip"]["tls"] = {"verify": False}  # baresip's certificate is its own
    parley.start()
    unittest.addModuleCleanup(parley.stop)


def metric(name, **labels):
    wanted = name + ("{" + ",".join(f'{k}="{v}"' for k, v in sorted(labels.items())) + "}" if labels else "")
    for line in parley.api.request("GET", "/metrics").decode().splitlines():
        if line.startswith(wanted + " "):
            return float(line.rsplit(" ", 1)[1])
    raise AssertionError(f"there is no metric {wanted}")


def port_of(transport):
    return {"tcp": parley.sip_port, "tls": parley.tls_port, "ws": parley.http_port}[transport]


class Calls(unittest.TestCase):
    def tearDown(self):
        wait_until(lambda: parley.api.active() == 0, "no call is left")

    def invite(self, phone, extension, call_id):
        branch = "z9hG4bK" + secrets.token_hex(8)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as media:
            media.bind(("127.0.0.1", 0))
            body = SDP.format(port=media.getsockname()[1])
            phone.send(phone.request("INVITE", extension, call_id, body=body, branch=branch))
            answer = phone.final()
        tag = re.search(r";tag=([^;\s>]+)", answer.header("To"))[1]
        phone.send(phone.request("ACK", extension, call_id, to_tag=tag, branch=None if answer.status < 300 else branch))
        return answer, tag

    def test_a_call_lives_on_its_connection(self):
        for transport in ("tcp", "tls", "ws"):
            with self.subTest(transport), StreamClient(transport, port_of(transport)) as phone:
                call_id = secrets.token_hex(8)
                answer, tag = self.invite(phone, "9196", call_id)
                self.assertEqual(200, answer.status)
                self.assertIn(f"transport={transport}", answer.header("Contact"))
                phone.send(phone.request("BYE", "9196", call_id, cseq=2, to_tag=tag))
                self.assertEqual(200, phone.final().status)

    def test_parley_hangs_up_by_the_connection(self):
        for transport in ("tcp", "tls", "ws"):
            seen = {call["id"] for call in parley.api.calls()}
            with self.subTest(transport), StreamClient(transport, port_of(transport)) as phone:
                self.invite(phone, "9196", secrets.token_hex(8))
                call = parley.api.wait_for_call(seen=seen)["id"]
                parley.api.wait_for(call, lambda c: c["answered_at"], "answered")
                parley.api.hang_up(call)
                bye = phone.receive()
                self.assertTrue(bye.startswith(f"BYE sip:tester@{phone.host}"), bye)
                self.assertIn(f"SIP/2.0/{transport.upper()} ", bye)
                phone.reply(bye)

    def test_a_call_ends_with_its_websocket(self):
        seen = {call["id"] for call in parley.api.calls()}
        with StreamClient("ws", parley.http_port) as phone:
            self.invite(phone, "9196", secrets.token_hex(8))
            call = parley.api.wait_for_call(seen=seen)["id"]
            parley.api.wait_for(call, lambda c: c["answered_at"], "answered")
        parley.api.wait_ended(call)


class BaresipOverTls(unittest.TestCase):
    def certificate(self):
        return parley.folder / "baresip.pem"

    def setUp(self):
        if not self.certificate().exists():
            key, certificate = parley.folder / "key.pem", parley.folder / "cert.pem"
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                            "-days", "2", "-subj", "/CN=baresip", "-keyout", key, "-out", certificate],
                           check=True, capture_output=True)
            self.certificate().write_bytes(key.read_bytes() + certificate.read_bytes())

    def phone(self, user="alice"):
        account = f"<sip:{user}@127.0.0.1;transport=tls>;regint=0"
        spoken = sound.silence(1, 8000) + sound.speech(SENTENCE, 8000)
        return Baresip(spoken, user=user, account=account, certificate=self.certificate()), spoken

    def test_it_calls_the_echo(self):
        phone, spoken = self.phone()
        with phone:
            phone.dial(f"sip:9196@127.0.0.1:{parley.tls_port};transport=tls")
            self.assertEqual(1, wait_until(lambda: metric("parley_sip_connections", transport="tls"), "counted", 5))
            time.sleep(spoken.seconds + 1)  # the sentence
            phone.hang_up()
            windows = sound.follow(phone.sent(), phone.heard())
        fit = sound.median([w.correlation for w in windows])
        print(f"baresip over TLS: correlation {fit:.3f} in {len(windows)} windows")
        self.assertGreater(fit, 0.9)

    def test_it_calls_the_assistant(self):
        seen = {call["id"] for call in parley.api.calls()}
        phone, _ = self.phone()
        with phone:
            phone.dial(f"sip:1000@127.0.0.1:{parley.tls_port};transport=tls")
            call = parley.api.wait_for_call(seen=seen)["id"]
            parley.api.wait_for(call, lambda c: any(t["speaker"] == "assistant" for t in c["transcript"]), "the greeting")
            phone.hang_up()
        self.assertEqual("caller_hangup", parley.api.wait_ended(call)["end_cause"])

    def test_it_is_called(self):
        phone, _ = self.phone("bob")
        with phone:
            call = parley.api.originate(f"sip:bob@127.0.0.1:{phone.port + 1};transport=tls")["id"]
            phone.wait_event("CALL_ESTABLISHED")
            parley.api.hang_up(call)
            phone.wait_event("CALL_CLOSED")


class Strangers(unittest.TestCase):
    def ask(self, phone):
        phone.send(phone.request("OPTIONS", "parley", secrets.token_hex(8)))
        return phone.final().status

    def test_a_websocket_needs_the_subprotocol_and_no_foreign_origin(self):
        sip = "Sec-WebSocket-Protocol: sip"
        for headers, status in (((), 400), (("Sec-WebSocket-Protocol: chat",), 400), (("Sec-WebSocket-Protocol: chat, sip",), 101),
                                ((sip, "Origin: https://evil.example"), 403), ((sip, "Origin: null"), 403),
                                ((sip, f"Origin: http://127.0.0.1:{parley.http_port}"), 101)):
            with self.subTest(headers), StreamClient("ws", parley.http_port, headers) as phone:
                self.assertEqual(status, phone.upgraded)

    def test_frames_that_are_too_large_or_no_sip_end_the_websocket(self):
        for opcode, data, code in ((1, b"x" * 70_000, 1009), (1, b'{"type":"offer"}', 1003), (2, b"\x00\x01\x02", 1003),
                                   (1, b"OPTIONS sip:a SIP/2.0\r\nX: \xff\r\n\r\n", 1007)):
            with self.subTest(code=code), StreamClient("ws", parley.http_port) as phone:
                phone.send(data, opcode)
                with self.assertRaisesRegex(ConnectionError, str(code)):
                    phone.receive()

    def test_what_cannot_be_parsed_is_told_and_the_websocket_lives(self):
        with StreamClient("ws", parley.http_port) as phone:
            phone.send(phone.request("OPTIONS", "parley", "bad").replace("CSeq: 1 OPTIONS", "CSeq: one"))
            self.assertEqual(400, phone.final().status)
            self.assertEqual(200, self.ask(phone))

    def test_an_open_extension_takes_no_websocket_through_a_proxy(self):
        headers = ("Sec-WebSocket-Protocol: sip", "X-Forwarded-For: 203.0.113.9")
        with StreamClient("ws", parley.http_port, headers) as phone:
            phone.send(phone.request("INVITE", "9196", secrets.token_hex(8), body=SDP.format(port=40_000)))
            self.assertEqual(403, phone.final().status)

    def test_garbage_on_the_tls_port_is_counted(self):
        before = metric("parley_tls_handshakes_ended", server="sip", reason="failed")
        for garbage in (b"OPTIONS sip:a SIP/2.0\r\n\r\n", b"\x16\x03\x01\xff\xff" + b"\x00" * 400, secrets.token_bytes(500)):
            with socket.create_connection(("127.0.0.1", parley.tls_port)) as stranger:
                stranger.sendall(garbage)
                stranger.shutdown(socket.SHUT_WR)
                while stranger.recv(4096):
                    pass
        wait_until(lambda: metric("parley_tls_handshakes_ended", server="sip", reason="failed") >= before + 3, "counted", 5)

    def test_half_open_handshakes_do_not_keep_others_out(self):
        hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
        before = metric("parley_tls_handshakes_ended", server="sip", reason="crowded_out")
        half_open = []
        try:
            for _ in range(700):  # more than both workers have places for
                half_open.append(socket.create_connection(("127.0.0.1", parley.tls_port)))
                half_open[-1].sendall(hello)
            with StreamClient("tls", parley.tls_port) as phone:
                self.assertEqual(200, self.ask(phone))
            wait_until(lambda: metric("parley_tls_handshakes_ended", server="sip", reason="crowded_out") >= before + 100,
                       "the oldest gave way", 5)
            wait_until(lambda: metric("parley_sip_connections", transport="tls") == 0, "the rest timed out", 20)
        finally:
            for stranger in half_open:
                stranger.close()

    def test_a_flood_of_connections_from_one_address_is_cut_off(self):
        before = metric("parley_sip_connections_ended", reason="crowded")
        flood = []
        try:
            for _ in range(1_020):
                flood.append(socket.create_connection(("127.0.0.1", parley.sip_port)))
            wait_until(lambda: metric("parley_sip_connections_ended", reason="crowded") >= before + 20, "cut off", 5)
            self.assertLessEqual(metric("parley_sip_connections", transport="tcp"), 1_000)
            with StreamClient("ws", parley.http_port) as phone:
                self.assertEqual(200, self.ask(phone), "others are served")
        finally:
            for stranger in flood:
                stranger.close()
        wait_until(lambda: metric("parley_sip_connections", transport="tcp") == 0, "all are gone", 5)

    def test_old_tls_is_refused(self):
        context = unverified()
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
        with socket.create_connection(("127.0.0.1", parley.tls_port)) as plain, self.assertRaises(OSError):
            context.wrap_socket(plain)


class Verifying(unittest.TestCase):
    """A second Parley, that verifies: the certificate of the first is nobody's."""

    def test_a_server_without_a_good_certificate_is_not_called(self):
        careful = Parley()
        careful.config["sip"]["listen"].append(f"tls:127.0.0.1:{ports.port() + 1}")
        with careful:
            call = careful.api.originate(f"sip:9196@127.0.0.1:{parley.tls_port};transport=tls")["id"]
            self.assertNotEqual("completed", careful.api.wait_ended(call)["end_cause"])
            self.assertIn("certificate", careful.log)


class Https(unittest.TestCase):
    def test_sip_over_wss_beside_https(self):
        https = Parley()
        https.config["http"]["tls"] = {"self_signed": True}
        with https:
            with StreamClient("wss", https.http_port) as phone:
                phone.send(phone.request("OPTIONS", "parley", secrets.token_hex(8)))
                answer = phone.final()
            self.assertEqual(200, answer.status)
            self.assertIn("SIP/2.0/WSS", answer.header("Via"))
            self.assertIn("self-signed", https.log)
            self.assertEqual([], https.api.calls(), "the API is behind HTTPS")


if __name__ == "__main__":
    unittest.main()
