"""Hand-written SIP over a connection: TCP, TLS, WebSocket or secure WebSocket, one like the other."""
import base64
import os
import re
import secrets
import socket
import ssl
import struct

from sip_client import Response


def unverified():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


class StreamClient:
    """A telephone behind one connection, that nobody could open from outside: its host is `.invalid`."""

    def __init__(self, transport, port, upgrade_headers=("Sec-WebSocket-Protocol: sip",)):
        self.transport, self.host = transport, f"{secrets.token_hex(6)}.invalid"
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self._buffer = b""
        if transport in ("tls", "wss"):
            self.socket = unverified().wrap_socket(self.socket)
        if transport in ("ws", "wss"):
            self.upgraded = self._upgrade(port, upgrade_headers)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def _upgrade(self, port, headers):
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall("\r\n".join([
            "GET /sip HTTP/1.1", f"Host: 127.0.0.1:{port}", "Connection: Upgrade", "Upgrade: websocket",
            "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {key}", *headers, "", ""]).encode())
        return int(self._until(b"\r\n\r\n").split(b" ", 2)[1])

    def _more(self):
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError("closed")
        self._buffer += data

    def _take(self, count):
        while len(self._buffer) < count:
            self._more()
        taken, self._buffer = self._buffer[:count], self._buffer[count:]
        return taken

    def _until(self, end):
        while end not in self._buffer:
            self._more()
        return self._take(self._buffer.index(end) + len(end))

    def send(self, text, opcode=1):
        data = text if isinstance(text, bytes) else text.encode()
        if self.transport in ("ws", "wss"):
            mask = os.urandom(4)
            size = len(data)
            length = (bytes([0x80 | size]) if size < 126 else bytes([0xFE]) + struct.pack(">H", size) if size < 65536
                      else bytes([0xFF]) + struct.pack(">Q", size))
            data = bytes([0x80 | opcode]) + length + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(data))
        self.socket.sendall(data)

    def frame(self):
        """The next WebSocket frame: opcode and payload."""
        first, size = self._take(2)
        if size == 126:
            size = struct.unpack(">H", self._take(2))[0]
        elif size == 127:
            size = struct.unpack(">Q", self._take(8))[0]
        return first & 0x0F, self._take(size)

    def receive(self, timeout=10):
        """The next message."""
        self.socket.settimeout(timeout)
        if self.transport in ("ws", "wss"):
            while True:
                opcode, payload = self.frame()
                if opcode == 9:
                    self.send(payload, opcode=10)
                elif opcode in (1, 2):
                    return payload.decode()
                elif opcode == 8:
                    raise ConnectionError(f"closed with {struct.unpack('>H', payload[:2])[0]}")
        head = self._until(b"\r\n\r\n").decode()
        length = int(re.search(r"^Content-Length:\s*(\d+)", head, re.M | re.I)[1])
        return head + self._take(length).decode()

    def final(self):
        while True:
            text = self.receive()
            if text.startswith("SIP/2.0 ") and int(text.split(" ", 2)[1]) >= 200:
                return Response(text)

    def is_closed(self, timeout=15):
        self.socket.settimeout(timeout)
        try:
            while self.socket.recv(65536):
                pass
            return True
        except TimeoutError:
            return False
        except OSError:
            return True

    def request(self, method, extension, call_id, cseq=1, to_tag=None, body="", headers=(), branch=None):
        uri = f"sip:{extension}@127.0.0.1"
        lines = [f"{method} {uri} SIP/2.0",
                 f"Via: SIP/2.0/{self.transport.upper()} {self.host};branch={branch or 'z9hG4bK' + secrets.token_hex(8)}",
                 "Max-Forwards: 70", f"From: <sip:tester@{self.host}>;tag=ft",
                 f"To: <{uri}>" + (f";tag={to_tag}" if to_tag else ""), f"Call-ID: {call_id}", f"CSeq: {cseq} {method}",
                 f"Contact: <sip:tester@{self.host};transport={self.transport};ob>", *headers]
        if body:
            lines.append("Content-Type: application/sdp")
        return "\r\n".join([*lines, f"Content-Length: {len(body)}"]) + "\r\n\r\n" + body

    def reply(self, request, status="200 OK"):
        kept = [line for line in request.partition("\r\n\r\n")[0].split("\r\n")[1:]
                if line.split(":")[0] in ("Via", "From", "To", "Call-ID", "CSeq")]
        self.send("\r\n".join([f"SIP/2.0 {status}", *kept, "Content-Length: 0", "", ""]))
