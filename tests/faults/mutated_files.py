#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Changed files of every format that a sweep reads, through the commands that read them.

Usage: mutated_files.py PROGRAM DEMO LORAHUB_TASK [MUTANTS [SEED]] [--only FORMAT,...]
LORAHUB_TASK is a folder with example.jsonl, zero_shot.jsonl, few_shot.jsonl. Of every format so many files are made.
A sweep is validated with the changed file, and where that succeeds, a finished run of it is asked to continue with it, which shows
what lorasweep makes of the file:
- refused as unreadable, with code 4 (2 for the configuration), and a message that names a place;
- refused with code 2 and the name of a setting that does not go with what Python reads out of the file, too;
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
from mutated_runs import OTHER, try_journals, try_manifests, try_records, try_results
from mutators import any_of, changed_bytes, changed_json, changed_safetensors, changed_text
from small_sweep import ENVIRONMENT, HEAD, Problems, SmallSweep, digest_of, last_line

PLAIN, AS_BIN, FOUND = "tiny_flan-copy_v1", "tiny_flan-bool_v1", "found"
DRAWN = 3  # adapters.count of small.toml
PATIENCE = 60
AGAINST = "against a setting"


def limited():
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))


class Mutants:
    def __init__(self, sweep, count, rng):
        self.sweep, self.count, self.rng, self.problems = sweep, count, rng, Problems()
        self.tally = Counter()

    def numbers(self, name):
        """0, 1, ... as many as are wanted; says how far it is."""
        for number in range(self.count):
            if number and number % 100 == 0:
                print(f"  {number}: {self.outcomes(name)}", flush=True)
            yield number

    def outcomes(self, name):
        return ", ".join(f"{n} {how}" for (which, how), n in sorted(self.tally.items()) if which == name)

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

    def __init__(self, name, path, change, meaning, codes=(0, 4), inspect=None, misfit=lambda means: None):
        self.name, self.path, self.change, self.meaning, self.codes, self.inspect = name, path, change, meaning, codes, inspect
        self.misfit = misfit  # of what is read: the setting that does not go with it

    def read(self, data):
        try:
            return self.meaning(data)
        except Exception as error:  # noqa: BLE001: whatever it is, Python does not read it
            return error

    def outcome(self, code, said, means):
        if code == 0 or OTHER in said:
            return "as before" if code == 0 else "as another"
        misfit = None if isinstance(means, Exception) else self.misfit(means)
        return AGAINST if code == 2 and misfit and f" {misfit}: " in said else "refused"

    def try_all(self, mutants):
        original = self.path.read_bytes()
        meant, sweep = self.meaning(original), mutants.sweep
        for number in mutants.numbers(self.name):
            data = self.change(mutants.rng, original)
            self.path.write_bytes(data)
            here, means = f"{self.name} {number}", self.read(data)
            checked, said, _ = mutants.run("validate", sweep.config)
            code = checked
            if checked == 0 or number % 5 == 0:
                code, said, _ = mutants.run(*sweep.run_command(sweep.whole)[1:])
            outcome = self.outcome(code, said, means)
            mutants.tally[self.name, outcome] += 1
            if mutants.is_sane(here, data, code, said, (2,) if outcome == AGAINST else self.codes):
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


def fewer_than_drawn(names):
    return "adapters.count" if len(set(names)) < DRAWN else None


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
        InputFormat("adapter config", adapters / PLAIN / "adapter_config.json", by_json, meanings.adapter_config, inspect=same_adapter),
        InputFormat("config", base / "config.json", by_json, meanings.model_config),
        InputFormat("tokenizer model", base / "spiece.model", changed_bytes, lambda data: data),
        InputFormat("tokenizer config", base / "tokenizer_config.json", by_json, tokenizer.config),
        InputFormat("tokenizer.json", base / "tokenizer.json", any_of(changed_json, changed_bytes), tokenizer.fast),
        InputFormat("TOML", sweep.config, by_text, lambda data: meanings.settings(data, tasks), codes=(0, 2, 4)),
        InputFormat("BBH", sweep.demo / "tasks" / "noun_families.json", by_json, meanings.bbh),
        InputFormat("LoraHub", sweep.demo / "tasks" / lorahub / "example.jsonl", by_text, meanings.lorahub),
        InputFormat("adapter list", sweep.demo / "adapters.txt", by_text, meanings.adapter_list, misfit=fewer_than_drawn),
        InputFormat("composed adapter config", adapters / FOUND / "adapter_config.json", by_json, meanings.adapter_config,
                    inspect=same_adapter),
        InputFormat("composed safetensors", adapters / FOUND / "adapter_model.safetensors", weights, meanings.safetensors),
    ]  # fmt: skip


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
    parser.add_argument("--only", default="", help="names of formats, with _ for a space, and commas between them")
    options = parser.parse_args()
    lorahub = Path(options.lorahub)
    with SmallSweep(options.program, options.demo) as sweep:
        prepare(sweep, lorahub)
        own = {"journal": try_journals, "manifest": try_manifests, "records": try_records, "results": try_results}
        formats = {f.name: f.try_all for f in input_formats(sweep, lorahub.name)} | own
        wanted = options.only.replace("_", " ").split(",") if options.only else list(formats)
        mutants = Mutants(sweep, options.mutants, None)
        for name in wanted:
            mutants.rng = random.Random(f"{options.seed} {name}")
            formats[name](mutants)
            print(f"{name}: {mutants.count} files, {mutants.outcomes(name)}", flush=True)
    print(f"{len(wanted)} formats, {mutants.problems.count} problems")
    return 1 if mutants.problems.count else 0


if __name__ == "__main__":
    sys.exit(main())
