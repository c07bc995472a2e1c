"""What every measurement stands on: a Parley on chosen cores, its metrics, and what the kernel says about it."""
import os
import pathlib
import re
import sys
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "interop"))

import ports  # noqa: E402
from parley import BINARY, BUILD, Parley  # noqa: E402
from processes import Child, TimedOut, wait_until  # noqa: E402

PARLEY_CORE, LOAD_CORE = 0, 1


_spans = []  # the blocks of servers that have ended: they belong to this process until its end


def port_span(count):
    """That many ports in a row that no other run uses: neighbouring blocks."""
    if kept := next((span for span in _spans if len(span) >= count), None):
        _spans.remove(kept)
        return kept
    span = ports.block()
    while len(span) < count:
        more = ports.block()
        span = range(span.start, more.stop) if more.start == span.stop else more
    return span


class Server(Parley):
    """Parley with room for `calls`; pinned to one core with one worker unless `cores` says otherwise."""

    def __init__(self, calls=100, cores=(PARLEY_CORE,), workers=1, config=None, models=None):
        self.rtp = rtp = port_span(max(500, 2 * calls + 200))  # some ports are always still closing
        super().__init__({"workers": workers, "calls": {"max": calls + 100}, "log": {"level": "warn"}, **(config or {})},
                         models)
        self.config["sip"]["rtp_ports"] = f"{rtp[0]}-{rtp[-1]}"
        self.cores = cores

    def launch(self):
        # The program sizes its pools by the cores it may use, so they are chosen before it starts.
        everything = os.sched_getaffinity(0)
        wanted = everything & set(self.cores)
        os.sched_setaffinity(0, wanted or everything)
        try:
            return super().launch()
        finally:
            os.sched_setaffinity(0, everything)

    def stop(self):
        super().stop()
        _spans.append(self.rtp)

    @property
    def pid(self):
        return self.child.process.pid

    def metrics(self):
        """Samples summed over their labels, by name."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.http_port}/metrics")
        request.add_header("Authorization", f"Bearer {self.api.token}")
        with urllib.request.urlopen(request, timeout=10) as answer:
            text = answer.read().decode()
        sums = {}
        for name, value in re.findall(r"^(\w+)(?:\{[^}]*\})? (\S+)", text, re.M):
            sums[name] = sums.get(name, 0.0) + float(value)
        return sums

    def rss(self):
        """Resident bytes."""
        with open(f"/proc/{self.pid}/statm") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def cpu_seconds(self):
        """Of all its threads, by name and in sum (under '')."""
        used = {"": 0.0}
        for task in pathlib.Path(f"/proc/{self.pid}/task").iterdir():
            try:
                name = (task / "comm").read_text().strip()
                seconds = int((task / "schedstat").read_text().split()[0]) / 1e9
            except OSError:
                continue  # ended meanwhile
            used[name] = used.get(name, 0.0) + seconds
            used[""] += seconds
        return used

    def settle(self, timeout=40):
        """Until what follows the start (models loaded, phrases rendered ahead) is done: it is not what is measured.

        That work has a low priority, so on a busy machine it is seen by threads that want to run, not by time used.
        """
        def quiet():
            for _ in range(10):
                time.sleep(0.05)
                if any(state == "R" for name, state in self._threads() if name.startswith("speech")):
                    return False
            return True
        try:
            wait_until(quiet, "the program is at rest", timeout, 0)
        except TimedOut as error:
            print(f"  {error}: the machine is too busy for good figures", flush=True)
        return self

    def _threads(self):
        for task in pathlib.Path(f"/proc/{self.pid}/task").iterdir():
            try:
                name, _, rest = (task / "stat").read_text().partition("(")[2].rpartition(")")
            except OSError:
                continue  # ended meanwhile
            yield name, rest.split()[0]

    def start(self, timeout=20):
        return super().start(timeout).settle()

    def wait_idle(self, timeout=20):
        wait_until(lambda: self.metrics()["parley_calls_active"] == 0, "no call is left", timeout, 0.2)

    def ended_calls(self):
        """All calls that are stored."""
        found, cursor = [], None
        while True:
            page = self.api.get("/api/v1/calls?limit=500" + (f"&cursor={cursor}" if cursor else ""))
            found += page["calls"]
            cursor = page["next_cursor"]
            if not cursor:
                return found


def table(rows):
    """Markdown rows of (name, figure, bar, remark), as docs/performance.md has them."""
    lines = ["| what | measured | bar | how |", "| --- | --- | --- | --- |"]
    return "\n".join(lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows])


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
