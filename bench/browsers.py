"""Many browser-like calls at once, made by webrtc_load."""
import json
import pathlib
import shutil
import tempfile

from harness import BUILD, LOAD_CORE, Child
import sound
import tracks

PROGRAM = BUILD / "bench" / "webrtc_load"
RATE = 16000


class Browsers:
    """`calls` calls of `seconds`, begun at `rate` a second, on the load's own core. Extensions are taken in turn.

    `reports()` has an object for each call; `tracks` is what each says, as a decoder hears it.
    """

    def __init__(self, server, calls, seconds=10, rate=10, extensions=("9199",), at_once=0, until_audible=False,
                 through=None, spoken=None, cores=(LOAD_CORE,)):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="parley-browsers-"))
        sounds, self.origin = (spoken, "given") if spoken else tracks.loops(rate=RATE)
        command = ["taskset", "-c", ",".join(map(str, cores)), PROGRAM, f"http://127.0.0.1:{server.http_port}",
                   "--report", self.folder / "report.json", "--decoded", self.folder, "--calls", calls,
                   "--seconds", seconds, "--rate", rate, "--at-once", at_once]
        for number, said in enumerate(sounds):
            command += ["--track", said.save(self.folder / f"said-{number}.wav")]
        for extension in extensions:
            command += ["--to", extension]
        command += ["--until-audible"] if until_audible else []
        command += ["--through", through] if through else []
        self.count = len(sounds)
        self.child = Child(command, self.folder / "load.log", folder=self.folder)

    def wait(self, timeout):
        """Its exit code: 0 when every call went as planned."""
        return self.child.wait(timeout)

    def reports(self):
        path = self.folder / "report.json"
        if not path.exists():
            raise RuntimeError(f"the load left no report: {self.child.log[-500:]}")
        return json.loads(path.read_text())

    @property
    def tracks(self):
        return [sound.channels(self.folder / f"{number}.wav")[0] for number in range(self.count)]

    def close(self):
        if self.child.alive():
            self.child.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
