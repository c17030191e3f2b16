#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Torch archives, changed at random and by rule: lorasweep must refuse whatever torch.load(weights_only=True) refuses,
and read the same values where both accept.

Usage: torch_archives.py DIGESTS [MUTANTS [SEED]]
DIGESTS is the built program torch_archive_digests. Needs torch and numpy; exits 77 without them.
"""

import ast
import collections
import hashlib
import io
import pickletools
import random
import subprocess
import sys
import tempfile
import warnings
import zipfile
from pathlib import Path

try:
    import numpy
    import torch
except ImportError:
    print("torch is not here: nothing was compared")
    sys.exit(77)


def saved(**tensors):
    """The entries of an archive as torch.save writes it, in its order."""
    buffer = io.BytesIO()
    torch.save(collections.OrderedDict(tensors), buffer)
    with zipfile.ZipFile(buffer) as archive:
        return [(item.filename, archive.read(item)) for item in archive.infolist()], buffer.getvalue()


def zipped(entries):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a name twice is one of the mutations
        for name, content in entries:
            archive.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()


def seeds():
    ramp = torch.arange(6, dtype=torch.float32)
    state = collections.OrderedDict(w=ramp.reshape(2, 3).clone())
    state._metadata = collections.OrderedDict({"": {"version": 1}})
    buffer = io.BytesIO()
    torch.save(state, buffer)
    with zipfile.ZipFile(buffer) as archive:
        with_metadata = [(i.filename, archive.read(i)) for i in archive.infolist()]
    return [
        saved(a=ramp.reshape(2, 3).clone(), b=ramp.half()),
        saved(a=torch.nn.Parameter(ramp.clone()), b=ramp.bfloat16().reshape(3, 2).t()),
        saved(a=torch.arange(5), b=torch.tensor(2.5), c=torch.zeros(0, 3), d=ramp.double()),
        saved(a=ramp[1:4], b=ramp[:2]),
        (with_metadata, buffer.getvalue()),
    ]


def operations(pickle):
    """The pickle cut into its opcodes with their arguments."""
    places = [place for _, _, place in pickletools.genops(pickle)] + [len(pickle)]
    return [pickle[a:b] for a, b in zip(places, places[1:])]


SNIPPETS = [bytes([c]) for c in b"\x85\x86\x87\x88\x89cQRb(t)}]aesuN.0123"] + [
    b"K\x00", b"K\x01", b"K\x05", b"M\x06\x00", b"J\xff\xff\xff\xff", b"J\x02\x00\x00\x00", b"\x8a\x01\x07", b"\x8a\x00",
    b"\x8a\x09" + b"\x01" * 9, b"G" + b"\x3f\xf0" + b"\x00" * 6,
    b"X\x01\x00\x00\x000", b"X\x01\x00\x00\x001", b"X\x03\x00\x00\x00cpu", b"X\x06\x00\x00\x00cuda:0",
    b"X\x04\x00\x00\x00meta", b"X\x01\x00\x00\x00\xff", b"X\x02\x00\x00\x00\xc3\xa9", b"X\x01\x00\x00\x00w",
    b"X\x09\x00\x00\x00_metadata", b"X\x03\x00\x00\x00neg", b"X\x04\x00\x00\x00conj", b"X\x05\x00\x00\x00items",
    b"h\x00", b"h\x01", b"h\x05", b"q\x01", b"q\x05", b"r\x05\x00\x00\x00", b"j\x05\x00\x00\x00",
    b"ctorch\nFloatStorage\n", b"ctorch\nHalfStorage\n", b"ctorch\nIntStorage\n", b"ctorch\nUntypedStorage\n",
    b"ccollections\nOrderedDict\n", b"ctorch._utils\n_rebuild_tensor_v2\n", b"ctorch._utils\n_rebuild_parameter\n",
    b"ccollections\nOrderedDict\n)R", b"}X\x03\x00\x00\x00neg\x88s", b"}X\x04\x00\x00\x00conj\x88s", b"}b", b"}}s",
]  # fmt: skip


def mutated_pickle(rng, pickle):
    parts = operations(pickle)
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        at = rng.randrange(1, len(parts))
        kind = rng.randrange(7)
        if kind == 0:
            del parts[at]
        elif kind == 1:
            parts.insert(at, rng.choice(SNIPPETS))
        elif kind == 2:
            parts[at] = rng.choice(SNIPPETS)
        elif kind == 3:
            parts.insert(at, rng.choice(parts[1:]))
        elif kind == 4:
            other = rng.randrange(1, len(parts))
            parts[at], parts[other] = parts[other], parts[at]
        elif kind == 5 and len(parts[at]) > 1:
            changed = bytearray(parts[at])
            changed[rng.randrange(1, len(changed))] = rng.choice([0, 1, 2, 6, 0x30, 0x31, 0x7F, 0x80, 0xFF])
            parts[at] = bytes(changed)
        elif kind == 6:  # one instead of another of the same opcode
            same = [p for p in parts if p[:1] == parts[at][:1]]
            parts[at] = rng.choice(same)
        if len(parts) < 3:
            break
    return b"".join(parts)


ODD_TEXTS = [b"", b"0", b"1", b"2", b"3", b"3\n", b"3\n\n", b" 3", b"+3", b"-1", b"3x", b"10", b"10\n", b"11", b"9999\n",
             b"99999999999999999999999", b"little", b"big", b"Little", b"little\n", b"\xff", b"0" * 40, b"\x00"]  # fmt: skip
ODD_NAMES = ["version", ".data/version", "byteorder", ".format_version", ".storage_alignment", ".data/serialization_id",
             "data/0", "data/00", "data/1", "data/9", "constants.pkl", "code/a.py", "extra", "DATA/0", "Data.pkl",
             "data.pkl", "x/data.pkl", "", "VERSION", "data/"]  # fmt: skip


def mutated_entries(rng, entries):
    entries = list(entries)
    root = entries[0][0].split("/")[0]
    for _ in range(rng.choice([1, 1, 2])):
        at = rng.randrange(len(entries))
        name, content = entries[at]
        kind = rng.randrange(8)
        if kind == 0:
            del entries[at]
        elif kind == 1:
            entries[at] = (name, rng.choice(ODD_TEXTS))
        elif kind == 2:
            new = (f"{root}/{rng.choice(ODD_NAMES)}", rng.choice(ODD_TEXTS + [rng.choice(entries)[1]]))
            entries.insert(rng.randrange(len(entries) + 1), new)
        elif kind == 3:
            entries[at] = (rng.choice([name.upper(), "a/" + name, name.replace(root, "other"), name.split("/", 1)[-1]]), content)
        elif kind == 4:
            rng.shuffle(entries)
        elif kind == 5:
            prefix = rng.choice(["a/b", "q", "", ".", "a//b", root.upper()])
            entries = [(n.replace(root, prefix, 1), c) for n, c in entries]
        elif kind == 6 and content:
            changed = bytearray(content)
            changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
            entries[at] = (name, bytes(changed))
        elif kind == 7 and content:
            entries[at] = (name, content[: rng.randrange(len(content))])
        if not entries:
            return [("archive/data.pkl", b"")]
    return entries


def mutant(rng, entries, raw):
    kind = rng.randrange(10)
    if kind < 6:
        return zipped([(n, mutated_pickle(rng, c) if n.endswith("data.pkl") else c) for n, c in entries])
    if kind < 9:
        return zipped(mutated_entries(rng, entries))
    changed = bytearray(raw)
    for _ in range(rng.choice([1, 1, 2, 4])):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed[: rng.randrange(len(changed))]) if rng.randrange(20) == 0 else bytes(changed)


def digest_of(tensor):
    kind = torch.float32 if tensor.dtype.is_floating_point else torch.int64
    values = tensor.detach().to(kind).resolve_neg().contiguous().numpy().astype("<f4" if kind == torch.float32 else "<i8")
    return "x".join(map(str, tensor.shape)), hashlib.sha256(values.tobytes()).hexdigest()[:16]


def read_by_torch(path):
    """None if torch refuses it; else {name: (shape, digest)}, or the type of what it holds instead of tensors."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            held = torch.load(path, map_location="cpu", weights_only=True)
    except Exception:  # noqa: BLE001: whatever it says, it refuses
        return None
    if not isinstance(held, dict) or not all(isinstance(t, torch.Tensor) for t in held.values()):
        return type(held).__name__
    return {name if isinstance(name, str) else repr(name): digest_of(tensor) for name, tensor in held.items()}


