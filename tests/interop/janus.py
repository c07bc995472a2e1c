"""Janus as an ICE-lite peer: its audio bridge offers, and mixes us with a participant of plain RTP."""
import itertools
import json
import pathlib
import shutil
import tempfile
import time
import urllib.error
import urllib.request

import ports
from processes import Child, wait_until

# The room mixes at 8 kHz: Janus converts PCMU to a higher rate without filters, and what the images become on the way
# back depends on whether the delay is an even number of samples.
MODULES = "/usr/lib/x86_64-linux-gnu/janus"
ROOM = 1

FILES = {
    "janus.jcfg": """
general: {{
  configs_folder = "{folder}", plugins_folder = "{folder}/plugins", transports_folder = "{folder}/transports",
  server_name = "test", session_timeout = 0, debug_level = 4
}}
nat: {{ ice_lite = true, ice_enforce_list = "{address}" }}
""",
    "janus.transport.http.jcfg": """
general: {{ base_path = "/janus", http = true, ip = "127.0.0.1", port = {port}, https = false }}
admin: {{ admin_http = false }}
""",
    "janus.plugin.audiobridge.jcfg": """
general: {{ local_ip = "127.0.0.1", rtp_port_range = "{first}-{last}" }}
room-1: {{ description = "test", sampling_rate = 8000, allow_rtp_participants = true, default_prebuffering = 3 }}
""",
}


class Janus:
    """`with Janus(address) as janus:`; `address` is where it takes ICE: not loopback, which it refuses."""

    def __init__(self, address):
        self.address = address

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="parley-janus-"))
        self.port, rtp = ports.port(), ports.block()
        for kind, name in (("plugins", "libjanus_audiobridge.so"), ("transports", "libjanus_http.so")):
            (self.folder / kind).mkdir()
            (self.folder / kind / name).symlink_to(f"{MODULES}/{kind}/{name}")
        for name, text in FILES.items():
            (self.folder / name).write_text(text.format(folder=self.folder, address=self.address, port=self.port,
                                                        first=rtp[0], last=rtp[-1]))
        self.child = Child(["janus", "-F", self.folder], self.folder / "janus.log", folder=self.folder)
        try:
            wait_until(self._answers, "Janus answers", 15)
        except AssertionError:
            print(f"Janus' log:\n{self.child.log[-3000:]}")
            self.child.stop()
            raise
        return self

    def __exit__(self, kind, *_):
        if kind is not None:
            print(f"Janus' log:\n{self.child.log[-3000:]}")
        self.child.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _answers(self):
        try:
            return self.request("GET", "/info", timeout=2)["janus"] == "server_info"
        except (urllib.error.URLError, OSError):
            return False

    def request(self, method, path, body=None, timeout=10):
        data = None if body is None else json.dumps({"transaction": "test", **body}).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/janus{path}", data, method=method,
                                         headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return json.load(answer)


class Participant:
    """One handle of the audio bridge, in a session of its own."""

    def __init__(self, janus):
        self.janus = janus
        self.session = janus.request("POST", "", {"janus": "create"})["data"]["id"]
        self.handle = janus.request("POST", f"/{self.session}",
                                    {"janus": "attach", "plugin": "janus.plugin.audiobridge"})["data"]["id"]

    def message(self, body, jsep=None):
        said = self.janus.request("POST", f"/{self.session}/{self.handle}",
                                  {"janus": "message", "body": body, **({"jsep": jsep} if jsep else {})})
        assert said["janus"] in ("ack", "success"), said

    def event(self, wanted, what, timeout=10):
        """The first event that `wanted` accepts; what came before it is dropped."""
        deadline = time.monotonic() + timeout
        for _ in itertools.takewhile(lambda _: time.monotonic() < deadline, itertools.count()):
            said = self.janus.request("GET", f"/{self.session}?maxev=1", timeout=35)
            said = said[0] if isinstance(said, list) and said else said
            if isinstance(said, dict) and wanted(said):
                return said
        raise AssertionError(f"Janus: no {what} within {timeout} s")

    def offer(self):
        """Joins the room; Janus' offer."""
        self.message({"request": "join", "room": ROOM, "display": "parley", "generate_offer": True})
        return self.event(lambda said: "jsep" in said, "offer")["jsep"]["sdp"]

    def restart(self):
        """Joined already: an offer with new ICE credentials."""
        self.message({"request": "configure", "generate_offer": True, "restart": True})
        return self.event(lambda said: "jsep" in said, "new offer")["jsep"]["sdp"]

    def answer(self, sdp):
        self.message({"request": "configure", "muted": False}, {"type": "answer", "sdp": sdp})
        return self.event(lambda said: said["janus"] == "webrtcup", "connection")

    def join_by_rtp(self, port):
        """A participant of plain RTP, PCMU, which hears at `port`: where to send."""
        self.message({"request": "join", "room": ROOM, "display": "phone", "codec": "pcmu",
                      "rtp": {"ip": "127.0.0.1", "port": port, "payload_type": 0}})
        joined = self.event(lambda said: "rtp" in said.get("plugindata", {}).get("data", {}), "place for plain RTP")
        rtp = joined["plugindata"]["data"]["rtp"]
        return rtp["ip"], rtp["port"]

    def hang_up(self):
        self.janus.request("POST", f"/{self.session}/{self.handle}", {"janus": "hangup"})
