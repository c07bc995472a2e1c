"""From the start of the program to its readiness."""
import shutil
import socket
import time

from harness import ROOT, Server, percentile


def _ready(port):
    """Asked over a plain socket: an HTTP library's own time would be part of the figure."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            connection.sendall(b"GET /ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            return connection.recv(64).split(b" ")[1:2] == [b"200"]
    except OSError:
        return False


def _once(models):
    server = Server(cores=(0, 1), workers=2, models=models)
    began = time.monotonic()
    server.launch()
    try:
        while not _ready(server.http_port):
            if not server.child.alive() or time.monotonic() - began > 30:
                raise AssertionError(f"the program does not get ready:\n{server.log[-2000:]}")
            time.sleep(0.001)
        return 1000 * (time.monotonic() - began)
    finally:
        server.child.kill()  # it would first finish what it renders ahead; nothing of it is kept
        shutil.rmtree(server.folder, ignore_errors=True)


def run(options):
    rows, count = [], max(3, options.trials // 3)
    for name, models in (("without", ROOT / "build" / "no-such-models"), ("with", None)):
        times = [_once(models) for _ in range(count)]
        print(f"  {name} models: {', '.join(f'{t:.0f}' for t in times)} ms", flush=True)
        rows.append((f"start to ready, {name} speech models", f"{percentile(times, 0.5):.0f} ms",
                     "300 ms" if name == "without" else "", f"median of {count} starts, slowest {max(times):.0f} ms; an empty data folder"))
    return rows
