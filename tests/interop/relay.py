"""A bad network between a peer and Parley: loses, delays and so reorders datagrams, by a seed, and can be cut.

`Relay` is for telephones: SIP passes through one port, and the media ports in its session descriptions are rewritten,
so that RTP of both directions passes through too. `Detour` is for WebRTC: one port in the place of Parley's, as behind
a NAT. Bounded: what waits beyond 4,096 datagrams is lost.
"""
import heapq
import random
import re
import selectors
import socket
import threading
import time

MAX_WAITING = 4096


class Link:
    """What happens to datagrams: lost with `loss`, or all of them while `cut`; late by `delay` to `delay + jitter` seconds."""

    def __init__(self, loss=0.0, delay=0.0, jitter=0.0):
        self.loss, self.delay, self.jitter, self.cut = loss, delay, jitter, False


class _Network:
    """Sockets and what waits to be sent from them, on a thread of its own."""

    def __init__(self, server_port, seed):
        self.server, self.random = ("127.0.0.1", server_port), random.Random(seed)
        self.seen = self.lost = 0
        self._selector = selectors.DefaultSelector()
        self._waiting, self._order = [], 0
        self._front = self._socket()
        self._selector.register(self._front, selectors.EVENT_READ, self._from_client)
        self.port = self._front.getsockname()[1]
        self._stopping = False
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stopping = True
        self._thread.join(5)
        for key in list(self._selector.get_map().values()):
            key.fileobj.close()
        self._selector.close()

    @staticmethod
    def _socket():
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.bind(("127.0.0.1", 0))
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        return made

    def _run(self):
        while not self._stopping:
            wait = min(0.05, max(0.0, self._waiting[0][0] - time.monotonic())) if self._waiting else 0.05
            for key, _ in self._selector.select(wait):
                data, source = key.fileobj.recvfrom(65536)
                key.data(key.fileobj, data, source)
            while self._waiting and self._waiting[0][0] <= time.monotonic():
                _, _, through, data, destination = heapq.heappop(self._waiting)
                try:
                    through.sendto(data, destination)
                except OSError:
                    pass  # the other side has gone: the same as lost

    def _send(self, link, through, data, destination):
        self.seen += 1
        if link.cut or self.random.random() < link.loss or len(self._waiting) >= MAX_WAITING:
            self.lost += 1
            return
        self._order += 1
        due = time.monotonic() + link.delay + self.random.random() * link.jitter
        heapq.heappush(self._waiting, (due, self._order, through, data, destination))

    def _from_client(self, _, data, source):
        raise NotImplementedError


class Detour(_Network):
    MAX_CLIENTS = 64

    def __init__(self, server_port, link, seed=1):
        super().__init__(server_port, seed)
        self.link, self._clients = link, {}  # a client's address: the socket that Parley sees in its place

    def _from_client(self, _, data, source):
        through = self._clients.get(source)
        if through is None:
            if len(self._clients) >= self.MAX_CLIENTS:
                return
            through = self._clients[source] = self._socket()
            self._selector.register(through, selectors.EVENT_READ,
                                    lambda _, answer, __: self._send(self.link, self._front, answer, source))
        self._send(self.link, through, data, self.server)


class Relay(_Network):
    def __init__(self, server_port, sip=Link(), media=Link(), seed=1):
        super().__init__(server_port, seed)
        self.sip, self.media = sip, media
        self._calls = {}  # Call-ID: (the media socket that the client knows, the one that the server knows)
        self._destination = {}  # media socket: the socket to send from, and where to
        self._client = None
        self._back = self._socket()
        self._selector.register(self._back, selectors.EVENT_READ, self._from_server)

    def _from_client(self, _, data, source):
        self._client = source
        self._send(self.sip, self._back, self._rewritten(data, by_client=True), self.server)

    def _from_server(self, _, data, source):
        if self._client:
            self._send(self.sip, self._front, self._rewritten(data, by_client=False), self._client)

    def _media(self, through, data, _):
        if destination := self._destination.get(through):
            self._send(self.media, destination[0], data, destination[1])

    def _rewritten(self, data, by_client):
        text = data.decode("latin-1")
        head, _, body = text.partition("\r\n\r\n")
        audio = re.search(r"^m=audio (\d+)", body, re.M)
        call_id = re.search(r"^(?:Call-ID|i):\s*(\S+)", head, re.M | re.I)
        if not audio or not call_id:
            return data
        if call_id[1] not in self._calls:
            pair = self._calls[call_id[1]] = (self._socket(), self._socket())
            for made in pair:
                self._selector.register(made, selectors.EVENT_READ, self._media)
        client_side, server_side = self._calls[call_id[1]]
        target = ("127.0.0.1", int(audio[1]))
        if by_client:  # the server will send there; what it sends goes out as from the port that the client knows
            self._destination[server_side] = (client_side, target)
            shown = server_side
        else:
            self._destination[client_side] = (server_side, target)
            shown = client_side
        body = body[:audio.start(1)] + str(shown.getsockname()[1]) + body[audio.end(1):]
        head = re.sub(r"^(Content-Length|l):\s*\d+", rf"\1: {len(body)}", head, flags=re.M | re.I)
        return f"{head}\r\n\r\n{body}".encode("latin-1")
