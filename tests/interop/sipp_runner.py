"""sipp with a scenario of tests/interop/sipp."""
import pathlib
import shutil
import tempfile

import ports
from processes import Child, listens, wait_until

SCENARIOS = pathlib.Path(__file__).resolve().parent / "sipp"


class Sipp:
    """One run of a scenario; `check()` waits for its end and fails with its error file.

    `service` is the user part that is called; `arguments` are sipp's own, `keys` become
    [keywords], `audio` is the scenario's speech.ulaw.
    """

    def __init__(self, scenario, remote_port, service="9196", calls=1, timeout=20, arguments=(), keys=None, audio=None):
        self.scenario, self.timeout = scenario, timeout
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="parley-sipp-"))
        self.port, self.media_port = ports.port(), ports.port()
        if audio:
            audio.save_ulaw(self.folder / "speech.ulaw")
        key_arguments = [word for name, value in (keys or {}).items() for word in ("-key", name, value)]
        command = ["sipp", f"127.0.0.1:{remote_port}", "-sf", SCENARIOS / f"{scenario}.xml", "-s", service,
                   "-i", "127.0.0.1", "-mi", "127.0.0.1", "-p", self.port, "-mp", self.media_port,
                   "-m", calls, "-nostdin", "-timeout", timeout, "-timeout_error",
                   "-trace_err", "-error_file", self.folder / "errors.log",
                   "-trace_msg", "-message_file", self.folder / "messages.log", *key_arguments, *arguments]
        self.child = Child(command, self.folder / "screen.log", folder=self.folder)

    def messages(self):
        path = self.folder / "messages.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def wait_listening(self):
        """For scenarios that are called: until its UDP port is bound."""
        wait_until(lambda: listens(self.port), "sipp listens")
        return self

    def check(self):
        code = self.child.wait(self.timeout + 10)
        errors = self.folder / "errors.log"
        text = errors.read_text(errors="replace") if errors.exists() else self.child.log[-1000:]
        messages = self.messages()
        shutil.rmtree(self.folder, ignore_errors=True)
        if code != 0:
            raise AssertionError(f"sipp {self.scenario} ended with {code}:\n{text[:3000]}\n{messages[-4000:]}")
        return messages

    def stop(self):
        self.child.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def run(scenario, remote_port, **options):
    return Sipp(scenario, remote_port, **options).check()