def torch_main():
    """The reading end: torch may crash, the comparison must not."""
    for path in sys.stdin:
        print(repr(read_by_torch(path.strip())), flush=True)


def answers(command, paths):
    """A line for each path; what crashes the program answers 'crashed'."""
    found, rest = [], list(paths)
    while rest:
        done = subprocess.run(command, input="\n".join(rest) + "\n", capture_output=True, text=True)
        lines = done.stdout.splitlines()
        found += lines
        rest = rest[len(lines) :]
        if rest:
            found.append("crashed")
            rest = rest[1:]
    return found


def ours(line):
    if line == "refused":
        return None
    if line == "crashed":
        return "crashed"
    parts = [part.rsplit("=", 2) for part in line.split(" ")[1:]]
    return {name: (shape, digest) for name, shape, digest in parts}


def main():
    digests, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 2000
    rng = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    wrong = collections.Counter()
    bases = seeds()
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for i in range(count):
            entries, raw = bases[i % len(bases)]
            path = Path(folder) / f"{i}.bin"
            path.write_bytes(raw if i < len(bases) else mutant(rng, entries, raw))
            paths.append(str(path))
        theirs = answers([sys.executable, __file__, "--torch"], paths)
        mine = answers([digests], paths)
        for path, their_line, my_line in zip(paths, theirs, mine, strict=True):
            their = "crashed" if their_line == "crashed" else ast.literal_eval(their_line)
            my = ours(my_line)
            verdict = "both refuse"
            if my == "crashed":
                verdict = "CRASH"
            elif my is not None and not isinstance(their, dict):
                verdict = "ACCEPTED THOUGH TORCH REFUSES"
            elif my is not None and my != their:
                verdict = "OTHER VALUES"
            elif my is not None:
                verdict = "both accept, same values"
            elif their is not None:
                verdict = "only torch accepts"
            wrong[verdict] += 1
            if verdict.isupper():
                kept = Path(tempfile.gettempdir()) / f"torch_archives_{Path(path).name}"
                kept.write_bytes(Path(path).read_bytes())
                print(f"{verdict}: {kept}: torch {their_line}, lorasweep {my_line}")
    for verdict, number in sorted(wrong.items()):
        print(f"{number:7} {verdict}")
    refused_seeds = [p for p, line in zip(paths[: len(bases)], mine) if line == "refused"]
    if refused_seeds:
        print("files as torch.save writes them were refused:", refused_seeds)
    return 1 if refused_seeds or any(verdict.isupper() for verdict in wrong) else 0


if __name__ == "__main__":
    sys.exit(torch_main() if sys.argv[1:] == ["--torch"] else main())
