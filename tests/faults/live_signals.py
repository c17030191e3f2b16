#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sends signals to running sweeps at random moments, one or several, and looks at the exit codes (docs/errors.md).

Usage: live_signals.py PROGRAM DEMO [CASES [SEED]]
One process with one worker or three, or mpirun with three ranks; every third case within the first 100 ms. Each case must end in
half a minute, with what is listed below; then the same command finishes the run with the results of an undisturbed one, and
what was recorded before is in the journal byte for byte.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter

from live_kills import MODES, begin
from small_sweep import ENVIRONMENT, Problems, SmallSweep, bytes_of, digest_of, frames_of, last_line

SIGNALS = [signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, signal.SIGUSR2, signal.SIGHUP]
STOPS = SIGNALS[:4]
PATIENCE = 30


def allowed(signals, ranks, has_begun, is_finished):
    """The codes that docs/errors.md has, for the signals that were sent and what they met. Python's -n is the shell's 128 + n."""
    codes = set()
    if is_finished:
        codes.add(0)  # it came when all was done
    if ranks:
        codes.add(75)
        if any(s in signals for s in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)):
            codes.add(1)  # mpirun's own
        if not has_begun:
            codes |= {128 + s for s in signals} | {-s for s in signals}
        return codes
    if any(s in STOPS for s in signals):
        codes.add(75)
    if signals.count(signal.SIGINT) > 1:
        codes.add(-signal.SIGINT)
    if signal.SIGHUP in signals:
        codes.add(-signal.SIGHUP)
    if not has_begun:  # before its handlers stand, for a program that has not done anything
        codes |= {-s for s in signals}
    return codes


def signalled(sweep, mode, out, at, sent, rng):
    """Starts the sweep, sends it the signals after `at` seconds: (pid, those it got, its code or None, how long it took to end)."""
    process = begin(sweep, mode, out)
    time.sleep(at)
    began, done = time.monotonic(), []
    for s in sent:
        if process.poll() is None:
            os.kill(process.pid, s)
            done.append(s)
        time.sleep(rng.choice([0, 0.001, 0.05]) if len(sent) > 1 else 0)
    try:
        code = process.wait(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        code = None
    return process.pid, done, code, time.monotonic() - began


def mpirun_crashed(pid, ranks, code, said):
    """Whether it was mpirun itself, by the number in the report of its own runtime: a crash of a rank has another, and the code 139."""
    return bool(ranks) and code == -signal.SIGSEGV and f":{pid}] *** Process received signal" in said


def main():
    program, demo = sys.argv[1:3]
    cases = int(sys.argv[3]) if len(sys.argv) > 3 else 15
    rng = random.Random(int(sys.argv[4]) if len(sys.argv) > 4 else 1)
    problems, codes, slowest = Problems(), Counter(), 0.0
    modes = ["one worker", "three workers"] + (["all ranks"] if shutil.which("mpirun") else [])
    with SmallSweep(program, demo) as sweep:
        span = {}
        for mode in modes:
            began = time.monotonic()
            begin(sweep, mode, sweep.folder / "span").wait(timeout=120)
            span[mode] = time.monotonic() - began
            shutil.rmtree(sweep.folder / "span")
        for case in range(cases):
            mode = modes[case % len(modes)]
            ranks, out = MODES[mode][0], sweep.folder / f"run{case}"
            number = SIGNALS[(case // len(modes)) % len(SIGNALS)]
            sent = [number] + [rng.choice([number, rng.choice(SIGNALS)]) for _ in range(rng.choice([0, 0, 1, 3]))]
            at = rng.random() * (0.1 if case % 3 == 2 else span[mode])
            for later in (0, 0.1, 0.3):
                pid, done, code, took = signalled(sweep, mode, out, at + later, sent, rng)
                here = f"case {case}, {mode}, {[signal.Signals(s).name for s in done]} after {at + later:.3f} s"
                said = out.with_suffix(".log").read_text(errors="replace")
                if later == 0.3 or not mpirun_crashed(pid, ranks, code, said):
                    break
                # Open MPI 4.1 does, signalled while it starts: such a case says nothing of lorasweep.
                print(f"{here}: mpirun itself crashed, once more and later", flush=True)
                shutil.rmtree(out, ignore_errors=True)
                out.with_suffix(".log").unlink()
            if code is None:
                problems.say(f"{here}: did not end in {PATIENCE} s")
                continue
            slowest = max(slowest, took)
            codes[code] += 1
            journal = bytes_of(out / "journal")
            if code not in allowed(done, ranks, bool(journal) or "workers" in said, sweep.is_finished(out)):
                problems.say(f"{here}: code {code}: {last_line(said)}")
            if wrong := sweep.what_is_wrong(out):
                problems.say(f"{here}: {wrong}")
            kept = journal[: frames_of(journal)[-1].end] if frames_of(journal) else b""
            again = subprocess.run(sweep.run_command(out), capture_output=True, text=True, env=ENVIRONMENT, timeout=120)
            if again.returncode != 0 or not sweep.is_finished(out):
                problems.say(f"{here}: continued, code {again.returncode}, {digest_of(out / 'results.h5')}: {last_line(again.stderr)}")
            if not bytes_of(out / "journal").startswith(kept):
                problems.say(f"{here}: {len(kept)} recorded bytes are not there any more")
            shutil.rmtree(out, ignore_errors=True)
    print(f"{cases} signalled sweeps, codes {dict(sorted(codes.items()))}, at most {slowest:.1f} s to end, {problems.count} problems")
    return 1 if problems.count else 0


if __name__ == "__main__":
    sys.exit(main())
