#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Lets every single call fail by which lorasweep writes or reads, one in each run of the program, and looks at what is left.

Usage: failing_calls.py PROGRAM SHIM DEMO [--long] [--only collect,readback,run,resume,export]
SHIM is io_fault.c as a shared library, DEMO the folder demo/. The short form tries some of the calls, --long all.
What must hold, whichever call failed and how:
- the program ends by itself with code 0 or 5, in a minute (or with 4, where results or directories could not be read);
- with 0, what it made is what an undisturbed run makes, in every dataset and file;
- with 5, it says which file and the system's reason, without addresses; older results are untouched, nothing is left beside;
- the same command, given again without the fault (after every third), ends with 0 and the same results: nothing acknowledged was lost.
Instead of failing, the program is also killed before the call: then, too, older results are untouched or the new ones whole, and
the same command given again makes them.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

try:
    import h5py
    import numpy
except ImportError as missing:
    print("SKIPPED:", missing, "(Debian: python3-h5py python3-numpy)")
    sys.exit(77)

KINDS = {"ENOSPC": "No space left on device", "EIO": "Input/output error", "EDQUOT": "Disk quota exceeded",
         "short": "No space left on device", "full": "No space left on device", "ENOLCK": "No locks available",
         "ESTALE": "Stale file handle", "dead": "Input/output error"}  # fmt: skip
LOST = "lost"  # a write that says it was done and was not: only comparing finds it
KILL_BEFORE = ["pwrite", "write", "fsync", "fdatasync", "rename", "ftruncate"]
# Each call with the kinds that it can have.
WRITES = ["ENOSPC", "EIO", "EDQUOT", "short", "full"]
CALLS = {"pwrite": WRITES, "write": [*WRITES, "EINTR"], "fsync": ["EIO", "ENOSPC"], "fdatasync": ["EIO", "EDQUOT"],
         "rename": ["EIO", "ENOSPC"], "open": ["ENOSPC", "EDQUOT", "EIO"], "close": ["EIO", "EDQUOT"], "ftruncate": ["EIO"],
         "fallocate": ["ENOSPC", "EIO"], "mkdir": ["ENOSPC", "EIO"], "unlink": ["EIO"], "flock": ["ENOLCK", "EIO"],
         "openread": ["EIO"], "pread": ["EIO", "dead", "short", "EINTR"], "read": ["EIO", "short"], "stat": ["EIO", "ESTALE"],
         "opendir": ["EIO"], "readdir": ["EIO"]}  # fmt: skip
READS = ["openread", "pread", "read", "stat", "opendir", "readdir"]
HARMLESS = [("pread", "short"), ("read", "short"), ("write", "EINTR"), ("pread", "EINTR")]  # nothing failed
# Kept in no promise: who took the lock, and when and where something was computed.
VOLATILE_FILES = {"journal.owner"}
VOLATILE = ["/provenance", "/evaluations/t_finished_utc", "/evaluations/duration_s", "/evaluations/worker_rank", "/evaluations/attempt"]  # fmt: skip


def contents(path, is_rerun):
    """Every attribute and value of a results file; of a second run of a sweep only what does not tell when and where."""
    found = {}
    with h5py.File(path, "r") as file:

        def add(name, item):
            place = "/" + name
            if is_rerun and any(place == v or place.startswith(v + "/") for v in VOLATILE):
                return
            for key in item.attrs.keys():
                if key not in ("DIMENSION_LIST", "REFERENCE_LIST"):
                    found[place, key] = repr(item.attrs[key])
            if isinstance(item, h5py.Dataset):
                values = item[()]
                found[place, ""] = values.tobytes() if isinstance(values, numpy.ndarray) and values.dtype != object else repr(values if not isinstance(values, numpy.ndarray) else values.tolist())  # noqa: E501

        file.visititems(add)
        for key in file.attrs.keys():
            if key != "created_utc" and not (is_rerun and key == "run_uuid"):
                found["/", key] = repr(file.attrs[key])
    return found


