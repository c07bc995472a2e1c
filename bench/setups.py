"""How many calls a second are set up and hung up."""
import time

from harness import Server
from load import Load

SECONDS = 10


def _trial(rate):
    """Calls to the echo at that rate, each hung up at once, on both cores together with sipp."""
    calls = rate * SECONDS
    with Server(2000, cores=(0, 1), workers=2) as server, \
            Load(server, calls, 0, rate, at_once=2000, extension="9196", speaking=False, cores=(0, 1), name="setup.xml") as load:
        started, used = time.monotonic(), server.cpu_seconds()[""]  # sipp has hardly begun
        code = load.wait(SECONDS * 4 + 60)
        elapsed = time.monotonic() - started
        server.wait_idle(60)
        time.sleep(1.2)
        metrics = server.metrics()
        failed, again = load.count("FailedCall(C)"), load.count("Retransmissions(C)")
        done = load.count("SuccessfulCall(C)")
        refused = int(metrics["parley_sip_refused_overload"])
        achieved = done / elapsed
        used = server.cpu_seconds()[""] - used
        print(f"  {rate}/s: {achieved:.0f}/s done, {failed} failed, {refused} refused, {again} sent again by the caller, "
              f"{1e6 * used / max(1, done):.0f} µs of processor time each", flush=True)
        stored = len(server.ended_calls())
        return code == 0 and not failed and achieved > 0.95 * rate and again < calls / 1000 and stored == done, achieved


def run(options):
    rate, best = max(100, options.setup_rate // 2), 0.0
    while rate <= 4 * options.setup_rate:
        held, achieved = _trial(rate)
        if not held:
            break
        best = achieved
        rate += max(100, options.setup_rate // 4)
    return [("set-ups a second", f"{best:.0f}" if best else f"under {rate}", options.setup_rate,
             f"INVITE, 200, ACK, BYE to 9196; {SECONDS} s, every call stored, none failed; sipp on the same two cores")]
