#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Results files whose content no sweep ever had, with right digests: inspect and export must refuse them or show them, in
seconds and little memory, and never crash or call it a defect.

Usage: hostile_results.py PROGRAM DEMO DIGEST_TOOL [MUTANTS [SEED]]
DEMO is the folder demo/, DIGEST_TOOL is tools/verify_content_digest.py.
"""

import importlib.util
import random
import resource
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

TEXTS = ["", ".", "..", "x", "a" * 5000, "nul\x00", "{}", "null", "[" * 100000, '{"r": 1e999}', '{"r": 8, "lora_alpha": "8"}',
         '{"r": null, "lora_alpha": null}', '{"r": 4, "lora_alpha": 4, "rank_pattern": 3, "alpha_pattern": 3}',
         '{"r": 4, "lora_alpha": 4, "use_rslora": {}}', "\u202e"]  # fmt: skip
NUMBERS = [-1, -2, 0, 1, 127, -128, 2**31 - 1, -(2**31), 2**63 - 1, -(2**63)]
FLOATS = [numpy.nan, numpy.inf, -numpy.inf, 1e308, -0.0, 5e-324]
SHAPES = [(), (0,), (1,), (0, 0), (1, 0), (0, 7), (7,), (3, 5), (2, 2, 2)]


def odd_array(rng):
    shape = rng.choice(SHAPES)
    kind = rng.choice(["i1", "i4", "i8", "u4", "f4", "f8", "str"])
    if kind == "str":
        return numpy.full(shape, rng.choice([t for t in TEXTS if "\x00" not in t]), dtype=h5py.string_dtype())
    return numpy.full(shape, rng.choice([0, 1, 3])).astype(kind)


def objects(file):
    found = {}
    file.visititems(lambda name, item: found.update({name: item}))
    return found


def replace(file, name, values):
    del file[name]
    file.create_dataset(name, data=values)


def change_a_value(rng, file, name):
    item = file[name]
    if item.size == 0:
        return
    values = item[()]
    at = tuple(rng.randrange(n) for n in item.shape)
    if h5py.check_string_dtype(item.dtype):
        new = rng.choice([t for t in TEXTS if "\x00" not in t])
    elif item.dtype.kind == "f":
        new = rng.choice(FLOATS)
    else:
        limits = numpy.iinfo(item.dtype)
        new = rng.choice([n for n in NUMBERS if limits.min <= n <= limits.max])
    if at == ():
        item[()] = new
    else:
        values[at] = new
        item[...] = values


def change_an_attribute(rng, item):
    names = [n for n in item.attrs.keys() if n not in ("DIMENSION_LIST", "REFERENCE_LIST", "CLASS", "NAME")]
    if not names:
        return
    name = rng.choice(names)
    if rng.random() < 0.2:
        del item.attrs[name]
    elif rng.random() < 0.5:
        item.attrs[name] = odd_array(rng)
    else:
        item.attrs[name] = rng.choice([t for t in TEXTS if "\x00" not in t])


def mutate(rng, file):
    found = objects(file)
    datasets = sorted(n for n, i in found.items() if isinstance(i, h5py.Dataset))
    groups = sorted(n for n, i in found.items() if isinstance(i, h5py.Group))
    # What is read first is as likely as composed models and texts, and so are these.
    tables = [d for d in datasets if d.startswith(("summary/", "evaluations/", "predictions/", "adapters/"))]
    name = rng.choice(rng.choice([tables, [d for d in datasets if d.startswith("composed/")], datasets]))
    kind = rng.randrange(11)
    if kind < 3:
        change_a_value(rng, file, name)
    elif kind == 3:
        replace(file, name, odd_array(rng))
    elif kind == 4:
        del file[name]
    elif kind == 5:  # as many values in another shape or type
        values = file[name][()]
        if isinstance(values, numpy.ndarray) and values.dtype != object:
            replace(file, name, values.reshape(rng.choice([(-1,), values.shape[::-1], (1, *values.shape)])))
    elif kind == 6:
        change_an_attribute(rng, rng.choice([file, found[name], found[rng.choice(groups)]]))
    elif kind == 7:  # what is composed again is decided by these
        change_a_value(rng, file, rng.choice(["summary/best_weights", "summary/adapter_index", "summary/best_step", "adapters/source"]))
    elif kind == 8:
        del file[rng.choice(groups)]
    elif kind == 9:
        group = rng.choice([*groups, "composed", "/"])
        new = rng.choice(["r0", "r1", "r01", "r-1", "r99999999999999999999", "x", "ä", "lora_A.weight", "a" * 300])
        if new not in file[group]:
            if rng.random() < 0.5:
                file[group].create_group(new)
            else:
                file[group].create_dataset(new, data=odd_array(rng))
    elif kind == 10:
        file[rng.choice(groups) + "/link"] = rng.choice([h5py.SoftLink("/summary"), h5py.ExternalLink("other.h5", "/")])


def limited():
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))


def swept(program, demo, folder):
    """The results of a small sweep."""
    shutil.copytree(demo, folder / "demo")
    sweep = folder / "demo" / "small.toml"
    shutil.copy(Path(__file__).parent / "small.toml", sweep)
    subprocess.run([program, "run", sweep, "--out", folder / "run"], check=True, capture_output=True)
    return folder / "run" / "results.h5"


def main():
    program, demo, tool_path = sys.argv[1:4]
    count = int(sys.argv[4]) if len(sys.argv) > 4 else 25
    rng = random.Random(int(sys.argv[5]) if len(sys.argv) > 5 else 1)
    spec = importlib.util.spec_from_file_location("verify_content_digest", tool_path)
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    wrong, accepted, runs = [], 0, 0
    with tempfile.TemporaryDirectory() as folder:
        original = swept(program, demo, Path(folder))
        path, out = Path(folder) / "hostile.h5", Path(folder) / "out"
        commands = [["inspect", path], ["inspect", "--json", path]] + [
            ["export", path, "-o", out, "--format", *how] for how in (["csv"], ["jsonl"], ["adapter"], ["adapter", "--rank", "2"], ["adapter", "--searches", "held"])
        ]
        for number in range(count):
            shutil.copy(original, path)
            with h5py.File(path, "r+") as file:
                for _ in range(rng.choice([1, 1, 2])):
                    try:
                        mutate(rng, file)
                    except (KeyError, TypeError, ValueError, OSError, OverflowError, AttributeError):
                        pass  # h5py would not do it: as it was, or halfway
                try:
                    file.attrs["content_sha256"] = tool.content_sha256(file)
                except Exception:  # noqa: BLE001: what the tool cannot read has the old digest
                    pass
            for command in commands if number % 5 == 0 else rng.sample(commands, 3):
                shutil.rmtree(out, ignore_errors=True)
                runs += 1
                here = f"mutant {number}, {' '.join(map(str, command)).replace(folder, '')}"
                try:
                    ended = subprocess.run([program, *command], capture_output=True, text=True, errors="replace", timeout=20,
                                           preexec_fn=limited)  # fmt: skip
                except subprocess.TimeoutExpired:
                    wrong.append(f"{here}: not done in 20 seconds")
                    continue
                accepted += ended.returncode == 0
                if ended.returncode not in (0, 4) or "defect" in ended.stderr or "signal" in ended.stderr:
                    wrong.append(f"{here}: code {ended.returncode}: {ended.stderr.strip()[-300:]}")
    for problem in wrong:
        print("WRONG:", problem)
    print(f"{runs} commands on {count} files, {accepted} succeeded, {len(wrong)} times something was wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
