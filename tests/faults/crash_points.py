#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every state that a kill or a power failure can leave between two writes of a run, continued.

Usage: crash_points.py PROGRAM RECORDER DEMO [EVERY [FIRST [SEED]]]
RECORDER is io_record.c as a shared library. All calls by which a fresh run, and then a continued one, changes files are written
down. For every prefix of them (or every EVERY-th from FIRST on) these states are made and continued:
- killed: all of the prefix happened;
- power, least: of files what was synced, of names what their directory had when it was synced, nothing else;
- power, some: beyond that, any pages of what was written and not synced, any lengths, and some of the names.
No state may call itself complete without whole results. It must continue to the results of an undisturbed run, and what was
synced to the journal must be in it afterwards, byte for byte.
"""

import hashlib
import os
import random
import shutil
import struct
import subprocess
import sys
from collections import Counter
from pathlib import Path

from small_sweep import ENVIRONMENT, Problems, SmallSweep, bytes_of, digest_of, last_line


class Call:
    def __init__(self, what, path, second, offset, data):
        self.what, self.path, self.second, self.offset, self.data = what, path, second, offset, data


def read_calls(path):
    recorded, at, calls = path.read_bytes(), 0, []

    def text():
        nonlocal at
        (length,) = struct.unpack_from("<I", recorded, at)
        at += 4 + length
        return recorded[at - length : at]

    while at < len(recorded):
        what = chr(recorded[at])
        at += 1
        names = text().decode(), text().decode()
        (offset,) = struct.unpack_from("<Q", recorded, at)
        at += 8
        calls.append(Call(what, *names, offset, text()))
    return calls


class File:
    def __init__(self):
        self.now, self.synced = bytearray(), b""

    def some(self, rng):
        """Synced bytes, with any pages of what is newer, and any of both lengths."""
        kept = bytearray(self.synced.ljust(len(self.now), b"\0"))
        page = rng.choice([64, 512, 4096])
        for at in range(0, len(self.now), page):
            if rng.random() < 0.5:
                kept[at : at + page] = self.now[at : at + page]
        return bytes(kept[: rng.choice([len(self.now), len(self.synced)])])


class Disk:
    """Names and files, as they are and as a power failure would leave them."""

    def __init__(self, root):
        self.root = root
        self.names, self.synced_names = {root: None}, {root: None}  # None: a directory
        self.renamings = []  # names as they were before each change that was not synced

    def do(self, call):
        if call.what == "s":
            return self.sync(call.path)
        if call.what in "oxmru" and not (call.what in "ox" and call.path in self.names):
            self.renamings.append(dict(self.names))
        if call.what == "m":
            self.names[call.path] = None
        elif call.what == "r":
            self.names[call.second] = self.names.pop(call.path)
        elif call.what == "u":
            self.names.pop(call.path, None)
        else:
            file = self.names.setdefault(call.path, File())
            if call.what == "x":
                file.now = bytearray()
            elif call.what == "t":
                file.now = file.now[: call.offset].ljust(call.offset, b"\0")
            elif call.what == "w":
                file.now = file.now.ljust(call.offset, b"\0")
                file.now[call.offset : call.offset + len(call.data)] = call.data

    def sync(self, path):
        file = self.names.get(path)
        if file is not None:
            file.synced = bytes(file.now)
            return
        for names, newer in ((self.synced_names, self.names), *((names, self.names) for names in self.renamings)):
            for name in [n for n in names if os.path.dirname(n) == path]:
                del names[name]
            names.update({n: f for n, f in newer.items() if os.path.dirname(n) == path})

    @staticmethod
    def reachable(names, root):
        """Without the files of directories whose own names were lost."""
        def is_there(name):
            return name == root or (name in names and is_there(os.path.dirname(name)))
        return {name: file for name, file in names.items() if is_there(name)}  # fmt: skip

    def killed(self):
        return {name: None if file is None else bytes(file.now) for name, file in self.names.items()}

    def least(self):
        return {n: None if f is None else f.synced for n, f in self.reachable(self.synced_names, self.root).items()}

    def some(self, rng):
        names = rng.choice([self.synced_names, self.names, *self.renamings[-3:]])
        return {n: None if f is None else f.some(rng) for n, f in self.reachable(names, self.root).items()}


def make(state, root, place):
    """The files of `state`, which were below `root`, below `place`."""
    shutil.rmtree(place, ignore_errors=True)
    for name in sorted(state):
        path = place / os.path.relpath(name, root)
        if state[name] is None:
            path.mkdir(parents=True, exist_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(state[name])


class Replay:
    def __init__(self, sweep, recorder, rng):
        self.sweep, self.recorder, self.rng = sweep, recorder, rng
        self.seen, self.tried, self.problems = set(), Counter(), Problems()

    def record(self, out):
        log = self.sweep.folder / "calls"
        log.unlink(missing_ok=True)
        environment = dict(ENVIRONMENT, LD_PRELOAD=self.recorder, RECORD_PROGRAM=Path(self.sweep.program).name,
                           RECORD_PATH=str(out.parent), RECORD_TO=str(log))  # fmt: skip
        subprocess.run(self.sweep.run_command(out), check=True, capture_output=True, env=environment)
        return read_calls(log)

    def continue_from(self, state, root, promised, here, kind):
        fingerprint = hashlib.sha256(repr(sorted((n, d if d is None else hashlib.sha256(d).digest()) for n, d in state.items())).encode())
        if fingerprint.digest() in self.seen:
            return
        self.seen.add(fingerprint.digest())
        self.tried[kind] += 1
        place = self.sweep.folder / "place"
        make(state, root, place)
        journal = place / "run" / "journal"
        if not bytes_of(journal).startswith(promised):
            self.problems.say(f"{here}, {kind}: of {len(promised)} synced bytes of the journal not all are there")
        if wrong := self.sweep.what_is_wrong(place / "run"):
            self.problems.say(f"{here}, {kind}: {wrong}")
        try:
            ended = subprocess.run(self.sweep.run_command(place / "run"), capture_output=True, text=True, timeout=60)
        except subprocess.TimeoutExpired:
            return self.problems.say(f"{here}, {kind}: not continued in a minute")
        if ended.returncode != 0 or not self.sweep.is_finished(place / "run"):
            self.problems.say(f"{here}, {kind}: code {ended.returncode}, {digest_of(place / 'run' / 'results.h5')}: {last_line(ended.stderr)}")
        if not bytes_of(journal).startswith(promised):
            self.problems.say(f"{here}, {kind}: {len(promised)} synced bytes of the journal are not there any more")
        if left := list(place.rglob("*.tmp")):
            self.problems.say(f"{here}, {kind}: leaves {[p.name for p in left]}")

    def replay(self, what, begun_with, every, first):
        root = self.sweep.folder / "recorded"
        shutil.rmtree(root, ignore_errors=True)
        root.mkdir()
        disk = Disk(str(root))
        if begun_with:
            (root / "run").mkdir()
            (root / "run" / "journal").write_bytes(begun_with)
            for names in (disk.names, disk.synced_names):
                names[str(root / "run")] = None
            file = disk.names[str(root / "run" / "journal")] = disk.synced_names[str(root / "run" / "journal")] = File()
            file.now, file.synced = bytearray(begun_with), begun_with
        calls = self.record(root / "run")
        journal, promised = str(root / "run" / "journal"), b""
        for number, call in enumerate(calls):
            if number % 100 == 99:
                print(f"  {what}, call {number + 1} of {len(calls)}: {sum(self.tried.values())} states", flush=True)
            here = f"{what}: before call {number + 1} of {len(calls)} ({call.what} {os.path.basename(call.path)})"
            if number % every == first:
                self.continue_from(disk.killed(), str(root), promised, here, "killed")
                self.continue_from(disk.least(), str(root), promised, here, "power, least")
                self.continue_from(disk.some(self.rng), str(root), promised, here, "power, some")
            disk.do(call)
            if call.what == "s" and call.path == journal:
                promised = bytes(disk.names[journal].now)
        return len(calls)


def main():
    program, recorder, demo = sys.argv[1:4]
    every = int(sys.argv[4]) if len(sys.argv) > 4 else 1
    first = int(sys.argv[5]) if len(sys.argv) > 5 else 0
    rng = random.Random(int(sys.argv[6]) if len(sys.argv) > 6 else 1)
    with SmallSweep(program, demo) as sweep:
        replay = Replay(sweep, recorder, rng)
        calls = replay.replay("fresh run", b"", every, first)
        calls += replay.replay("continued run", sweep.journal[: len(sweep.journal) * 2 // 3], every, first)
    states = ", ".join(f"{kind}: {count}" for kind, count in replay.tried.items())
    print(f"{calls} calls, every {every}. from {first} on, different states: {states}; {replay.problems.count} problems")
    return 1 if replay.problems.count or not replay.tried else 0


if __name__ == "__main__":
    sys.exit(main())
