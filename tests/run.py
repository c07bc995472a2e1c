#!/usr/bin/env python3
"""Runs the test programs of a build and counts what they say.

Suites: `web` (vitest in web/), `unit` (every *_test under build/PRESET/src), `sim` (build/PRESET/tests/sim), `interop`
(Python unittest modules in tests/interop against build/PRESET/parley), `browser` (node's test runner and Chromium, in
tests/browser, against the same). Each run leaves its counts in build/results/; --summary adds them up and prints the
closing line `N passed, N failed, N skipped`.
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

ROOT = pathlib.Path(__file__).resolve().parent.parent
RESULTS = ROOT / "build" / "results"
# A program that hangs must not hang everything; the slowest takes about a tenth of this.
TIME_LIMIT_S = {"web": 300, "unit": 600, "sim": 900, "interop": 1500, "browser": 1500}


def environment():
    """Where the shared test data is, for the programs that use it when it is there."""
    data = pathlib.Path(os.environ.get("PARLEY_TEST_DATA", ROOT.parent / "shared" / "data"))
    return dict(os.environ, PARLEY_TEST_DATA=str(data), PARLEY_SPEECH_DATA=str(data / "speech"),
                PARLEY_MODELS=os.environ.get("PARLEY_MODELS", str(ROOT / "build" / "models")))


def programs(preset, suite):
    build = ROOT / "build" / preset
    if suite == "unit":
        return sorted(p for p in (build / "src").glob("*/*_test") if os.access(p, os.X_OK))
    if suite == "sim":
        return sorted(p for p in (build / "tests" / "sim").glob("*_test") if os.access(p, os.X_OK))
    if suite == "web":
        return [ROOT / "web"]
    if suite == "browser":
        return sorted((ROOT / "tests" / "browser").glob("*.test.js"))
    return sorted((ROOT / "tests" / "interop").glob("test_*.py"))


def run_gtest(program, out, limit):
    report = out.with_suffix(".gtest.json")
    report.unlink(missing_ok=True)
    done = subprocess.run([program, f"--gtest_output=json:{report}", "--gtest_brief=1"], capture_output=True,
                          text=True, errors="replace", timeout=limit, cwd=ROOT, env=environment())
    counts = {"passed": 0, "failed": 0, "skipped": 0, "failures": []}
    if report.exists():
        for suite in json.loads(report.read_text())["testsuites"]:
            for test in suite["testsuite"]:
                name = f"{suite['name']}.{test['name']}"
                if test.get("result") == "SKIPPED" or test.get("status") == "NOTRUN":
                    counts["skipped"] += 1
                elif test.get("failures"):
                    counts["failed"] += 1
                    counts["failures"].append(name)
                else:
                    counts["passed"] += 1
    if done.returncode != 0 and not counts["failed"]:  # a crash, or a sanitizer's verdict at exit
        counts["failed"] += 1
        counts["failures"].append(f"{program.name} ended with {done.returncode}")
    return counts, done.stdout + done.stderr


def run_unittest(module, out, limit, preset):
    report = out.with_suffix(".unittest.json")
    report.unlink(missing_ok=True)
    environment = dict(os.environ, PARLEY_BUILD=str(ROOT / "build" / preset), PARLEY_UNITTEST_REPORT=str(report),
                       PYTHONPATH=str(ROOT / "tests" / "interop"))
    done = subprocess.run([sys.executable, ROOT / "tests" / "interop" / "runner.py", module.stem],
                          capture_output=True, text=True, errors="replace", timeout=limit, env=environment, cwd=ROOT)
    if report.exists():
        return json.loads(report.read_text()), done.stdout + done.stderr
    return {"passed": 0, "failed": 1, "skipped": 0, "failures": [f"{module.stem} did not finish"]}, done.stdout + done.stderr


def run_vitest(folder, out, limit):
    report = out.with_suffix(".vitest.json")
    report.unlink(missing_ok=True)
    done = subprocess.run(["node_modules/.bin/vitest", "run", "--reporter=default", "--reporter=json", f"--outputFile.json={report}"],
                          capture_output=True, text=True, errors="replace", timeout=limit, cwd=folder)
    counts = {"passed": 0, "failed": 0, "skipped": 0, "failures": []}
    tests = [t for file in json.loads(report.read_text())["testResults"] for t in file["assertionResults"]] if report.exists() else []
    for test in tests:
        kind = test["status"] if test["status"] in ("passed", "failed") else "skipped"
        counts[kind] += 1
        if kind == "failed":
            counts["failures"].append(test["fullName"])
    if done.returncode != 0 and not counts["failed"]:
        counts["failed"] += 1
        counts["failures"].append(f"vitest ended with {done.returncode}")
    return counts, done.stdout + done.stderr


def run_node(module, limit, preset):
    done = subprocess.run(["node", "--test", "--test-reporter=tap", module.name], capture_output=True, text=True, errors="replace",
                          timeout=limit, cwd=module.parent, env=dict(environment(), PARLEY_BUILD=str(ROOT / "build" / preset)))
    # Lines of TAP: a suite's own line is that of its last test, and counts for nothing.
    counts = {"passed": 0, "failed": 0, "skipped": 0, "failures": []}
    lines = done.stdout.splitlines()
    for number, line in enumerate(lines):
        found = re.match(r"\s*(not ok|ok) \d+ - (.*)", line)
        kind = next((text.split("'")[1] for text in lines[number + 1:number + 6] if "type: '" in text), "test")
        if not found or kind == "suite":
            continue
        if "# SKIP" in found[2]:
            counts["skipped"] += 1
        elif found[1] == "ok":
            counts["passed"] += 1
        else:
            counts["failed"] += 1
            counts["failures"].append(found[2])
    if done.returncode != 0 and not counts["failed"] or not counts["passed"]:
        counts["failed"] += 1
        counts["failures"].append(f"{module.name} ended with {done.returncode}")
    return counts, done.stdout + done.stderr


def run_one(suite, preset, program):
    out = RESULTS / f"{preset}-{suite}-{program.stem}"
    started = time.monotonic()
    try:
        if suite == "interop":
            counts, output = run_unittest(program, out, TIME_LIMIT_S[suite], preset)
        elif suite == "web":
            counts, output = run_vitest(program, out, TIME_LIMIT_S[suite])
        elif suite == "browser":
            counts, output = run_node(program, TIME_LIMIT_S[suite], preset)
        else:
            counts, output = run_gtest(program, out, TIME_LIMIT_S[suite])
    except subprocess.TimeoutExpired as expired:
        output = "".join(o.decode(errors="replace") if isinstance(o, bytes) else o or "" for o in (expired.stdout, expired.stderr))
        counts = {"passed": 0, "failed": 1, "skipped": 0, "failures": [f"{program.stem} took over {expired.timeout:.0f} s"]}
    counts["name"] = f"{preset} {suite} {program.stem}"
    out.with_suffix(".json").write_text(json.dumps(counts))
    print(f"{counts['name']}: {counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped, "
          f"{time.monotonic() - started:.1f} s", flush=True)
    if counts["failed"]:
        print(output[-20_000:], flush=True)
    return counts


def summary():
    total = {"passed": 0, "failed": 0, "skipped": 0}
    for path in sorted(RESULTS.glob("*.json")):
        if any(part in path.name for part in (".gtest", ".unittest", ".vitest")):
            continue
        counts = json.loads(path.read_text())
        for key in total:
            total[key] += counts[key]
        for failure in counts["failures"]:
            print(f"FAILED {counts['name']}: {failure}")
    print(f"{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped")
    return 1 if total["failed"] or not total["passed"] else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", default="release")
    parser.add_argument("--suites", default="web,unit,sim,interop,browser")
    parser.add_argument("--only", help="part of a program's name")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--summary", action="store_true")
    arguments = parser.parse_args()
    RESULTS.mkdir(parents=True, exist_ok=True)
    if arguments.summary:
        return summary()

    all_counts = []
    for suite in arguments.suites.split(","):
        chosen = [p for p in programs(arguments.preset, suite) if not arguments.only or arguments.only in p.stem]
        # These judge audio in real time: one after another, so that they don't starve each other.
        with concurrent.futures.ThreadPoolExecutor(1 if suite in ("interop", "browser") else arguments.jobs) as pool:
            all_counts += pool.map(lambda p: run_one(suite, arguments.preset, p), chosen)
    total = {key: sum(c[key] for c in all_counts) for key in ("passed", "failed", "skipped")}
    for counts in all_counts:
        for failure in counts["failures"]:
            print(f"FAILED {counts['name']}: {failure}")
    print(f"{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped")
    return 1 if total["failed"] or not total["passed"] else 0


sys.exit(main())
