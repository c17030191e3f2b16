#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Journals as a power failure leaves them: of the last append, never synced, any pages may be missing. The run must continue
from everything before it, untouched, to the results of an undisturbed run.

Usage: torn_journals.py PROGRAM DEMO [CASES]
"""

import json
import random
import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

HEAD, FRAME_HEAD, CHECKSUM = 16, 21, 8


def appends(journal):
    """Where each append begins and ends."""
    at, found = HEAD, []
    while at < len(journal):
        length, _, sequence, first = struct.unpack("<IBQQ", journal[at : at + FRAME_HEAD])
        end = at + FRAME_HEAD + length + CHECKSUM
        if first == sequence:
            found.append([at, at])
        found[-1][1] = end
        at = end
    return found


def digest(program, results):
    said = subprocess.run([program, "inspect", "--json", results], check=True, capture_output=True, text=True)
    return json.loads(said.stdout)["content_sha256"]


def main():
    program, demo = sys.argv[1:3]
    cases = int(sys.argv[3]) if len(sys.argv) > 3 else 12
    rng, wrong, holes = random.Random(1), [], 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(demo, folder / "demo")
        sweep = folder / "demo" / "small.toml"
        shutil.copy(Path(__file__).parent / "small.toml", sweep)
        subprocess.run([program, "run", sweep, "--out", folder / "whole"], check=True, capture_output=True)
        journal, expected = (folder / "whole" / "journal").read_bytes(), digest(program, folder / "whole" / "results.h5")
        several = [(a, b) for a, b in appends(journal) if b - a > 600]
        for case in range(cases):
            begin, end = several[case % len(several)]
            page = rng.choice([64, 128, 256])
            pages = sorted({at // page for at in range(begin, end)})
            lost = {p for p in pages if rng.random() < 0.4} | {pages[0] if case % 2 == 0 else rng.choice(pages)}
            torn = bytearray(journal[:end])
            for at in range(begin, end):
                if at // page in lost:
                    torn[at] = 0
            if case % 3 == 2:  # the new length did not reach the disk either
                torn = torn[: rng.randrange(begin, end)]
            holes += any(torn[begin:])
            run = folder / f"run{case}"
            run.mkdir()
            (run / "journal").write_bytes(torn)
            ended = subprocess.run([program, "run", sweep, "--out", run], capture_output=True, text=True, timeout=120)
            here = f"append of bytes {begin} to {end}, lost pages {sorted(lost)} of {page}"
            if ended.returncode != 0:
                wrong.append(f"{here}: code {ended.returncode}: {ended.stderr.strip()[-300:]}")
            elif digest(program, run / "results.h5") != expected:
                wrong.append(f"{here}: other results")
            if (run / "journal").read_bytes()[:begin] != journal[:begin]:
                wrong.append(f"{here}: what had been synced is not there any more")
            shutil.rmtree(run)
    for problem in wrong:
        print("WRONG:", problem)
    print(f"{cases} torn journals, {holes} with something behind the hole, {len(wrong)} times something was wrong")
    return 1 if wrong or holes == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
