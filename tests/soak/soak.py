#!/usr/bin/env python3
"""The soak: many calls with speech, 100 at a time, must leave memory flat and no descriptor behind.

Memory is compared between the moment when 300 calls (three tenths) are over and the end, both under the full number of
calls; descriptors between the rest before the first call and the rest after the last.
"""
import argparse
import pathlib
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench"))
from harness import Server, TimedOut, wait_until  # noqa: E402
from load import Load  # noqa: E402

TOLERANCE = 0.02
WINDOW_S = 10  # of samples that are averaged, one a second
WARM_UP = 5    # calls, so that what is opened once for all is open before descriptors are counted


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=60, help="length of a call")
    parser.add_argument("--at-once", type=int, default=100)
    return parser.parse_args()


def sample(server, load):
    """(calls over, calls up, resident bytes, descriptors)"""
    return (load.count("SuccessfulCall(C)"), server.metrics()["parley_worker_calls"], server.rss(), server.descriptors())


def watch(server, load, options):
    """A sample a second until the load ends, within a bound."""
    samples, spread = [], options.seconds / options.at_once
    deadline = time.monotonic() + options.calls * spread * 1.3 + options.seconds + 60
    shown = 0
    while load.child.alive():
        if time.monotonic() > deadline:
            raise TimedOut(f"the soak did not end in time: {load.count('SuccessfulCall(C)')} of {options.calls} calls are over")
        samples.append(sample(server, load))
        done, up, resident, open_files = samples[-1]
        if done >= shown + max(1, options.calls // 10):
            shown = done
            print(f"  {done} calls over, {up:.0f} up: {resident / 1e6:.1f} MB, {open_files} descriptors", flush=True)
        time.sleep(1)
    return samples


def mean_resident(samples):
    return sum(resident for _, _, resident, _ in samples) / len(samples)


def judge(samples, options):
    """Resident bytes after three tenths and at the end, with as many calls up in both."""
    full = [s for s in samples if s[1] >= 0.95 * options.at_once]
    early = [s for s in full if s[0] >= 0.3 * options.calls][:WINDOW_S]
    late = full[-WINDOW_S:]
    if not early or not late or early[0][0] >= late[-1][0]:
        raise AssertionError("the load was never full after three tenths of the calls: give it more calls")
    return mean_resident(early), mean_resident(late)


def descriptors_at_rest(server):
    """The lowest of some seconds: a connection of the API's may still be closing."""
    server.wait_idle(60)
    lowest = server.descriptors()
    for _ in range(10):
        time.sleep(0.3)
        lowest = min(lowest, server.descriptors())
    return lowest


def main():
    options = arguments()
    failures = []
    with Server(options.at_once, cores=(0, 1), workers=2) as server:
        with Load(server, WARM_UP, 1, 5, cores=(0, 1)) as load:
            load.wait(60)
        before = descriptors_at_rest(server)
        # Evenly, so that there are always about as many calls up.
        with Load(server, options.calls, options.seconds, options.at_once / (options.seconds + 0.3), at_once=options.at_once,
                  cores=(0, 1)) as load:
            samples = watch(server, load, options)
            failed = load.count("FailedCall(C)")
            if load.wait(5) != 0 or failed:
                failures.append(f"{failed} calls failed: {load.errors()}")
        after = descriptors_at_rest(server)
        metrics = server.metrics()
        stored = server.ended_calls()
        unheard = [call for call in stored if not call["quality"] or call["quality"]["packets_received"] == 0]

    early, late = judge(samples, options)
    change = late / early - 1
    if abs(change) > TOLERANCE:
        failures.append(f"memory changed by {100 * change:+.1f} %")
    if after > before:
        failures.append(f"{after - before} descriptors leaked")
    if len(stored) != options.calls + WARM_UP or unheard:
        failures.append(f"{len(stored)} of {options.calls + WARM_UP} calls are stored, {len(unheard)} without packets")
    print(f"| soak: {options.calls} calls of {options.seconds:g} s, {options.at_once} at a time | {early / 1e6:.1f} MB after three tenths, "
          f"{late / 1e6:.1f} MB at the end ({100 * change:+.2f} %); descriptors {before} before, {after} after "
          f"| ± {100 * TOLERANCE:g} %, none leaked | {metrics['parley_ticks_late']:.0f} ticks late |")
    if failures:
        sys.exit("soak failed: " + "; ".join(failures))


if __name__ == "__main__":
    main()
