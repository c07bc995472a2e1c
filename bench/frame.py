"""The cost of one 20 ms frame, by the Google Benchmark programs of this folder."""
import json
import subprocess

from harness import BUILD, LOAD_CORE


def _measure(program, pattern):
    path = BUILD / "bench" / program
    if not path.exists():
        raise RuntimeError(f"{path} is not built")
    done = subprocess.run(["taskset", "-c", str(LOAD_CORE), path, f"--benchmark_filter={pattern}", "--benchmark_format=json",
                           "--benchmark_repetitions=5", "--benchmark_min_time=0.2", "--benchmark_report_aggregates_only=true"],
                          capture_output=True, text=True, timeout=600)
    if done.returncode != 0:
        raise RuntimeError(f"{program} ended with {done.returncode}: {done.stderr[-500:]}")
    return [(run["run_name"], run["cpu_time"], run["time_unit"]) for run in json.loads(done.stdout)["benchmarks"]
            if run["aggregate_name"] == "median"]


def run(options):
    rows = []
    for name, time, unit in _measure("call_bench", ".*"):
        print(f"  {name}: {time:.2f} {unit}", flush=True)
        bar = "66 µs" if name == "whole_call/g711_denoised_recorded" else ""
        rows.append((f"one 20 ms frame, `{name}`", f"{time:.1f} {unit.replace('us', 'µs')}", bar, "a call without sockets, median of 5"))
    for name, time, unit in _measure("audio_bench", "(input_chain|jitter_buffer|encode/pcmu|decode/pcmu).*khz:8.*"):
        print(f"  {name}: {time:.2f} {unit}", flush=True)
    return rows


def handshakes(options):
    rows = []
    for name, time, unit in _measure("dtls_bench", "(dtls_handshake/both_sides|srtp_packet).*"):
        print(f"  {name}: {time:.2f} {unit}", flush=True)
        if name.startswith("dtls_handshake"):
            rows.append(("DTLS handshakes a second, both sides on one core", f"{1e6 / time:.0f}/s", "", "in memory, median of 5"))
        else:
            rows.append((f"one packet protected and unprotected, `{name}`", f"{time / 1000:.2f} µs", "", "median of 5"))
    return rows
