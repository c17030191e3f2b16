# SPDX-License-Identifier: Apache-2.0
"""What the scripts beside it share: a sweep of a second over demo/, its results, and the bytes of its journal."""

import ctypes
import ctypes.util
import importlib.util
import os
import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

try:
    import h5py
except ImportError as missing:
    print("SKIPPED:", missing, "(Debian: python3-h5py python3-numpy)")
    sys.exit(77)

HERE = Path(__file__).parent
HEAD = struct.pack("<8sII", b"LSWPJRNL", 2, 0)
MANIFEST, SESSION, EVALUATION, PREDICTION, FAILURE, COMPLETE = range(1, 7)
MPI = ["mpirun", "--oversubscribe", "--bind-to", "none", "-n"]
ENVIRONMENT = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")


def content_digest(results):
    """The digest of what a results file holds, by the tool that shares no code with lorasweep."""
    return DIGEST_TOOL.content_sha256(results)


def load_digest_tool():
    path = HERE.parent.parent / "tools" / "verify_content_digest.py"
    spec = importlib.util.spec_from_file_location("verify_content_digest", path)
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    return tool


DIGEST_TOOL = load_digest_tool()


def digest_of(path):
    """What the file says of itself and what it holds must be one; nothing where there is no whole results file."""
    try:
        with h5py.File(path, "r") as file:
            said = file.attrs["content_sha256"]
            return said if said == content_digest(file) else f"says {said} and holds something else"
    except (OSError, KeyError) as error:
        return f"no results: {error}"


class SmallSweep:
    """A folder in memory, where syncing takes no time, with demo/, the small sweep's configuration and, in `whole`, its
    undisturbed run. To be used in `with`."""

    def __init__(self, program, demo):
        self.program = str(Path(program).absolute())
        memory = Path("/dev/shm")
        self.folder = Path(tempfile.mkdtemp(prefix="faults_", dir=memory if os.access(memory, os.W_OK) else None))
        for place in ("orte_tmpdir_base", "btl_vader_backing_directory", "osc_sm_backing_directory"):
            ENVIRONMENT[f"OMPI_MCA_{place}"] = str(self.folder)  # killed jobs leave their segments behind
        self.demo = self.folder / "demo"
        shutil.copytree(demo, self.demo)
        self.config = self.demo / "small.toml"
        shutil.copy(HERE / "small.toml", self.config)
        self.whole = self.folder / "whole"
        subprocess.run(self.run_command(self.whole), check=True, capture_output=True)
        self.journal = (self.whole / "journal").read_bytes()
        self.digest = digest_of(self.whole / "results.h5")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)

    def run_command(self, out, ranks=0, *more):
        return [*([*MPI, str(ranks)] if ranks else []), self.program, "run", str(self.config), "--out", str(out), *more]

    def is_finished(self, out):
        """Whether the folder holds what a finished run leaves: the results of this sweep, and COMPLETE of the same run."""
        try:
            with h5py.File(out / "results.h5", "r") as file:
                uuid = file.attrs["run_uuid"]
            return digest_of(out / "results.h5") == self.digest and (out / "COMPLETE").read_text() == uuid + "\n"
        except (OSError, KeyError):
            return False

    def what_is_wrong(self, out):
        """Of a folder whose run was interrupted anywhere: nothing may be half there."""
        if (out / "COMPLETE").exists() and not self.is_finished(out):
            return "COMPLETE without whole results of this run"
        if (out / "results.h5").exists() and digest_of(out / "results.h5") != self.digest:
            return "results that are not this sweep's: " + digest_of(out / "results.h5")
        return ""


class Frame(NamedTuple):
    begin: int
    end: int
    type: int
    sequence: int
    first: int
    payload: bytes


xxhash = ctypes.CDLL(ctypes.util.find_library("xxhash") or "libxxhash.so.0")
xxhash.XXH3_64bits.restype = ctypes.c_uint64
xxhash.XXH3_64bits.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
FRAME_HEAD = 21


def frames_of(journal):
    """The whole frames from the journal's head on, up to the first that is not (docs/formats/journal.md, version 2)."""
    found, at = [], len(HEAD)
    if journal[:at] != HEAD:
        return found
    while at + FRAME_HEAD + 8 <= len(journal):
        length, kind, sequence, first = struct.unpack("<IBQQ", journal[at : at + FRAME_HEAD])
        end = at + FRAME_HEAD + length + 8
        body = journal[at : end - 8]
        if end > len(journal) or struct.unpack("<Q", journal[end - 8 : end])[0] != xxhash.XXH3_64bits(body, len(body)):
            break
        found.append(Frame(at, end, kind, sequence, first, body[FRAME_HEAD:]))
        at = end
    return found


def journal_of(records):
    """A journal with right numbers and checksums; `records`: (type, payload), each an append of its own."""
    out = bytearray(HEAD)
    for number, (kind, payload) in enumerate(records):
        body = struct.pack("<IBQQ", len(payload), kind, number, number) + payload
        out += body + struct.pack("<Q", xxhash.XXH3_64bits(body, len(body)))
    return bytes(out)


def bytes_of(path):
    try:
        return Path(path).read_bytes()
    except FileNotFoundError:
        return b""


def last_line(text):
    lines = text.strip().splitlines()
    return lines[-1][:300] if lines else "(no message)"


class Problems:
    """Said at once and counted."""

    def __init__(self):
        self.count = 0

    def say(self, problem):
        print("WRONG:", problem, flush=True)
        self.count += 1
