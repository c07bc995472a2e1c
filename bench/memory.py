"""What a call costs in resident memory."""
import time

from harness import Server
from load import Load

WARM_UP = 10


def _per_call(count, rate, speaking, settle):
    """Bytes for each of `count` calls more; the program has carried a few calls before."""
    with Server(count + WARM_UP) as server:
        with Load(server, WARM_UP, 1, 10, speaking=speaking) as load:
            load.wait(60)
        server.wait_idle()
        before = server.rss()
        with Load(server, count, count / rate + settle + 10, rate, speaking=speaking) as load:
            time.sleep(count / rate + settle)
            active = server.metrics()["parley_worker_calls"]
            during = server.rss()
            if active != count:
                raise AssertionError(f"{active:.0f} of {count} calls were up: {load.errors()}")
            load.wait(count / rate + settle + 60)
        server.wait_idle(40)
        return (during - before) / count, before, server.rss()


def run(options):
    count, rows = options.calls, []
    for name, speaking, settle in (("idle", False, 4), ("active", True, 15)):
        each, before, after = _per_call(count, min(options.rate, 50), speaking, settle)
        print(f"  {name}: {each / 1000:.0f} KB a call; {before / 1e6:.1f} MB before, {after / 1e6:.1f} MB after", flush=True)
        rows.append((f"memory of an {name} call", f"{each / 1000:.0f} KB", "400 KB",
                     f"resident, {count} calls to 9199 less none; " + ("speech, recorded" if speaking else "answered, no packets")))
    return rows