class Operation:
    """A command of lorasweep; `prepare` makes an empty folder ready for it, `made` says what it made there."""

    def __init__(self, name, arguments, prepare, made, is_continued=False, is_part=lambda after, expected: False,
                 process=""):  # fmt: skip
        self.name, self.arguments, self.prepare, self.made = name, arguments, prepare, made
        self.is_continued, self.is_part = is_continued, is_part
        self.process = process  # calls fail only in the process that was started with this word


class Matrix:
    def __init__(self, options):
        self.program, self.shim, self.is_long = options.program, options.shim, options.long
        memory = Path("/dev/shm")  # where syncing takes no time
        self.folder = Path(tempfile.mkdtemp(prefix="faults_", dir=memory if os.access(memory, os.W_OK) else None))
        self.problems, self.tried = 0, 0
        shutil.copytree(options.demo, self.folder / "demo")
        self.sweep = self.folder / "demo" / "small.toml"
        shutil.copy(Path(__file__).parent / "small.toml", self.sweep)
        self.whole = self.folder / "whole"
        subprocess.run([self.program, "run", self.sweep, "--out", self.whole], check=True, capture_output=True)
        self.work = self.folder / "work"

    def run(self, operation, fault):
        environment = dict(os.environ, LD_PRELOAD=self.shim, **fault)
        return subprocess.run([self.program, *operation.arguments(self.work)], env=environment, capture_output=True, text=True,
                              errors="replace", timeout=60)  # fmt: skip

    def say(self, problem):
        print("WRONG:", problem, flush=True)
        self.problems += 1

    def begin(self, operation):
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir()
        operation.prepare(self.work)

    # Continuing takes a second run: after every third failure.
    def is_to_be_continued(self, operation, kind):
        return kind == "kill" or (operation.is_continued and self.tried % 3 == 0)

    def judge(self, operation, expected, before, call, kind, at):
        """Whether the fault struck; what is wrong goes to `problems`."""
        mark = self.folder / "mark"
        mark.unlink(missing_ok=True)
        self.begin(operation)
        here = f"{operation.name}: {kind} in {call} {at}"
        fault = {"FAULT_CALL": call, "FAULT_KIND": kind, "FAULT_AT": str(at), "FAULT_MARK": str(mark),
                 "FAULT_PATH": str(self.folder if call in READS else self.work), "FAULT_PROGRAM": Path(self.program).name,
                 "FAULT_ARGUMENT": operation.process}  # fmt: skip
        try:
            ended = self.run(operation, fault)
        except subprocess.TimeoutExpired:
            self.say(f"{here}: did not end in a minute")
            return True
        if not mark.exists():
            return False
        self.tried += 1
        last = ended.stderr.strip().splitlines()[-1] if ended.stderr.strip() else ""
        after = operation.made(self.work)
        if kind == "kill":
            if ended.returncode not in (-9, 128 + 9) or (after not in (before, expected) and not operation.is_part(after, expected)):
                self.say(f"{here}: code {ended.returncode}, and what was there is neither as before nor whole")
        elif ended.returncode == 0:
            if after != expected:
                self.say(f"{here}: code 0, but not what an undisturbed run makes")
        elif ended.returncode not in self.codes(operation, call, kind) or (call, kind) in HARMLESS:
            self.say(f"{here}: code {ended.returncode}: {last[:200]}")
        else:
            is_said = (KINDS.get(kind, "read back") in ended.stderr or 4 in self.codes(operation, call, kind)
                       or (operation.process and kind == "EIO" and "ended with signal" in ended.stderr))  # fmt: skip
            if not is_said or str(self.folder) not in ended.stderr or "0x" in ended.stderr:
                self.say(f"{here}: code {ended.returncode}, but says: {last[:200]}")
            left = [p.name for p in self.work.rglob("*.tmp")]
            if left and call != "unlink":
                self.say(f"{here}: leaves {left}")
            if after not in (before, expected) and not operation.is_part(after, expected):
                self.say(f"{here}: code 5, and what was there is neither as before nor whole")
        if not self.is_to_be_continued(operation, kind):
            return True
        again = self.run(operation, {"FAULT_CALL": ""})
        if again.returncode != 0 or operation.made(self.work) != expected:
            self.say(f"{here}: given again, code {again.returncode}: {again.stderr.strip()[-200:]}")
        return True

    @staticmethod
    def codes(operation, call, kind):
        """Where a stranger's results file or a directory is read, it is not always told why that failed: HDF5 crashes on some reads
        that fail. Where the disk goes on refusing, it is."""
        is_told = (call not in READS or kind == "dead" or operation.process
                   or (operation.name != "export" and call in ("openread", "pread")))  # fmt: skip
        return (5,) if is_told else (4, 5)

    def try_operation(self, operation):
        self.begin(operation)
        before = operation.made(self.work)
        self.run(operation, {"FAULT_CALL": ""})
        expected = operation.made(self.work)
        for call, kinds in self.faults(operation):
            at = 1
            while self.judge(operation, expected, before, call, kinds[at % len(kinds)], at):
                at += self.step(operation, call, at)

    def faults(self, operation):
        """Calls, with the kinds that take turns. A sweep writes its results as `collect` does, which has every kind at every write."""
        if operation.process:  # it only reads
            return [("pread", [kind]) for kind in CALLS["pread"]] + [("openread", ["EIO"]), ("pread", ["kill"])]
        found = [(call, [kind]) for call, kinds in CALLS.items() for kind in (kinds if self.is_long else kinds[:1])]
        found += [("pwrite", [LOST])] + [(call, ["kill"]) for call in KILL_BEFORE]
        if operation.name == "export":
            found.append(("pread", ["dead"]))
        if self.is_long and operation.is_continued:
            found = [(call, kinds) for call, kinds in found if call != "pwrite"] + [("pwrite", [*WRITES, LOST, "kill"])]
        return found

    def step(self, operation, call, at):
        """The long form takes all calls that write; of those that read, the first and ever fewer, and so does the short form of all."""
        if at < 2 or (self.is_long and call not in READS):
            return 1
        return 1 + (at // 8 if self.is_long else at * (2 if operation.is_continued else 1))

    def operations(self):
        whole_results = self.whole / "results.h5"

        def old_results(work):
            (work / "out.h5").write_bytes(b"\x89HDF\r\n\x1a\nolder")

        def collected(work):
            bytes_there = (work / "out.h5").read_bytes()
            return "older" if bytes_there.endswith(b"older") else contents(work / "out.h5", False)

        def half_a_journal(work):
            (work / "run").mkdir()
            journal = (self.whole / "journal").read_bytes()
            (work / "run" / "journal").write_bytes(journal[: len(journal) * 2 // 3])

        def results_of_run(work):
            results = work / "run" / "results.h5"
            return contents(results, True) if results.exists() else None

        def exported(work):
            out = work / "tables"
            return {p.name: p.read_bytes() for p in out.rglob("*") if p.is_file() and p.suffix != ".tmp"} if out.exists() else {}

        return [
            Operation("collect", lambda w: ["collect", self.whole, "-o", w / "out.h5"], old_results, collected),
            Operation("readback", lambda w: ["collect", self.whole, "-o", w / "out.h5"], old_results, collected, process="read-back"),
            Operation("run", lambda w: ["run", self.sweep, "--out", w / "run"], lambda w: None, results_of_run, True),
            Operation("resume", lambda w: ["run", self.sweep, "--out", w / "run"], half_a_journal, results_of_run, True),
            Operation("export", lambda w: ["export", whole_results, "--format", "csv", "-o", w / "tables"], lambda w: None, exported,
                      is_part=lambda after, expected: after.items() <= expected.items()),
        ]  # fmt: skip


def main():
    parser = argparse.ArgumentParser()
    for name in ("program", "shim", "demo"):
        parser.add_argument(name)
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--only", default="collect,readback,run,resume,export")
    options = parser.parse_args()
    matrix = Matrix(options)
    try:
        for operation in matrix.operations():
            if operation.name in options.only.split(","):
                before = matrix.tried
                matrix.try_operation(operation)
                print(f"{operation.name}: {matrix.tried - before} calls failed", flush=True)
    finally:
        shutil.rmtree(matrix.folder, ignore_errors=True)
    print(f"{matrix.tried} calls failed, {matrix.problems} times something was wrong")
    return 1 if matrix.problems or matrix.tried == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
