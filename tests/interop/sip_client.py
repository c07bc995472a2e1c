"""Hand-written SIP over a UDP socket, for messages that no well-behaved client sends."""
import hashlib
import re
import secrets
import socket
import time

SDP = ("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
       "m=audio {port} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n")


class Response:
    def __init__(self, text):
        self.text = text
        self.status = int(text.split(" ", 2)[1])
        self.reason = text.split("\r\n", 1)[0].split(" ", 2)[2]

    def header(self, name):
        values = self.headers(name)
        return values[0] if values else None

    def headers(self, name):
        return re.findall(rf"^{re.escape(name)}:\s*(.*?)\s*$", self.text.partition("\r\n\r\n")[0], re.M | re.I)


class SipClient:
    def __init__(self, server_port):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.connect(("127.0.0.1", server_port))
        self.port, self.server_port = self.socket.getsockname()[1], server_port

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def request(self, method, extension, user="tester", headers=(), body="", branch=None, call_id=None, to_tag=None,
                cseq=1, from_tag="ft"):
        uri = f"sip:{extension}@127.0.0.1:{self.server_port}" if extension else f"sip:127.0.0.1:{self.server_port}"
        lines = [f"{method} {uri} SIP/2.0",
                 f"Via: SIP/2.0/UDP 127.0.0.1:{self.port};rport;branch={branch or 'z9hG4bK' + secrets.token_hex(8)}",
                 "Max-Forwards: 70",
                 f"From: <sip:{user}@127.0.0.1>;tag={from_tag}",
                 f"To: <{uri}>" + (f";tag={to_tag}" if to_tag else ""),
                 f"Call-ID: {call_id or secrets.token_hex(8)}",
                 f"CSeq: {cseq} {method}",
                 f"Contact: <sip:{user}@127.0.0.1:{self.port}>",
                 *headers]
        if body:
            lines.append("Content-Type: application/sdp")
        lines.append(f"Content-Length: {len(body)}")
        return "\r\n".join(lines) + "\r\n\r\n" + body

    def send(self, text):
        self.socket.send(text if isinstance(text, bytes) else text.encode())

    def receive(self, timeout=3):
        """The next message as text; nothing when none comes."""
        self.socket.settimeout(max(0.001, timeout))
        try:
            return self.socket.recv(65536).decode(errors="replace")
        except (TimeoutError, ConnectionRefusedError):
            return None

    def final(self, timeout=5, cseq=None):
        """The next final response (to that CSeq, when it is given)."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            text = self.receive(deadline - time.monotonic())
            if text and text.startswith("SIP/2.0 ") and int(text.split(" ", 2)[1]) >= 200:
                response = Response(text)
                if cseq is None or response.header("CSeq") == cseq:
                    return response
        raise AssertionError(f"no final response within {timeout} s")

    def ask(self, method, extension, **options):
        """Sends one request and returns its final response, acknowledged where it must be."""
        branch = "z9hG4bK" + secrets.token_hex(8)
        call_id = options.pop("call_id", None) or secrets.token_hex(8)
        cseq = options.get("cseq", 1)
        self.send(self.request(method, extension, branch=branch, call_id=call_id, **options))
        response = self.final(cseq=f"{cseq} {method}")
        if method == "INVITE":
            tag = re.search(r";tag=([^;\s>]+)", response.header("To"))
            to_tag = tag[1] if tag else None
            ok = response.status < 300
            self.send(self.request("ACK", extension, branch=None if ok else branch, call_id=call_id, to_tag=to_tag, cseq=cseq))
            if ok:
                self.send(self.request("BYE", extension, call_id=call_id, to_tag=to_tag, cseq=cseq + 1))
                self.final(cseq=f"{cseq + 1} BYE")
        return response


def authorization(challenge, user, password, method, uri):
    """The answer to one WWW-Authenticate value, MD5 or SHA-256, qop=auth."""
    field = {name: value.strip('"') for name, value in re.findall(r'(\w+)=("[^"]*"|[^,\s]+)', challenge)}
    algorithm = field.get("algorithm", "MD5")
    digest = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}[algorithm]

    def hashed(text):
        return digest(text.encode()).hexdigest()
    cnonce = secrets.token_hex(8)
    ha1, ha2 = hashed(f"{user}:{field['realm']}:{password}"), hashed(f"{method}:{uri}")
    response = hashed(f"{ha1}:{field['nonce']}:00000001:{cnonce}:auth:{ha2}")
    opaque = f', opaque="{field["opaque"]}"' if "opaque" in field else ""
    return (f'Authorization: Digest username="{user}", realm="{field["realm"]}", nonce="{field["nonce"]}", uri="{uri}", '
            f'algorithm={algorithm}, qop=auth, nc=00000001, cnonce="{cnonce}", response="{response}"{opaque}')
