#!/usr/bin/env python3
"""Line coverage of the protocol cores by their own unit tests: runs build/coverage's protocol_test and
prints a table of folders and files; fails when a folder has less than LEAST per cent.

`./dev test --coverage` builds and calls it.
"""
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "coverage"
FOLDERS = ("sip", "sdp", "rtp", "dns")
LEAST = 80.0


def measure():
    program = BUILD / "src" / "protocol" / "protocol_test"
    raw, profile = BUILD / "protocol.profraw", BUILD / "protocol.profdata"
    subprocess.run([program, "--gtest_brief=1"], check=True, cwd=ROOT, env=dict(os.environ, LLVM_PROFILE_FILE=str(raw)))
    subprocess.run(["llvm-profdata-19", "merge", "-sparse", raw, "-o", profile], check=True)
    exported = subprocess.run(["llvm-cov-19", "export", "-summary-only", f"-instr-profile={profile}", program,
                               ROOT / "src" / "protocol"], check=True, capture_output=True, text=True).stdout
    for file in json.loads(exported)["data"][0]["files"]:
        path = pathlib.Path(file["filename"]).relative_to(ROOT / "src" / "protocol")
        if not path.stem.endswith(("_test", "_harness")):
            yield path, file["summary"]["lines"], file["summary"]["branches"]


def row(name, lines, branches):
    def share(counts):
        return f"{100 * counts['covered'] / counts['count']:.1f} %" if counts["count"] else "–"
    print(f"| {name} | {lines['count']} | {lines['covered']} | {share(lines)} | {share(branches)} |")


def main():
    files = sorted(measure())
    poor = []
    print("| | lines | executed | lines | branches |\n| --- | ---: | ---: | ---: | ---: |")
    for folder in FOLDERS:
        of_folder = [file for file in files if file[0].parts[0] == folder]
        total = [{key: sum(file[kind][key] for file in of_folder) for key in ("count", "covered")} for kind in (1, 2)]
        row(f"**protocol/{folder}**", *total)
        if not total[0]["count"] or 100 * total[0]["covered"] / total[0]["count"] < LEAST:
            poor.append(folder)
        if "--files" in sys.argv:
            for path, lines, branches in of_folder:
                row(path, lines, branches)
    for folder in poor:
        print(f"protocol/{folder} is below {LEAST:.0f} %")
    return 1 if poor else 0


sys.exit(main())
