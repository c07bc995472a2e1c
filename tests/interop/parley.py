"""One Parley under test: a folder, a configuration and ports of its own."""
import json
import os
import pathlib
import shutil
import ssl
import tempfile
import urllib.error
import urllib.request

import ports
from api import Api
from processes import Child, wait_until

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("PARLEY_BUILD", ROOT / "build" / "release"))
BINARY = BUILD / "parley"


class Parley:
    """`with Parley() as parley:` starts it, waits until it is ready, and ends it.

    `config` replaces top-level keys of the configuration, `sip` adds to that key; `models` names another folder of speech
    models.
    """

    def __init__(self, config=None, models=None, sip=None):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="parley-interop-"))
        self.sip_port, self.http_port = ports.port(), ports.port()
        rtp = ports.block()
        self.data = self.folder / "data"
        self.config = {
            "workers": 2,
            "http": {"listen": f"127.0.0.1:{self.http_port}"},
            "sip": {"listen": [f"udp:127.0.0.1:{self.sip_port}", f"tcp:127.0.0.1:{self.sip_port}"],
                    "rtp_ports": f"{rtp[0]}-{rtp[-1]}", **(sip or {})},
            "webrtc": {"udp_port": ports.port()},
            "data": str(self.data),
            "drain": "0s",
            **(config or {}),
        }
        self.models = models or ROOT / "build" / "models"
        self.child = None

    @property
    def tls(self):
        """To be used towards HTTPS, when it is configured: its certificate is self-signed."""
        return ssl._create_unverified_context() if self.config["http"].get("tls") else None

    @property
    def url(self):
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.http_port}"

    def uri(self, extension, port=None):
        return f"sip:{extension}@127.0.0.1:{port or self.sip_port}"

    def write_config(self):
        path = self.folder / "parley.yaml"
        path.write_text(json.dumps(self.config, indent=1))  # YAML has all of JSON
        return path

    def launch(self):
        """Starts the program without waiting for it."""
        environment = {k: v for k, v in os.environ.items() if not k.endswith("_API_KEY") and k != "PORT"}
        environment["PARLEY_MODELS"] = str(self.models)
        self.child = Child([BINARY, "--config", self.write_config()], self.folder / "parley.log",
                           environment, self.folder)
        return self.child

    def start(self, timeout=20):
        self.launch()
        try:
            wait_until(self._ready, "parley is ready", timeout)
        except AssertionError as error:
            self.child.stop()
            raise AssertionError(f"{error}\n{self.log[-5000:]}") from None
        self.api = Api(self.url, (self.data / "admin-token").read_text().strip(), self.tls)
        return self

    def _ready(self):
        if not self.child.alive():
            raise AssertionError(f"parley ended with {self.child.process.returncode}")
        try:
            with urllib.request.urlopen(f"{self.url}/ready", timeout=2, context=self.tls) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    @property
    def log(self):
        return self.child.log if self.child else ""

    def stop(self):
        """Ends it; a Parley that crashed, or does not end, is a failure of its own.

        A model that is being loaded is loaded to its end: on a busy machine that takes a while.
        """
        if self.child is None:
            return
        code = self.child.stop(grace=40)
        log = self.log
        self.child = None
        shutil.rmtree(self.folder, ignore_errors=True)
        if code != 0:
            raise AssertionError(f"parley ended with {code}:\n{log[-5000:]}")

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, *_):
        if kind is not None:
            print(f"parley's log:\n{self.log[-5000:]}")
        self.stop()
