"""How long a caller waits from pressing the button to the first sound."""
from browsers import Browsers
from harness import Server, percentile

BAR_MS = 400
STEPS = (("offered_ms", "offer made"), ("answered_ms", "answer here"), ("checked_ms", "path checked"),
         ("connected_ms", "DTLS done"), ("first_packet_ms", "first packet"), ("audible_ms", "first audible packet"))


def run(options):
    trials = 4 * options.trials
    with Server(trials, cores=(0, 1), workers=2) as server, \
            Browsers(server, trials, rate=10, extensions=("1000",), at_once=1, until_audible=True, cores=(0, 1)) as load:
        code = load.wait(60 + 2 * trials)
        reports = load.reports()
    heard = [report for report in reports if report["audible_ms"] is not None]
    if code != 0 or len(heard) != trials:
        raise AssertionError(f"{trials - len(heard)} of {trials} calls heard nothing: {[r['error'] for r in reports if r['error']][:3]}")
    for key, name in STEPS:
        times = [report[key] for report in heard]
        print(f"  {name}: p50 {percentile(times, 0.5):.1f} ms, p95 {percentile(times, 0.95):.1f} ms, latest {max(times):.1f} ms", flush=True)
    audible = [report["audible_ms"] for report in heard]
    return [("pressing the button to the first audible packet, loopback", f"p50 {percentile(audible, 0.5):.0f} ms, "
             f"p95 {percentile(audible, 0.95):.0f} ms", f"{BAR_MS} ms (p95)",
             f"{trials} calls to 1000, socket and offer included, certificate and greeting ready; packets over −50 dBov")]
