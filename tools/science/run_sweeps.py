#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Runs the sweeps of sweeps.py, one after the other. What is finished is skipped, what was interrupted is continued.
"""usage: tools/science/run_sweeps.py LORASWEEP OUT [--bbh DIR] [--limit N] [--seeds 1] [--only demo|bbh]
LORASWEEP  the program, for instance build/release/lorasweep
OUT        a directory for the runs: OUT/demo/<sweep>, OUT/bbh/<sweep>
--bbh      a checkout of BIG-Bench Hard, or $LORASWEEP_BBH_DIR; without one only the demo's tasks are swept
--limit    test examples of a task of BIG-Bench Hard (default 10)
--seeds    seeds for BIG-Bench Hard (default 1)
Nice it if the machine is shared. tools/science/write_page.py OUT then writes docs/science.md."""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import time

from sweeps import SUITES

TREE = pathlib.Path(__file__).resolve().parents[2]
PROMPT = r"tasks.prompt={instruction}\n\nQ: {input}\nA:"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--bbh", type=pathlib.Path, default=os.environ.get("LORASWEEP_BBH_DIR"))
    parser.add_argument("--limit", type=int, default=10)
    parser.add_argument("--seeds", default="1")
    parser.add_argument("--only", choices=list(SUITES))
    return parser.parse_args()


def flags_of(suite, options):
    if suite == "demo":
        return []
    return ["--set", f"tasks.path={pathlib.Path(options.bbh) / 'bbh'}", "--set", f"tasks.limit={options.limit}", "--set", PROMPT,
            "--set", f"search.seeds={options.seeds}"]


def run(options, suite, sweep):
    """Whether it is there now. Seconds that it took, also in vain, go into OUT/seconds.jsonl."""
    directory = options.out / suite / sweep.name
    if (directory / "COMPLETE").exists() and (directory / "results.h5").exists():
        return True
    directory.parent.mkdir(parents=True, exist_ok=True)
    command = [options.program, "run", TREE / "demo" / "sweep.toml", "--out", directory, *flags_of(suite, options), *sweep.flags()]
    began = time.monotonic()
    with open(directory.with_suffix(".log"), "ab") as log:
        code = subprocess.run([str(word) for word in command], stdout=log, stderr=log).returncode
    seconds = time.monotonic() - began
    with open(options.out / "seconds.jsonl", "a") as file:
        file.write(json.dumps({"suite": suite, "sweep": sweep.name, "seconds": round(seconds, 1), "code": code}) + "\n")
    print(f"{suite} {sweep.name}: {'done' if code == 0 else f'exit code {code}, see {log.name}'}, {seconds:.0f} s", flush=True)
    return code == 0


def main():
    options = arguments()
    options.out.mkdir(parents=True, exist_ok=True)
    missing = 0
    for suite, sweeps in SUITES.items():
        if options.only not in (None, suite):
            continue
        if suite == "bbh" and not options.bbh:
            print("no checkout of BIG-Bench Hard: --bbh or LORASWEEP_BBH_DIR names one")
            continue
        missing += sum(not run(options, suite, sweep) for sweep in sweeps())
    if missing:
        sys.exit(f"{missing} sweeps are not finished: run the same command again")


if __name__ == "__main__":
    main()
