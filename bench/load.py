"""Many calls at once, made by sipp."""
import csv
import functools
import pathlib
import shutil
import signal
import tempfile

from harness import LOAD_CORE, Child
import ports
import tracks

HERE = pathlib.Path(__file__).resolve().parent


def scenario(call_seconds, track_count):
    """load.xml with its choice of tracks; without tracks the calls are silent."""
    text = (HERE / "load.xml").read_text()
    tests = "".join(f'<test assign_to="is{n}" variable="number" compare="equal" value="{n}"/>' for n in range(track_count))
    choice = ""
    if track_count:
        choice = ('  <nop><action><assignstr assign_to="track" value="[field0]"/>'
                  f'<todouble assign_to="number" variable="track"/>{tests}</action></nop>\n')
        choice += "".join(f'  <nop test="is{n}" next="play{n}"/>\n' for n in range(track_count))
        choice += "".join(f'  <label id="play{n}"/>\n  <nop next="talk"><action>'
                          f'<exec rtp_stream="{n}.ulaw,-1,0,PCMU/8000"/></action></nop>\n' for n in range(track_count))
    hush = '  <nop><action><exec rtp_stream="pause"/></action></nop>' if track_count else ""
    return (text.replace("@choice@", choice).replace("@hush@", hush)
            .replace("@call_ms@", str(round(call_seconds * 1000))))


class Load:
    """`calls` calls of `seconds`, `at_once` at the same time, begun at `rate` a second; on the load's own core.

    `speaking` gives each a track of speech, else no packet is sent.
    """

    def __init__(self, server, calls, seconds, rate, at_once=None, extension="9199", speaking=True, cores=(LOAD_CORE,),
                 name="load.xml"):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="parley-load-"))
        self.tracks, self.origin = tracks.make(self.folder) if speaking else ([], "no media")
        self.port = ports.port()
        self.media = ports.port()  # sipp sends all its streams from one port
        (self.folder / name).write_text(scenario(seconds, len(self.tracks)) if name == "load.xml" else (HERE / name).read_text())
        (self.folder / "tracks.csv").write_text("SEQUENTIAL\n" + "".join(f"{n};\n" for n in range(len(self.tracks) or 1)))
        self._start(server, name, calls, seconds, rate, at_once or calls, extension, cores)

    def _start(self, server, name, calls, seconds, rate, at_once, extension, cores):
        period_ms = 1000
        while rate != int(rate) and period_ms < 1_000_000:  # sipp takes whole calls per period
            rate, period_ms = rate * 10, period_ms * 10
        expected = calls / (rate * 1000 / period_ms) + seconds
        command = ["taskset", "-c", ",".join(map(str, cores)),
                   "sipp", f"127.0.0.1:{server.sip_port}", "-sf", self.folder / name, "-s", extension,
                   "-i", "127.0.0.1", "-mi", "127.0.0.1", "-p", self.port, "-mp", self.media,
                   "-m", calls, "-l", at_once, "-r", int(rate), "-rp", period_ms, "-inf", self.folder / "tracks.csv",
                   "-nostdin", "-timeout", int(1.5 * expected + 60), "-timeout_error",
                   "-trace_err", "-error_file", self.folder / "errors.log",
                   "-trace_logs", "-log_file", self.folder / "ports.log", "-trace_stat", "-stf", self.folder / "stat.csv", "-fd", 1]
        self.child = Child(command, self.folder / "screen.log", folder=self.folder)

    def figures(self):
        """sipp's own counters of the moment, to about a second."""
        try:
            rows = list(csv.DictReader(open(self.folder / "stat.csv"), delimiter=";"))
        except OSError:
            return {}
        return rows[-1] if rows else {}

    @functools.cache
    def ports_by_call(self):
        """Where each call was told to send, by sipp's number of it; once the calls are over."""
        return {int(number): int(port) for number, port in map(str.split, open(self.folder / "ports.log"))}

    def count(self, name):
        return int(self.figures().get(name) or 0)

    def wait(self, timeout):
        """Its exit code: 0 when no call failed."""
        return self.child.wait(timeout)

    def errors(self):
        path = self.folder / "errors.log"
        lines = path.read_text(errors="replace").splitlines()[1:2] if path.exists() else [self.child.log[-500:]]
        return lines[0][:300] if lines else "no error was written"

    def close(self):
        if self.child.alive():
            self.child.process.send_signal(signal.SIGKILL)
            self.child.process.wait(5)
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
