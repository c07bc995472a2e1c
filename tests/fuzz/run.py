#!/usr/bin/env python3
"""Runs the fuzz targets of build/fuzz, two at a time, each from its seeds in tests/fuzz/corpus/<name>.

    tests/fuzz/run.py --seconds 60 sip_message sdp     (all targets when none is named)

What a run discovers is kept in build/fuzz/corpus/<name> and is where the next one goes on from; the seeds
stay as they are. A finding is left in build/fuzz/findings, with the command that replays it. Each target's
verdict goes to build/results/, where `tests/run.py --summary` adds it up.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
HERE = ROOT / "tests" / "fuzz"
BUILD = ROOT / "build" / "fuzz"
RESULTS = ROOT / "build" / "results"
FINDINGS = BUILD / "findings"
# Bytes of the longest input worth trying: a few of the target's units, since short ones run more often.
MAX_LENGTH = {"sip_message": 4096, "sip_stack": 2048, "sdp": 4096, "digest": 1024, "rtp": 2048, "rtcp": 1024,
              "wav": 4096, "jitter": 12288, "config": 4096, "http_query": 2048, "dns_response": 1024}
# Seeds that are kept elsewhere, as test vectors.
MORE_SEEDS = {"sip_message": ["tests/data/sip-torture/rfc4475", "tests/data/sip-torture/rfc5118"]}
MEMORY_LIMIT_MB = 1024  # what a hostile input may make of a few kilobytes is far below
INPUT_TIME_LIMIT_S = 10  # one input, with sanitizers, on a busy machine
GRACE_S = 120  # reading the corpus, and the last input


def targets():
    folder = BUILD / "tests" / "fuzz"
    found = {p.name.removeprefix("fuzz_"): p for p in sorted(folder.glob("fuzz_*")) if p.is_file() and os.access(p, os.X_OK)}
    declared = re.findall(r"^parley_fuzz_target\((\w+)", (HERE / "CMakeLists.txt").read_text(), re.M)
    return {name: found.get(name) for name in declared}


def command(name, program, seconds):
    corpus = BUILD / "corpus" / name
    corpus.mkdir(parents=True, exist_ok=True)
    line = [program, f"-max_total_time={seconds}", f"-max_len={MAX_LENGTH.get(name, 4096)}", "-print_final_stats=1",
            f"-rss_limit_mb={MEMORY_LIMIT_MB}", f"-timeout={INPUT_TIME_LIMIT_S}", f"-artifact_prefix={FINDINGS}/{name}-"]
    dictionary = HERE / "dictionaries" / f"{name}.dict"
    if dictionary.exists():
        line.append(f"-dict={dictionary}")
    seeds = [HERE / "corpus" / name] + [ROOT / folder for folder in MORE_SEEDS.get(name, [])]
    return line + [corpus] + [folder for folder in seeds if folder.is_dir()]


def last_number(pattern, output):
    found = re.findall(pattern, output, re.M)
    return int(found[-1]) if found else 0


def describe_failure(name, program, output, status):
    written = re.findall(r"Test unit written to (\S+)", output)
    if not written:
        return f"{name} ended with {status} and left no input"
    where = pathlib.Path(written[-1]).relative_to(ROOT)
    return f"{name}: {where}; replay: {program.relative_to(ROOT)} {where}"


def run_one(name, program, seconds):
    result = {"name": f"fuzz {name}", "passed": 0, "failed": 0, "skipped": 0, "failures": []}
    out = RESULTS / f"fuzz-{name}"
    if program is None:
        result.update(failed=1, failures=[f"{name} is not built: ./dev build fuzz"])
        out.with_suffix(".json").write_text(json.dumps(result))
        return result
    log, started = out.with_suffix(".log"), time.monotonic()
    with log.open("wb") as sink:
        try:
            status = subprocess.run(command(name, program, seconds), stdout=sink, stderr=subprocess.STDOUT,
                                    timeout=seconds + GRACE_S, cwd=ROOT).returncode
        except subprocess.TimeoutExpired:
            status = "no end"
    took = time.monotonic() - started
    output = log.read_text(errors="replace")
    runs = last_number(r"^stat::number_of_executed_units:\s*(\d+)", output)
    if status == 0 and runs:
        result["passed"] = 1
    else:
        result.update(failed=1, failures=[describe_failure(name, program, output, status)])
    result.update(seconds=round(took, 1), runs=runs, runs_per_second=round(runs / took),
                  edges=last_number(r"\bcov: (\d+)", output), peak_mb=last_number(r"^stat::peak_rss_mb:\s*(\d+)", output))
    out.with_suffix(".json").write_text(json.dumps(result))
    verdict = "clean" if result["passed"] else "FAILED"
    print(f"fuzz {name}: {verdict}, {runs:,} runs in {took:.0f} s ({result['runs_per_second']:,}/s), "
          f"{result['edges']} edges, {result['peak_mb']} MB", flush=True)
    if result["failed"]:
        print(output[-10_000:], flush=True)
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60, help="per target (60)")
    parser.add_argument("--jobs", type=int, default=2, help="targets at a time (2)")
    parser.add_argument("names", nargs="*", help="targets; all when none is named")
    arguments = parser.parse_args()
    known = targets()
    unknown = [name for name in arguments.names if name not in known]
    if unknown:
        parser.error(f"unknown target {', '.join(unknown)}; there are {', '.join(known)}")
    for folder in (RESULTS, FINDINGS):
        folder.mkdir(parents=True, exist_ok=True)

    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        results = list(pool.map(lambda name: run_one(name, known[name], arguments.seconds), arguments.names or known))
    for result in results:
        for failure in result["failures"]:
            print(f"FAILED {failure}")
    passed, failed = (sum(r[key] for r in results) for key in ("passed", "failed"))
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed or not passed else 0


sys.exit(main())
