#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Changed files of every format that a sweep reads, through the commands that read them.

Usage: mutated_files.py PROGRAM DEMO LORAHUB_TASK [MUTANTS [SEED]] [--only FORMAT,...] [--jobs N]
LORAHUB_TASK is a folder with example.jsonl, zero_shot.jsonl, few_shot.jsonl. Of every format so many files are made.
A sweep is validated with the changed file, and where that succeeds, a finished run of it is asked to continue with it, which shows
what lorasweep makes of the file:
- refused as unreadable, with code 4 (2 for the configuration), and a message that names a place;
- "started from other inputs", code 4: the file is understood and means something else. Then Python must be able to read it;
- continued, code 0: lorasweep says that it means what it meant. Then Python must read the same meaning out of it (meanings.py).
Changed journals and results must be refused, or give the very results and tables of the unchanged ones. No other code, no signal, no
"defect", not more than 4 GiB, not more than a minute.
"""

import argparse
import json
import random
import resource
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import meanings
from mutators import any_of, changed_bytes, changed_json, changed_safetensors, changed_text
from small_sweep import (ENVIRONMENT, EVALUATION, HEAD, MANIFEST, Problems, SmallSweep, bytes_of, digest_of, frames_of,
                         journal_of, last_line)  # fmt: skip

OTHER = "started from other inputs"
PLAIN, AS_BIN, FOUND = "tiny_flan-copy_v1", "tiny_flan-bool_v1", "found"
PATIENCE = 60


def limited():
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))


class Mutants:
    def __init__(self, sweep, count, rng):
        self.sweep, self.count, self.rng, self.problems = sweep, count, rng, Problems()
        self.tally = Counter()

    def run(self, *arguments):
        """(code, stderr, stdout); what no command may do is said here."""
        command = [self.sweep.program, *map(str, arguments)]
        try:
            ended = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=PATIENCE, preexec_fn=limited,
                                   env=ENVIRONMENT)  # fmt: skip
        except subprocess.TimeoutExpired:
            return None, "not done in a minute", ""
        return ended.returncode, ended.stderr, ended.stdout

    def wrong(self, here, mutant, problem):
        kept = Path("mutants")
        kept.mkdir(exist_ok=True)
        name = kept / f"{here.replace(' ', '_').replace('/', '_')}"
        name.write_bytes(mutant)
        self.problems.say(f"{here} (kept as {name}): {problem}")

    def is_sane(self, here, mutant, code, said, codes=(0, 4)):
        if code in codes and "defect" not in said and "signal" not in said and "out of memory" not in said:
            return True
        self.wrong(here, mutant, f"code {code}: {last_line(said)}")
        return False


class InputFormat:
    """One input file of the sweep: how it is changed, and what it means."""

    def __init__(self, name, path, change, meaning, codes=(0, 4), inspect=None):
        self.name, self.path, self.change, self.meaning, self.codes, self.inspect = name, path, change, meaning, codes, inspect

    def read(self, data):
        try:
            return self.meaning(data)
        except Exception as error:  # noqa: BLE001: whatever it is, Python does not read it
            return error

    def try_all(self, mutants):
        original = self.path.read_bytes()
        meant, sweep = self.meaning(original), mutants.sweep
        for number in range(mutants.count):
            data = self.change(mutants.rng, original)
            self.path.write_bytes(data)
            here, means = f"{self.name} {number}", self.read(data)
            checked, said, _ = mutants.run("validate", sweep.config)
            code = checked
            if checked == 0 or number % 5 == 0:
                code, said, _ = mutants.run(*sweep.run_command(sweep.whole)[1:])
            mutants.tally[self.name, "as before" if code == 0 else "as another" if OTHER in said else "refused"] += 1
            if mutants.is_sane(here, data, code, said, self.codes):
                self.judge(mutants, here, data, code, said, meant, means)
            if (checked == 0) != (code == 0 or OTHER in said):
                mutants.wrong(here, data, f"run: code {code}, validate: code {checked}: {last_line(said)}")
            if number % 5 == 1:
                shown, said_then, out = mutants.run("inspect", "--json", self.path.parent if self.inspect else self.path)
                mutants.is_sane(here, data, shown, said_then)
                if self.inspect and shown == 0 and not isinstance(means, Exception):
                    self.inspect(mutants, here, data, json.loads(out), means)
        self.path.write_bytes(original)

    def judge(self, mutants, here, data, code, said, meant, means):
        if code == 0 and means != meant:
            mutants.wrong(here, data, f"taken for the same, but Python reads {str(means)[:300]}")
        if OTHER in said and isinstance(means, Exception):
            mutants.wrong(here, data, f"accepted, but Python cannot read it: {means!r}"[:300])
        if OTHER in said and self.name == "TOML" and not isinstance(means, Exception):
            for key in (k for k in meant if means[k] != meant[k] and k not in ("model.dtype", "tasks.names")):
                if key not in said:
                    mutants.wrong(here, data, f"{key} is changed and not named: {said[:300]}")


def same_adapter(mutants, here, data, shown, means):
    for key, value in (("rank", means["r"]), ("lora_alpha", means["lora_alpha"]), ("use_rslora", means["use_rslora"])):
        if shown[key] != value:
            mutants.wrong(here, data, f"{key} is {value} and shown as {shown[key]}")


def input_formats(sweep, lorahub):
    adapters, base = sweep.demo / "adapters", sweep.demo / "base"
    tokens = json.loads((base / "tokenizer.json").read_bytes())["added_tokens"]
    pieces = next(t["id"] for t in tokens if t["content"] == "<extra_id_0>") - 99
    tokenizer = meanings.Tokens(pieces)
    tasks = sorted(p.stem for p in (sweep.demo / "tasks").iterdir())
    by_json, by_text = any_of(changed_json, changed_json, changed_text, changed_bytes), any_of(changed_text, changed_text, changed_bytes)
    weights = any_of(changed_safetensors, changed_bytes)
    return [
        InputFormat("adapter safetensors", adapters / PLAIN / "adapter_model.safetensors", weights, meanings.safetensors),
        InputFormat("base safetensors", base / "model.safetensors", weights, meanings.safetensors),
        InputFormat("bin", adapters / AS_BIN / "adapter_model.bin", changed_bytes, meanings.torch_archive),
        InputFormat("adapter_config", adapters / PLAIN / "adapter_config.json", by_json, meanings.adapter_config, inspect=same_adapter),
        InputFormat("config", base / "config.json", by_json, meanings.model_config),
        InputFormat("tokenizer model", base / "spiece.model", changed_bytes, lambda data: data),
        InputFormat("tokenizer_config", base / "tokenizer_config.json", by_json, tokenizer.config),
        InputFormat("tokenizer.json", base / "tokenizer.json", any_of(changed_json, changed_bytes), tokenizer.fast),
        InputFormat("TOML", sweep.config, by_text, lambda data: meanings.settings(data, tasks), codes=(0, 2, 4)),
        InputFormat("BBH", sweep.demo / "tasks" / "noun_families.json", by_json, meanings.bbh),
        InputFormat("LoraHub", sweep.demo / "tasks" / lorahub / "example.jsonl", by_text, meanings.lorahub),
        InputFormat("adapter list", sweep.demo / "adapters.txt", by_text, meanings.adapter_list),
        InputFormat("composed adapter_config", adapters / FOUND / "adapter_config.json", by_json, meanings.adapter_config,
                    inspect=same_adapter),
        InputFormat("composed safetensors", adapters / FOUND / "adapter_model.safetensors", weights, meanings.safetensors),
    ]  # fmt: skip


def try_journals(mutants):
    """Bytes changed, checksums not: refused, or continued to the same results with all that stands before the change."""
    sweep, out = mutants.sweep, mutants.sweep.folder / "changed"
    for number in range(mutants.count):
        data = changed_bytes(mutants.rng, sweep.journal)
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        (out / "journal").write_bytes(data)
        here, same = f"journal {number}", frames_of(data)
        code, said, _ = mutants.run("inspect", out)
        mutants.is_sane(here, data, code, said)
        if number % 5 == 0:
            mutants.is_sane(here, data, *mutants.run("status", out)[:2], codes=(0, 3, 4))
            mutants.is_sane(here, data, *mutants.run("collect", out, "-o", sweep.folder / "c.h5")[:2], codes=(0, 3, 4))
        code, said, _ = mutants.run(*sweep.run_command(out)[1:])
        mutants.tally["journal", "as before" if code == 0 else "refused"] += 1
        if not mutants.is_sane(here, data, code, said):
            continue
        if code == 0 and not sweep.is_finished(out):
            mutants.wrong(here, data, f"continued to {digest_of(out / 'results.h5')}")
        kept = data[: same[-1].end] if same else b""
        cut_append = same[-1].first if same else 0  # an append that is not whole may go as a whole
        if len(frames_of(bytes_of(out / "journal"))) and same and cut_append != same[-1].sequence:
            kept = data[: next(f.begin for f in same if f.sequence == cut_append)]
        if not bytes_of(out / "journal").startswith(kept):
            mutants.wrong(here, data, "what stood before the change is not there any more")


def try_manifests(mutants):
    """The manifest changed, checksums right: refused, or the same results."""
    sweep, out = mutants.sweep, mutants.sweep.folder / "changed"
    records = [(f.type, f.payload) for f in frames_of(sweep.journal)]
    original = records[0][1][4:]
    for number in range(mutants.count):
        text = any_of(changed_json, changed_json, changed_text)(mutants.rng, original)
        data = journal_of([(MANIFEST, len(text).to_bytes(4, "little") + text), *records[1:]])
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        (out / "journal").write_bytes(data)
        here = f"manifest {number}"
        for command in (["inspect", out], ["status", out], ["collect", out, "-o", sweep.folder / "c.h5"]):
            if number % 3 == len(command) % 3 or command[0] == "inspect":
                mutants.is_sane(here, data, *mutants.run(*command)[:2], codes=(0, 4) if command[0] == "inspect" else (0, 2, 3, 4))
        code, said, _ = mutants.run(*sweep.run_command(out)[1:])
        mutants.tally["manifest", "as before" if code == 0 else "as another" if OTHER in said else "refused"] += 1
        if mutants.is_sane(here, data, code, said) and code == 0 and digest_of(out / "results.h5") != sweep.digest:
            mutants.wrong(here, data, f"accepted, and results are {digest_of(out / 'results.h5')}")


def try_records(mutants):
    """Any other record's payload changed, checksums right. It may say what never happened, so only codes are looked at; a changed
    evaluation that is taken for one must be in the results as it stands in the journal."""
    sweep, out = mutants.sweep, mutants.sweep.folder / "changed"
    records = [(f.type, f.payload) for f in frames_of(sweep.journal)]
    for number in range(mutants.count):
        changed = list(records)
        for _ in range(mutants.rng.choice([1, 1, 2])):
            at, way = mutants.rng.randrange(1, len(changed)), mutants.rng.randrange(6)
            if way < 3:
                changed[at] = (changed[at][0], changed_bytes(mutants.rng, changed[at][1]))
            elif way == 3:
                changed.insert(at, mutants.rng.choice(changed))
            elif way == 4:
                changed[at] = (mutants.rng.choice([EVALUATION, changed[at][0], 0, 7, 255, *range(1, 7)]), changed[at][1])
            elif len(changed) > 2:
                del changed[at]
        data = journal_of(changed)
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        (out / "journal").write_bytes(data)
        here = f"records {number}"
        mutants.is_sane(here, data, *mutants.run("inspect", out)[:2])
        code, said, _ = mutants.run(*sweep.run_command(out)[1:])
        mutants.tally["records", "continued" if code in (0, 3) else "refused"] += 1
        mutants.is_sane(here, data, code, said, codes=(0, 3, 4))


def try_results(mutants):
    """Bytes of results changed: refused, or every table and the digest as they were."""
    sweep, path = mutants.sweep, mutants.sweep.folder / "changed.h5"
    original = (sweep.whole / "results.h5").read_bytes()

    def tables(results):
        out = sweep.folder / "tables"
        shutil.rmtree(out, ignore_errors=True)
        code, said, _ = mutants.run("export", results, "--format", "csv", "-o", out)
        return code, said, {p.name: p.read_bytes() for p in out.rglob("*.csv")} if out.exists() else {}

    expected = tables(sweep.whole / "results.h5")[2]
    for number in range(mutants.count):
        data = changed_bytes(mutants.rng, original)
        path.write_bytes(data)
        here = f"results {number}"
        code, said, out = mutants.run("inspect", "--json", path)
        is_crash = "the library that reads it ended with signal" in said  # of HDF5, in a process of its own: code 4
        mutants.is_sane(here, data, code, said.replace("signal", "") if is_crash else said)
        if code == 0 and json.loads(out)["content_sha256"] != sweep.digest:
            mutants.wrong(here, data, "accepted with another digest")
        code, said, found = tables(path)
        is_crash = "the library that reads it ended with signal" in said
        mutants.tally["results", "as before" if code == 0 else "refused"] += 1
        if mutants.is_sane(here, data, code, said.replace("signal", "") if is_crash else said) and code == 0 and found != expected:
            mutants.wrong(here, data, "accepted, and its tables are others")


def prepare(sweep, lorahub):
    """The sweep with few adapters, one of them as .bin, one composed and exported, and a LoraHub task beside a BBH one."""
    adapters, names = sweep.demo / "adapters", [PLAIN, AS_BIN, "tiny_flan-first_v1", FOUND]
    out = sweep.folder / "exported"
    subprocess.run([sweep.program, "export", sweep.whole / "results.h5", "--format", "adapter", "-o", out], check=True, capture_output=True)
    exported = sorted(p.parent for p in out.rglob("adapter_config.json"))[0]
    for adapter in list(adapters.iterdir()):
        if adapter.name not in names:
            shutil.rmtree(adapter)
    shutil.copytree(exported, adapters / FOUND)
    (adapters / AS_BIN / "adapter_model.safetensors").unlink()
    (sweep.demo / "adapters.txt").write_text("# the library\n" + "\n".join(names) + "\n")
    for task in list((sweep.demo / "tasks").iterdir()):
        if task.stem != "noun_families":
            task.unlink()
    shutil.copytree(lorahub, sweep.demo / "tasks" / lorahub.name)
    config = sweep.config.read_text().replace('"truth_checking"', f'"{lorahub.name}"')
    sweep.config.write_text(config.replace("[search]", '[search]\ncomposition = "exact"'))
    shutil.rmtree(sweep.whole)
    subprocess.run(sweep.run_command(sweep.whole), check=True, capture_output=True)
    sweep.journal, sweep.digest = (sweep.whole / "journal").read_bytes(), digest_of(sweep.whole / "results.h5")
    assert sweep.journal[: len(HEAD)] == HEAD


def main():
    parser = argparse.ArgumentParser()
    for name in ("program", "demo", "lorahub"):
        parser.add_argument(name)
    parser.add_argument("mutants", nargs="?", type=int, default=8)
    parser.add_argument("seed", nargs="?", type=int, default=1)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    lorahub = Path(options.lorahub)
    with SmallSweep(options.program, options.demo) as sweep:
        prepare(sweep, lorahub)
        own = {"journal": try_journals, "manifest": try_manifests, "records": try_records, "results": try_results}
        formats = {f.name: f.try_all for f in input_formats(sweep, lorahub.name)} | own
        wanted = options.only.split(",") if options.only else list(formats)
        mutants = Mutants(sweep, options.mutants, None)
        for name in wanted:
            mutants.rng = random.Random(f"{options.seed} {name}")
            formats[name](mutants)
            outcomes = ", ".join(f"{n} {how}" for (which, how), n in sorted(mutants.tally.items()) if which == name)
            print(f"{name}: {mutants.count} files, {outcomes}", flush=True)
    print(f"{len(wanted)} formats, {mutants.problems.count} problems")
    return 1 if mutants.problems.count else 0


if __name__ == "__main__":
    sys.exit(main())
