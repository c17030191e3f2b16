#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the program with less and less memory (`ulimit -v`), down to where it cannot even be loaded.

Usage: little_memory.py PROGRAM DEMO [--long] [--only NAME]
What must hold at every limit, for every command:
- the program ends by itself with a code of docs/errors.md, never by a signal, and where it is 1, it says that memory is what it lacks
  (or OpenMP does, of which threads it could not start);
- a run that it ended continues, with memory enough, to the results of a run that was never disturbed;
- over MPI, a rank that has too little is lost or ends the job with such a code.
The short form tries some limits of some commands, --long one every 2 MB of all.
"""

import argparse
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

MB = 1 << 20
DOCUMENTED = {0, 1, 75}  # 2 to 5 would blame the configuration, a file or the file system, which are right
SWEEP = ["--set", "adapters.count=3", "--set", "tasks.limit=2", "--set", "tasks.names=noun_families", "--set", "search.budget=4",
         "--set", "search.seeds=1", "--set", "predict.max_new_tokens=4"]  # fmt: skip
WAYS = {
    "three workers": ["--set", "run.workers=3"],
    "two threads": ["--set", "run.workers=1", "--set", "run.threads=2"],
    "one worker": ["--set", "run.workers=1"],
    "bf16": ["--set", "run.workers=1", "--set", "model.dtype=bf16"],
    "exact": ["--set", "run.workers=2", "--set", "search.composition=exact"],
}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("demo", type=Path)
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--only", default="", help="what has this in its name: one worker, inspect, rank 1, ...")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        trial = Trial(arguments.program, arguments.demo, Path(folder), arguments.long, arguments.only)
        trial.all()
        print(f"{trial.tried} times with little memory: {trial.ends}")


class Trial:
    def __init__(self, program, demo, work, is_long, only):
        self.program, self.work, self.is_long, self.only = program, work, is_long, only
        self.tried, self.ends = 0, {}
        shutil.copytree(demo, work / "demo")
        self.config = str(work / "demo" / "sweep.toml")

    def all(self):
        whole = self.work / "whole"
        self.command(["run", self.config, *SWEEP, "--out", str(whole)], expected=0)
        results = str(whole / "results.h5")
        for name, way in list(WAYS.items())[: None if self.is_long else 2]:
            reference = self.work / "reference"
            shutil.rmtree(reference, ignore_errors=True)
            self.command(["run", self.config, *SWEEP, *way, "--out", str(reference)], expected=0)
            self.descend(name, lambda limit, way=way, reference=reference: self.run(limit, way, self.digest(reference)))
        readers = {
            "validate": ["validate", self.config, *SWEEP],
            "status": ["status", str(whole)],
            "inspect": ["inspect", results],
            "inspect of a run": ["inspect", str(whole)],
            "inspect of a model": ["inspect", str(self.work / "demo" / "base")],
            "collect": ["collect", str(whole), "-o", str(self.work / "collected.h5")],
            "csv": ["export", results, "--format", "csv", "-o", str(self.work / "csv")],
            "adapters": ["export", results, "--format", "adapter", "-o", str(self.work / "exported")],
        }
        for name, words in readers.items():
            self.descend(name, lambda limit, words=words, name=name: self.read(limit, words, name))
        if shutil.which("mpirun"):
            for limited in (0, 1) if self.is_long else (1,):
                self.descend(f"rank {limited} of 3", lambda limit, limited=limited: self.over_mpi(limit, limited, self.digest(whole)))

    def descend(self, name, attempt):
        """From plenty downwards; the first limit at which the command fails is found by halving, then come those below."""
        if self.only not in name:
            return
        low, high = self.loads(), 1024 * MB
        while high - low > (4 if self.is_long else 12) * MB:
            middle = (low + high) // 2
            if attempt(middle) == 0:
                high = middle
            else:
                low = middle
        least = self.loads()
        step = 2 * MB if self.is_long else max(2 * MB, (high - least) // 4)
        codes = [attempt(limit) for limit in range(high + 2 * MB, least, -step)]
        print(f"{name}: {high // MB} MB are enough; below: {codes}", flush=True)

    def loads(self):
        """The least memory in which the program's libraries can be loaded: below, the loader has the word."""
        if not hasattr(self, "least"):
            low, self.least = 8 * MB, 1024 * MB
            while self.least - low > MB:
                middle = (low + self.least) // 2
                if self.start(["--version"], middle).returncode == 0:
                    self.least = middle
                else:
                    low = middle
        return self.least

    def start(self, words, limit=None, launcher=None):
        def set_limits():
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            if limit is not None:
                resource.setrlimit(resource.RLIMIT_AS, (limit, limit))

        environment = dict(os.environ, OMP_WAIT_POLICY="passive", OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")
        return subprocess.run(launcher or [self.program, *words], preexec_fn=set_limits, env=environment, capture_output=True,
                              text=True, timeout=240, check=False)  # fmt: skip

    def command(self, words, limit=None, expected=None):
        result = self.start(words, limit)
        self.judge(result, words, limit)
        assert expected is None or result.returncode == expected, (words, result.returncode, result.stderr)
        return result

    def judge(self, result, words, limit):
        self.tried += 1
        self.ends[result.returncode] = self.ends.get(result.returncode, 0) + 1
        assert result.returncode in DOCUMENTED, (words, limit, result.returncode, result.stderr[-2000:])
        if result.returncode == 1:
            assert re.search("out of memory|no thread can be started|Thread creation failed", result.stderr), (words, limit, result.stderr[-2000:])

    def run(self, limit, way, digest):
        out = self.work / "out"
        shutil.rmtree(out, ignore_errors=True)
        words = ["run", self.config, *SWEEP, *way, "--out", str(out)]
        code = self.command(words, limit).returncode
        self.continues(words, out, digest)
        return code

    def continues(self, words, out, digest):
        result = self.start(words)
        assert result.returncode == 0, (words, result.returncode, result.stderr)
        assert self.digest(out) == digest, words

    def read(self, limit, words, name):
        for made in ("csv", "exported"):
            shutil.rmtree(self.work / made, ignore_errors=True)
        return self.command(words, limit).returncode

    def over_mpi(self, limit, limited, digest):
        out = self.work / "mpi"
        shutil.rmtree(out, ignore_errors=True)
        words = ["run", self.config, *SWEEP, "--out", str(out)]
        everybody = []
        for rank in range(3):
            inner = f"ulimit -c 0; {f'ulimit -v {limit // 1024}; ' if rank == limited else ''}exec \"$0\" \"$@\""
            everybody += [*([":"] if rank else []), "-n", "1", "bash", "-c", inner, self.program, *words]
        result = self.start([], launcher=["mpirun", "--oversubscribe", "--bind-to", "none", *everybody])
        return self.judge_mpi(result, words, limit, out, digest)

    def judge_mpi(self, result, words, limit, out, digest):
        self.tried += 1
        self.ends[result.returncode] = self.ends.get(result.returncode, 0) + 1
        assert result.returncode in DOCUMENTED, (words, limit, result.returncode, result.stderr[-4000:])
        self.continues(words, out, digest)
        return result.returncode

    def digest(self, directory):
        return json.loads(self.start(["inspect", "--json", str(directory / "results.h5")]).stdout)["content_sha256"]


if __name__ == "__main__":
    sys.exit(main())
