"""A G.711 telephone whose clock is known: what it sends and hears has absolute times, to the packet."""
import audioop
import re
import secrets
import socket
import struct
import threading
import time

import sip_client
from sip_client import SDP, SipClient
from sound import Sound

FRAME = 160
RATE = 8000


class RtpVoice:
    """The sound of a telephone: PCMU over RTP, both ways.

    After the end of `sound` it sends silence. `heard()` is what came, by RTP timestamps; `heard_offset` is how long
    after the first packet sent the first one came: a delay found between both sounds, plus it, is the true one.
    """

    def __init__(self, sound):
        self.rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.rtp.bind(("127.0.0.1", 0))
        self.rtp.settimeout(0.2)
        payload = audioop.lin2ulaw(sound.pcm, 2)
        self._frames = [payload[i:i + FRAME] for i in range(0, len(payload) - FRAME + 1, FRAME)]
        self._received = {}  # timestamp: payload
        self._arrivals = []  # (when, payload)
        self.latest = 0.0  # how late a packet was sent: the machine's fault, and jitter to the peer
        self.spoke_at = []  # when each sound was begun
        self._begins = self._frames[0] if self._frames else None
        self._first_received_at = self._first_sent_at = None
        self._last_timestamp = None
        self._stop = threading.Event()
        self._queued = threading.Lock()
        self._threads = []

    def start(self, peer):
        """Speaks to that address from now on."""
        self.peer = peer
        self._run(self._send, self._receive)

    def _run(self, *loops):
        for loop in loops:
            self._threads.append(threading.Thread(target=loop, daemon=True))
            self._threads[-1].start()

    def stop(self):
        self._stop.set()
        for thread in self._threads:
            thread.join(5)
        self.rtp.close()

    def say(self, sound):
        """Next after what is still to be sent."""
        payload = audioop.lin2ulaw(sound.pcm, 2)
        frames = [payload[i:i + FRAME] for i in range(0, len(payload) - FRAME + 1, FRAME)]
        with self._queued:
            self._begins = frames[0]
            self._frames += frames

    def elapsed(self):
        """Seconds since the first packet."""
        return time.monotonic() - self._first_sent_at

    def stay(self, seconds):
        """The call goes on for that long: its time is what a test of sound is about."""
        self._stop.wait(seconds)

    def finish_saying(self):
        while self.saying():
            self._stop.wait(0.02)

    def saying(self):
        with self._queued:
            return bool(self._frames)

    def _send(self):
        ssrc, sequence, timestamp = secrets.randbits(32), secrets.randbits(15), secrets.randbits(31)
        started = time.monotonic()
        for number in range(10**6):
            due = started + number * 0.02
            if self._stop.wait(max(0.0, due - time.monotonic())):
                return
            self.latest = max(self.latest, time.monotonic() - due)
            with self._queued:
                frame = self._frames.pop(0) if self._frames else b"\xff" * FRAME
                if frame is self._begins:
                    self.spoke_at.append(time.monotonic())
            packet = struct.pack("!BBHII", 0x80, 0x80 if number == 0 else 0, (sequence + number) & 0xFFFF,
                                 (timestamp + number * FRAME) & 0xFFFFFFFF, ssrc) + frame
            self.rtp.sendto(packet, self.peer)
            if number == 0:
                self._first_sent_at = time.monotonic()

    def _receive(self):
        while not self._stop.is_set():
            try:
                packet, _ = self.rtp.recvfrom(2048)
            except TimeoutError:
                continue
            if len(packet) < 12 or packet[1] & 0x7F != 0:
                continue
            if self._first_received_at is None:
                self._first_received_at = time.monotonic()
            timestamp = struct.unpack("!I", packet[4:8])[0]
            self._received[timestamp] = packet[12:]
            self._arrivals.append((time.monotonic(), packet[12:]))

    @property
    def heard_offset(self):
        return self._first_received_at - self._first_sent_at

    def heard(self):
        received = dict(self._received)
        if not received:
            return Sound(RATE, b"")
        first, last = min(received), max(received)  # tests are too short for the timestamp to wrap often
        assert last - first < RATE * 600, "the timestamps wrapped or jumped"
        out = bytearray(b"\xff" * (last - first + len(received[last])))
        for timestamp, payload in received.items():
            out[timestamp - first:timestamp - first + len(payload)] = payload
        return Sound(RATE, audioop.ulaw2lin(bytes(out), 2))

    def loud_since(self, when, above_db=-45.0):
        """The times since `when` at which a packet with sound in it came."""
        return [at for at, payload in list(self._arrivals)
                if at >= when and Sound(RATE, audioop.ulaw2lin(payload, 2)).level_db() > above_db]


class RtpPhone(RtpVoice):
    """`with RtpPhone(port, "9199", sound) as phone:` is a call; leaving it hangs up."""

    def __init__(self, server_port, extension, sound, user="tester", through=None):
        super().__init__(sound)
        self.client = SipClient(through or server_port)
        self.extension, self.user = extension, user
        self.ended_by_peer = threading.Event()

    def __enter__(self):
        self.call_id, branch = secrets.token_hex(8), "z9hG4bK" + secrets.token_hex(8)
        self.client.send(self.client.request("INVITE", self.extension, user=self.user, branch=branch, call_id=self.call_id,
                                             body=SDP.format(port=self.rtp.getsockname()[1])))
        answer = self.client.final()
        assert answer.status == 200, answer.text
        self.to_tag = re.search(r";tag=([^;\s>]+)", answer.header("To"))[1]
        self._request("ACK", 1)
        self.start(("127.0.0.1", int(re.search(r"^m=audio (\d+)", answer.text, re.M)[1])))
        self._run(self._signalling)
        return self

    def __exit__(self, *_):
        self.stop()
        if not self.ended_by_peer.is_set():
            self._request("BYE", 2)
            self.client.final(cseq="2 BYE")
        self.client.socket.close()

    def _request(self, method, cseq):
        self.client.send(self.client.request(method, self.extension, user=self.user, call_id=self.call_id,
                                             to_tag=self.to_tag, cseq=cseq))

    def _signalling(self):
        while not self._stop.is_set():
            text = self.client.receive(0.2)
            if text and text.startswith("BYE "):
                kept = [line for line in text.split("\r\n")
                        if line.split(":")[0].lower() in ("via", "from", "to", "call-id", "cseq", "v", "f", "t", "i")]
                self.client.send("\r\n".join(["SIP/2.0 200 OK", *kept, "Content-Length: 0"]) + "\r\n\r\n")
                self.ended_by_peer.set()
