#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Kills running sweeps with SIGKILL at random moments, and continues them, as often as asked.

Usage: live_kills.py PROGRAM DEMO [KILLS [SEED]]
In turn: one process with one worker, one with three, and under mpirun: rank 0, a worker, everything. After each kill what
the run had recorded must be there, byte for byte, when it has been continued; nothing half-made may be called results; and
in the end the results are those of an undisturbed run.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from small_sweep import ENVIRONMENT, Problems, SmallSweep, bytes_of, digest_of, frames_of, last_line

LIVES = 4  # of a run; the last is left in peace
PATIENCE = 120
MODES = {"one worker": (0, 1), "three workers": (0, 3), "rank 0": (3, 1), "a worker's rank": (3, 1), "all ranks": (3, 1)}


def children_of(process):
    try:
        listed = [Path(p).read_text().split() for p in Path(f"/proc/{process}/task").glob("*/children")]
    except OSError:
        return []
    return [int(child) for some in listed for child in some]


def rank_of(process):
    try:
        environment = Path(f"/proc/{process}/environ").read_bytes().split(b"\0")
    except OSError:
        return None
    ranks = [e.split(b"=")[1] for e in environment if e.startswith(b"OMPI_COMM_WORLD_RANK=")]
    return int(ranks[0]) if ranks else None


def kill(process, mode, rng):
    """Whether there was something to kill."""
    if mode == "rank 0" or mode == "a worker's rank":
        ranks = {rank_of(child): child for child in children_of(process.pid)}
        victim = ranks.get(0 if mode == "rank 0" else rng.choice([1, 2]))
        if victim is None:
            return False
        victims = [victim]
    else:
        victims = [process.pid, *children_of(process.pid)]
    for victim in victims:
        try:
            os.kill(victim, signal.SIGKILL)
        except ProcessLookupError:
            pass
    return True


def begin(sweep, mode, out):
    ranks, workers = MODES[mode]
    log = open(out.with_suffix(".log"), "ab")
    return subprocess.Popen(sweep.run_command(out, ranks, "--set", f"run.workers={workers}"), stdout=subprocess.DEVNULL, stderr=log,
                            env=ENVIRONMENT, process_group=0)  # fmt: skip


def ended(process):
    try:
        return process.wait(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        return None


def main():
    program, demo = sys.argv[1:3]
    wanted = int(sys.argv[3]) if len(sys.argv) > 3 else 15
    rng = random.Random(int(sys.argv[4]) if len(sys.argv) > 4 else 1)
    modes = [m for m in MODES if MODES[m][0] == 0 or shutil.which("mpirun")]
    kills, runs, recorded, problems = Counter(), 0, 0, Problems()
    with SmallSweep(program, demo) as sweep:
        span = {}
        for mode in modes:  # how long it takes is where kills are spread over
            began = time.monotonic()
            process = begin(sweep, mode, sweep.folder / "span")
            if ended(process) != 0 or not sweep.is_finished(sweep.folder / "span"):
                problems.say(f"{mode}: undisturbed, it is not finished: " + last_line((sweep.folder / "span.log").read_text()))
            span[mode] = time.monotonic() - began
            shutil.rmtree(sweep.folder / "span")
        while kills.total() < wanted:
            mode = modes[runs % len(modes)]
            out, runs, kept = sweep.folder / f"run{runs}", runs + 1, b""
            for life in range(LIVES):
                here = f"run {runs}, {mode}, life {life + 1}"
                process = begin(sweep, mode, out)
                if life < LIVES - 1 and kills.total() < wanted:
                    time.sleep(rng.random() * span[mode] * rng.choice([0.2, 1, 1]))
                    if process.poll() is None:
                        kills[mode] += kill(process, mode, rng)
                code = ended(process)
                now = bytes_of(out / "journal")
                whole = now[: frames_of(now)[-1].end] if frames_of(now) else b""
                if not whole.startswith(kept):
                    problems.say(f"{here}: {len(kept)} recorded bytes are not there any more")
                kept, recorded = whole, recorded + max(0, len(frames_of(whole)) - len(frames_of(kept)))
                if wrong := sweep.what_is_wrong(out):
                    problems.say(f"{here}: {wrong}")
                if code is None:
                    problems.say(f"{here}: did not end in {PATIENCE} s")
                if code == 0:
                    break
                if code not in (-9, 137) and life < LIVES - 1:
                    problems.say(f"{here}: code {code}: " + last_line(out.with_suffix(".log").read_text(errors="replace")))
            if code != 0 or not sweep.is_finished(out):
                problems.say(f"{here}: code {code} in the end, {digest_of(out / 'results.h5')}: "
                             + last_line(out.with_suffix(".log").read_text(errors="replace")))  # fmt: skip
            shutil.rmtree(out, ignore_errors=True)
            if runs % 10 == 0:
                print(f"  {runs} sweeps, {kills.total()} kills", flush=True)
    print(f"{kills.total()} kills ({', '.join(f'{m} {n}' for m, n in kills.items())}) of {runs} sweeps, {problems.count} problems")
    return 1 if problems.count else 0


if __name__ == "__main__":
    sys.exit(main())
