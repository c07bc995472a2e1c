"""An agent's G.711 telephone that does what a test says, over UDP: rings, answers, declines, vanishes."""
import audioop
import re
import secrets
import socket
import struct
import threading
import time

from sip_client import SDP
from sound import Sound, silence

FRAME = 160
ECHOED = ("via", "from", "to", "call-id", "cseq", "v", "f", "t", "i")


class AgentPhone:
    """`with AgentPhone(sound) as agent:` waits for a call at `agent.uri`.

    `status` refuses with it; `answers_after` is the ringing in seconds, None: it rings for ever. `begin` is an Event
    that the answer waits for, so that several telephones answer in one instant.
    """

    def __init__(self, sound=None, answers_after=0.2, status=None, begin=None):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.rtp.bind(("127.0.0.1", 0))
        self.answers_after, self.status, self.begin = answers_after, status, begin
        payload = audioop.lin2ulaw((sound or silence(0.1, 8000)).pcm, 2)
        self._frames = [payload[i:i + FRAME] for i in range(0, len(payload) - FRAME + 1, FRAME)]
        self.uri = f"sip:agent@127.0.0.1:{self.port}"
        self.requests = []  # texts, as they came
        self.invited, self.cancelled, self.acked, self.ended = (threading.Event() for _ in range(4))
        self.arrivals = []  # (when, payload)
        self.tag, self.invite, self.from_, self.cseq = secrets.token_hex(4), None, None, 1
        self._media, self._stop, self._silent = threading.Event(), threading.Event(), threading.Event()

    def __enter__(self):
        self._threads = [threading.Thread(target=run, daemon=True) for run in (self._signalling, self._send, self._receive)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join(5)
        self.socket.close()
        self.rtp.close()

    def request(self, method):
        """The texts of the requests of that method."""
        return [text for text in list(self.requests) if text.startswith(method + " ")]

    def vanish(self):
        """Without a word: neither sound nor answers from now on."""
        self._silent.set()

    def hang_up(self):
        self._in_dialog("BYE")
        self.ended.set()

    def press(self, key):
        self._in_dialog("INFO", "application/dtmf-relay", f"Signal={key}\r\nDuration=160\r\n")

    def heard(self):
        return Sound(8000, audioop.ulaw2lin(b"".join(payload for _, payload in list(self.arrivals)), 2))

    def loud_since(self, when, above_db=-45.0):
        return [at for at, payload in list(self.arrivals)
                if at >= when and Sound(8000, audioop.ulaw2lin(payload, 2)).level_db() > above_db]

    def _header(self, text, name):
        found = re.search(rf"^{name}:\s*(.*?)\s*$", text.partition("\r\n\r\n")[0], re.M | re.I)
        return found[1] if found else ""

    def _in_dialog(self, method, content_type="", body=""):
        self.cseq += 1
        contact = re.search(r"<([^>]+)>", self._header(self.invite, "Contact"))[1]
        lines = [f"{method} {contact} SIP/2.0",
                 f"Via: SIP/2.0/UDP 127.0.0.1:{self.port};rport;branch=z9hG4bK{secrets.token_hex(8)}", "Max-Forwards: 70",
                 f"From: {self._header(self.invite, 'To')};tag={self.tag}", f"To: {self._header(self.invite, 'From')}",
                 f"Call-ID: {self._header(self.invite, 'Call-ID')}", f"CSeq: {self.cseq} {method}"]
        if body:
            lines.append(f"Content-Type: {content_type}")
        lines.append(f"Content-Length: {len(body)}")
        self.socket.sendto(("\r\n".join(lines) + "\r\n\r\n" + body).encode(), self.from_)

    def _respond(self, request, status, reason, body=""):
        kept = []
        for line in request.partition("\r\n\r\n")[0].split("\r\n"):
            name = line.split(":")[0].lower()
            if name in ECHOED:
                kept.append(line + (f";tag={self.tag}" if name in ("to", "t") and ";tag=" not in line and status > 100 else ""))
        if body:
            kept += [f"Contact: <{self.uri}>", "Content-Type: application/sdp"]
        self.socket.sendto("\r\n".join([f"SIP/2.0 {status} {reason}", *kept, f"Content-Length: {len(body)}"]).encode()
                           + b"\r\n\r\n" + body.encode(), self.from_)

    def _signalling(self):
        due = None
        self.socket.settimeout(0.005)
        while not self._stop.is_set():
            if due is not None and time.monotonic() >= due and (self.begin is None or self.begin.is_set()):
                due = None
                if not self.cancelled.is_set():
                    self._respond(self.invite, 200, "OK", SDP.format(port=self.rtp.getsockname()[1]))
                    self._media.set()
            try:
                data, sender = self.socket.recvfrom(65536)
            except TimeoutError:
                continue
            text = data.decode(errors="replace")
            if self._silent.is_set() or text.startswith("SIP/2.0"):
                continue
            self.requests.append(text)
            self.from_ = sender
            method = text.split(" ", 1)[0]
            if method == "INVITE" and self.invite is None:
                self.invite = text
                self.peer = ("127.0.0.1", int(re.search(r"^m=audio (\d+)", text, re.M)[1]))
                if self.status:
                    self._respond(text, self.status, "No")
                else:
                    self._respond(text, 180, "Ringing")
                    due = None if self.answers_after is None else time.monotonic() + self.answers_after
                self.invited.set()
            elif method == "CANCEL":
                self._respond(text, 200, "OK")
                if not self._media.is_set():
                    self.cancelled.set()
                    self._respond(self.invite, 487, "Request Terminated")
            elif method == "ACK":
                self.acked.set()
            elif method == "BYE":
                self._respond(text, 200, "OK")
                self._media.clear()
                self.ended.set()

    def _send(self):
        while not self._media.wait(0.1):
            if self._stop.is_set():
                return
        ssrc, sequence, timestamp, started = secrets.randbits(32), secrets.randbits(15), secrets.randbits(31), time.monotonic()
        for number in range(10**6):
            if self._stop.wait(max(0.0, started + number * 0.02 - time.monotonic())) or not self._media.is_set():
                return
            if self._silent.is_set():
                continue
            frame = self._frames[number % len(self._frames)]
            self.rtp.sendto(struct.pack("!BBHII", 0x80, 0x80 if number == 0 else 0, (sequence + number) & 0xFFFF,
                                        (timestamp + number * FRAME) & 0xFFFFFFFF, ssrc) + frame, self.peer)

    def _receive(self):
        self.rtp.settimeout(0.1)
        while not self._stop.is_set():
            try:
                packet, _ = self.rtp.recvfrom(2048)
            except TimeoutError:
                continue
            if len(packet) > 12 and packet[1] & 0x7F == 0:
                self.arrivals.append((time.monotonic(), packet[12:]))
