"""coturn on loopback: a TURN server that takes clients over TCP only, with credentials that end (its REST scheme)."""
import pathlib
import shutil
import tempfile

import ports
from processes import Child, connects, wait_until

CONFIGURATION = """
listening-ip=127.0.0.1
relay-ip=127.0.0.1
listening-port={port}
min-port={first}
max-port={last}
no-udp
no-tls
no-dtls
no-cli
allow-loopback-peers
use-auth-secret
static-auth-secret={secret}
realm=example.test
log-file=stdout
userdb={folder}/turndb
pidfile={folder}/turn.pid
"""


class Coturn:
    secret = "north-wind"

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="parley-coturn-"))
        self.port, relayed = ports.port(), ports.block()
        path = self.folder / "turn.conf"
        path.write_text(CONFIGURATION.format(port=self.port, first=relayed[0], last=relayed[-1], secret=self.secret,
                                             folder=self.folder))
        self.child = Child(["turnserver", "-c", path], self.folder / "coturn.log", folder=self.folder)
        wait_until(lambda: connects(self.port), "coturn listens", 15)
        return self

    def __exit__(self, kind, *_):
        if kind is not None:
            print(f"coturn's log:\n{self.child.log[-3000:]}")
        self.child.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def ice_servers(self):
        """As Parley's configuration wants them."""
        return [{"urls": [f"turn:127.0.0.1:{self.port}?transport=tcp"], "secret": self.secret}]
