"""How many calls one core carries, each of them judged."""
import collections
import time
from dataclasses import dataclass

from capture import Capture
from browsers import Browsers
from harness import Server, percentile
from judge import judge, judge_browser
from load import Load
import sound

FIRST_BAR = 300
BROWSERS_BAR = 100
BROWSERS_BUDGET = "116 µs"  # DESIGN's: Opus both ways 90, SRTP 3, two system calls 4.5, denoise and VAD 16, the rest 2
LATE_GENERATOR = 0.1  # seconds without a packet in one stream: the load itself stumbled


@dataclass
class Trial:
    calls: int
    faults: collections.Counter  # by kind; empty: it held
    cost_us: float               # processor time of the whole program per call and 20 ms
    core: float                  # share of the core that was used
    median_correlation: float
    lowest_correlation: float
    origin: str                  # of the speech
    notes: list

    @property
    def held(self):
        return not self.faults

    def line(self):
        verdict = "held" if self.held else "failed: " + ", ".join(f"{n} × {kind}" for kind, n in self.faults.most_common())
        return (f"{self.calls} calls {verdict}; {100 * self.core:.0f} % of the core, {self.cost_us:.1f} µs per call and 20 ms, "
                f"correlation {self.median_correlation:.3f} (lowest {self.lowest_correlation:.3f})"
                + "".join(f"; {note}" for note in self.notes))


def _processor_use(server, count, seconds):
    """CPU time per call and tick, and share of the core, over the middle of the calls."""
    time.sleep(0.1 * seconds)
    before, at = server.cpu_seconds(), time.monotonic()
    time.sleep(0.6 * seconds)
    after, elapsed = server.cpu_seconds(), time.monotonic() - at
    by_thread = {name: (after[name] - before.get(name, 0)) / elapsed for name in after}
    share = by_thread.pop("")
    busiest = sorted(by_thread.items(), key=lambda item: -item[1])[:4]
    return 1e6 * share / (50 * count), share, "threads " + " ".join(f"{name} {100 * used:.0f} %" for name, used in busiest)


def trial(count, seconds, rate):
    """One load of `count` telephones at once, all judged."""
    with Server(count) as server, Load(server, count, seconds, rate) as load:
        capture = Capture(load.media, load.folder)
        late_before = server.metrics()["parley_ticks_late"]  # while models were loaded
        time.sleep(count / rate)  # until the last has begun
        cost, share, threads = _processor_use(server, count, max(2.0, seconds - count / rate))
        sipp_code = load.wait(seconds + count / rate + 60)
        server.wait_idle()
        time.sleep(1.2)  # metrics are sampled every second
        late = server.metrics()["parley_ticks_late"] - late_before
        streams, missed = capture.close()
        calls = server.ended_calls()
        faults, notes = collections.Counter(), [threads]
        if sipp_code != 0:
            faults["call that sipp counts as failed"] = load.count("FailedCall(C)") or 1
        if late:
            faults["tick over 20 ms late"] = int(late)
        if len(calls) != count:
            faults["call missing"] = abs(count - len(calls))
        if missed:
            notes.append(f"the capture missed {missed} packets: counts of packets sent are too low")
        verdicts = [judge(server, call, streams, load) for call in calls if call["answered_at"]]
        return _verdict(count, verdicts, faults, notes, cost, share, load.origin)


def browser_trial(count, seconds, rate):
    """One load of `count` browsers at once, all judged."""
    with Server(count) as server, Browsers(server, count, seconds + count / rate, rate) as load:
        late_before = server.metrics()["parley_ticks_late"]  # while models were loaded
        time.sleep(count / rate + 1)  # until the last has begun, and the load has encoded what it says
        cost, share, threads = _processor_use(server, count, max(2.0, seconds - 2))
        load_code = load.wait(seconds + 2 * count / rate + 60)
        server.wait_idle()
        time.sleep(1.2)  # metrics are sampled every second
        late = server.metrics()["parley_ticks_late"] - late_before
        calls = {call["id"]: call for call in server.ended_calls()}
        faults, notes, reports = collections.Counter(), [threads], load.reports()
        if load_code != 0:
            errors = [report["error"] for report in reports if report["error"]]
            faults["call that the load counts as failed"] = len(errors)
            notes.append(f"such as: {errors[0]}")
        if late:
            faults["tick over 20 ms late"] = int(late)
        if len(calls) != count:
            faults["call missing"] = abs(count - len(calls))
        tracks = load.tracks
        verdicts = [judge_browser(server, calls[report["call_id"]], report, tracks[report["track"]])
                    for report in reports if report["call_id"] in calls and report["sent"]]
        return _verdict(count, verdicts, faults, notes, cost, share, load.origin)


def _verdict(count, verdicts, faults, notes, cost, share, origin):
    for verdict in verdicts:
        faults.update(verdict.faults())
    lost = sum(max(0, v.sent - v.received) for v in verdicts)
    if lost:
        notes.append(f"{lost} of {sum(v.sent for v in verdicts)} packets not received")
    pauses = [v.generator_pause for v in verdicts]
    if pauses and max(pauses) > LATE_GENERATOR:
        notes.append(f"the load paused up to {1000 * max(pauses):.0f} ms ({sum(p > LATE_GENERATOR for p in pauses)} streams)")
    if verdicts:
        outside = [v.outside_error_ms for v in verdicts]
        notes.append(f"recording less the caller's time {sound.median(outside):.0f} ms ({min(outside):.0f} to {max(outside):.0f}), "
                     f"delay in the recording {sound.median([v.delay_ms for v in verdicts]):.0f} ms")
    fits = [v.correlation for v in verdicts] or [0.0]
    return Trial(count, faults, cost, share, percentile(fits, 0.5), min(fits), origin, notes)


def _search(one_trial, count, step, options):
    """From the first count on, by steps for as long as it holds; downwards when the first fails. The best, else the last."""
    best, last = None, None
    while 0 < count <= options.max_calls:
        last = one_trial(count, options.seconds, options.rate)
        print("  " + last.line(), flush=True)
        if last.held:
            if best and best.calls > count:
                break
            best = last
            count += step
        elif best or options.once:
            break
        else:
            count = count * 2 // 3
        if options.once:
            break
    return best or last


def _rows(shown, what, bar, budget, step, options):
    return [(what, shown.calls if shown.held else f"none ({shown.calls} failed)", bar,
             f"{options.seconds:g} s each, {shown.origin}, step {step}; {100 * shown.core:.0f} % of the core"),
            ("processor time per call and 20 ms", f"{shown.cost_us:.1f} µs", budget, f"whole program at {shown.calls} calls"),
            ("recording against what was sent", f"{shown.median_correlation:.3f}", 0.95,
             f"median correlation; lowest call {shown.lowest_correlation:.3f}")]


def run(options):
    shown = _search(trial, options.calls, options.step, options)
    return _rows(shown, "concurrent calls on one core", FIRST_BAR, "66 µs", options.step, options)


def browsers(options):
    shown = _search(browser_trial, options.browsers, options.browser_step, options)
    return _rows(shown, "concurrent WebRTC calls on one core", BROWSERS_BAR, BROWSERS_BUDGET, options.browser_step, options)
