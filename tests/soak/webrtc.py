#!/usr/bin/env python3
"""The soak of WebRTC: 50 browser-like calls for five minutes on one worker must leave memory flat, lose nothing and
leave no descriptor behind.

Half of them talk to the listener, which is recorded, half to the echo, so that sound goes both ways. Memory is compared
between one minute after the last call was answered and the end, all calls up in both; descriptors between the rest
before the first call and the rest after the last.
"""
import argparse
import os
import sys
import time

from soak import TOLERANCE, WINDOW_S, descriptors_at_rest
from browsers import Browsers
from harness import Server, TimedOut

WARM_UP = 5  # calls, so that what is opened once for all is open before descriptors are counted


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=300, help="length of a call")
    parser.add_argument("--settle", type=float, default=60, help="seconds until memory is looked at first")
    parser.add_argument("--nice", type=int, default=0, help="priority of everything: -15 on a machine that others use")
    return parser.parse_args()


def watch(server, load, options):
    """(when, resident bytes) a second, while all calls are up."""
    samples, began = [], time.monotonic()
    while load.child.alive():
        if time.monotonic() - began > options.seconds + 120:
            raise TimedOut("the calls did not end in time")
        metrics = server.metrics()
        if metrics["parley_worker_calls"] == options.calls:
            samples.append((time.monotonic(), server.rss()))
            if len(samples) % 60 == 1:
                print(f"  {len(samples) - 1} s: {samples[-1][1] / 1e6:.1f} MB, {server.descriptors()} descriptors", flush=True)
        time.sleep(1)
    return samples


def mean(samples):
    return sum(resident for _, resident in samples) / len(samples)


def judge_memory(samples, options):
    settled = [s for s in samples if s[0] >= samples[0][0] + options.settle] if samples else []
    if len(settled) < 2 * WINDOW_S:
        raise AssertionError("the calls were not all up for long enough")
    return mean(settled[:WINDOW_S]), mean(settled[-WINDOW_S:])


def lost_packets(reports, calls):
    """What one side sent and the other did not receive, both ways; each call must be there."""
    to_server = to_browser = 0
    for report in reports:
        quality = calls[report["call_id"]]["quality"]
        to_server += abs(report["sent"] - quality["packets_received"])
        to_browser += abs(quality["packets_sent"] - report["received"])
    return to_server, to_browser


def main():
    options = arguments()
    if options.nice:
        os.setpriority(os.PRIO_PROCESS, 0, options.nice)
    failures = []
    with Server(options.calls) as server:
        with Browsers(server, WARM_UP, 1, 5, ("9199", "9196")) as load:
            load.wait(60)
        before = descriptors_at_rest(server)
        with Browsers(server, options.calls, options.seconds + 5, 10, ("9199", "9196")) as load:
            samples = watch(server, load, options)
            if load.wait(5) != 0:
                failures.append(f"calls failed: {[r['error'] for r in load.reports() if r['error']][:5]}")
            reports = load.reports()
        after = descriptors_at_rest(server)
        calls = {call["id"]: call for call in server.ended_calls()}
        late = server.metrics()["parley_ticks_late"]

    early, end = judge_memory(samples, options)
    change = end / early - 1
    if abs(change) > TOLERANCE:
        failures.append(f"memory changed by {100 * change:+.1f} %")
    if after > before:
        failures.append(f"{after - before} descriptors leaked")
    to_server, to_browser = lost_packets(reports, calls)
    sent, received = sum(r["sent"] for r in reports), sum(r["received"] for r in reports)
    if to_server or to_browser or sent < options.calls * options.seconds * 49:
        failures.append(f"{sent} packets were sent, {to_server} of them not received; {to_browser} to the browsers were not")
    print(f"| soak: {options.calls} WebRTC calls of {options.seconds:g} s on one worker | {early / 1e6:.1f} MB after {options.settle:g} s, "
          f"{end / 1e6:.1f} MB at the end ({100 * change:+.2f} %); {sent} packets there, {to_server} of them lost, "
          f"{received} back, {to_browser} lost; "
          f"descriptors {before} before, {after} after | ± {100 * TOLERANCE:g} %, none leaked | {late:.0f} ticks late |")
    if failures:
        sys.exit("soak failed: " + "; ".join(failures))


if __name__ == "__main__":
    main()
