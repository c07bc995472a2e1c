"""baresip as a telephone: a folder of its own, microphone from a WAV file, driven over its control port."""
import json
import pathlib
import queue
import re
import shutil
import socket
import tempfile
import threading

import ports
import sound
from processes import Child, wait_until

MODULES = "/usr/lib/baresip/modules"
CODECS = {"pcmu": 8000, "pcma": 8000, "g722/16000/1": 16000, "opus/48000/2": 48000}


class Baresip:
    """`heard()` is what it received, once the call has ended.

    `certificate` is a PEM file with certificate and key, and makes it speak TLS, on the port after its own.
    """

    def __init__(self, microphone, codec="pcmu", user="alice", account=None, answer="auto", certificate=None,
                 mediaenc=None, mux=False):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="parley-baresip-"))
        self.port, self.control_port = ports.port(), ports.port()
        self.user = user
        rtp = ports.block()
        (self.folder / "rec").mkdir()
        (self.folder / "contacts").write_text("")
        # The end of the file would hang up: it goes on in silence.
        padded = microphone.resampled(CODECS[codec]) + sound.silence(120, CODECS[codec])
        padded.save(self.folder / "mic.wav")
        account = account or f"<sip:{user}@127.0.0.1:{self.port}>;regint=0"
        protection = f";mediaenc={mediaenc}" if mediaenc else ""
        (self.folder / "accounts").write_text(f"{account}{protection};answermode={answer};audio_codecs={codec}\n")
        modules = ["srtp.so", "dtls_srtp.so", "g711.so", "g722.so", "opus.so", "sndfile.so", "aufile.so", "aubridge.so"]
        (self.folder / "config").write_text("\n".join([
            f"sip_listen 127.0.0.1:{self.port}", "net_interface 127.0.0.1",
            f"audio_source aufile,{self.folder}/mic.wav", "audio_player aubridge,x", "audio_alert aubridge,x",
            "ausrc_channels 1", "auplay_channels 1", f"rtp_ports {rtp[0]}-{rtp[-1]}",
            f"module_path {MODULES}", *(f"module {name}" for name in modules),
            "module_tmp account.so", "module_app menu.so", "module_app ctrl_tcp.so",
            f"ctrl_tcp_listen 127.0.0.1:{self.control_port}", f"snd_path {self.folder}/rec",
            f"rtcp_mux {'yes' if mux else 'no'}", "statmode_default off",
            *([f"sip_certificate {certificate}"] if certificate else []), ""]))
        self.child = None
        self.events = []
        self._responses = queue.SimpleQueue()

    def __enter__(self):
        self.child = Child(["baresip", "-f", self.folder, "-t", 170], self.folder / "baresip.log", folder=self.folder)
        try:
            self.control = wait_until(self._connect, "baresip's control port", 10)
        except AssertionError:
            self.child.stop()
            raise
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def __exit__(self, kind, *_):
        if kind is not None:
            print(f"baresip's log:\n{self.child.log[-3000:]}")
        self.control.close()
        self.child.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _connect(self):
        try:
            return socket.create_connection(("127.0.0.1", self.control_port), timeout=1)
        except OSError:
            return None

    def _read(self):
        self.control.settimeout(None)
        buffer = b""
        try:
            while data := self.control.recv(65536):
                buffer += data
                while b":" in buffer:
                    length, rest = buffer.split(b":", 1)
                    if len(rest) < int(length) + 1:
                        break
                    message = json.loads(rest[:int(length)])
                    buffer = rest[int(length) + 1:]
                    if message.get("event"):
                        self.events.append(message)
                    else:
                        self._responses.put(message)
        except (OSError, ValueError):
            return  # closed: the test is over, or the next command fails by its deadline

    def command(self, name, params=""):
        text = json.dumps({"command": name, "params": params, "token": "t"}).encode()
        self.control.sendall(f"{len(text)}:".encode() + text + b",")
        answer = self._responses.get(timeout=5)
        assert answer.get("ok"), f"baresip refused {name}: {answer}"
        return answer.get("data")

    def has(self, event):
        return next((e for e in self.events if e["type"] == event), None)

    def wait_event(self, event, timeout=10):
        try:
            return wait_until(lambda: self.has(event), f"baresip's {event}", timeout)
        except AssertionError as error:
            raise AssertionError(f"{error}; events {[e['type'] for e in self.events]}\n{self.child.log[-2000:]}") from None

    def wait_registered(self):
        # The event may come before the control connection; the line in the log stays.
        wait_until(lambda: re.search(r"200 OK .*binding", self.child.log), "baresip is registered")

    def dial(self, uri, timeout=10):
        """Calls, and waits for the answer."""
        self.command("dial", uri)
        self.wait_event("CALL_ESTABLISHED", timeout)
        return self

    def hang_up(self):
        self.command("hangup")
        self.wait_event("CALL_CLOSED")

    def _recording(self, kind):
        def found():
            files = sorted((self.folder / "rec").glob(f"dump-*-{kind}.wav"))
            return files[-1] if files else None
        return sound.channels(wait_until(found, f"baresip's recording of what it {kind}oded", 5))[0]

    def heard(self):
        return self._recording("dec")

    def sent(self):
        return self._recording("enc")
