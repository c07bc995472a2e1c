#!/usr/bin/env python3
"""./dev bench [NAME…]: measures, and prints rows for docs/performance.md."""
import argparse
import importlib
import os
import pathlib
import platform
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from harness import BINARY, table  # noqa: E402

MEASUREMENTS = {  # name: (module, function)
    "frame": ("frame", "run"),
    "dtls": ("frame", "handshakes"),
    "start": ("start", "run"),
    "memory": ("memory", "run"),
    "setups": ("setups", "run"),
    "bargein": ("conversation", "barge_in"),
    "response": ("conversation", "response"),
    "press": ("press", "run"),
    "calls": ("capacity", "run"),
    "browsers": ("capacity", "browsers"),
}


def arguments():
    parser = argparse.ArgumentParser(prog="./dev bench", description="Measures; without names, everything (about half an hour).")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(MEASUREMENTS))
    parser.add_argument("--calls", type=int, default=300, help="calls: where the search begins; memory: how many")
    parser.add_argument("--seconds", type=float, default=60, help="calls, browsers: length of each")
    parser.add_argument("--step", type=int, default=50, help="calls: how much the search goes up")
    parser.add_argument("--browsers", type=int, default=100, help="browsers: where the search begins")
    parser.add_argument("--browser-step", type=int, default=20, help="browsers: how much the search goes up")
    parser.add_argument("--max-calls", type=int, default=1200, help="calls, browsers: where the search ends")
    parser.add_argument("--once", action="store_true", help="calls, browsers: no search")
    parser.add_argument("--rate", type=float, default=50, help="calls, browsers, memory: begun a second")
    parser.add_argument("--trials", type=int, default=30, help="bargein, response: how many; press: four times as many")
    parser.add_argument("--setup-rate", type=int, default=1000, help="setups: the bar, a second")
    parser.add_argument("--nice", type=int, default=0, help="priority of everything measured: -15 on a machine that others use")
    options = parser.parse_args()
    for name in options.names:
        if name not in MEASUREMENTS:
            parser.error(f"unknown measurement '{name}': {', '.join(MEASUREMENTS)}")
    return options


def machine():
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    return f"{os.cpu_count()} cores, {model}, Linux {platform.release()}, load {os.getloadavg()[0]:.1f} at the start"


def main():
    options = arguments()
    if not BINARY.exists():
        sys.exit(f"{BINARY} is not built: ./dev build")
    if options.nice:
        os.setpriority(os.PRIO_PROCESS, 0, options.nice)
    print(machine(), flush=True)
    rows, failed = [], []
    for name in options.names or MEASUREMENTS:
        print(f"{name}:", flush=True)
        module, function = MEASUREMENTS[name]
        try:
            rows += getattr(importlib.import_module(module), function)(options)
        except (AssertionError, RuntimeError, OSError) as error:  # the others are still worth having
            print(f"  {error}", file=sys.stderr, flush=True)
            failed.append(name)
    print("\n" + table(rows))
    if failed:
        sys.exit(f"not measured: {', '.join(failed)}")


if __name__ == "__main__":
    main()
