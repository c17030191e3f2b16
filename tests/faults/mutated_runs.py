# SPDX-License-Identifier: Apache-2.0
"""Changed journals and results, for mutated_files.py: what a run left, instead of what it reads."""

import json
import shutil

from mutators import any_of, changed_bytes, changed_json, changed_text
from small_sweep import EVALUATION, MANIFEST, bytes_of, digest_of, frames_of, journal_of

OTHER = "started from other inputs"


def try_journals(mutants):
    """Bytes changed, checksums not: refused, or continued to the same results with all that stands before the change."""
    sweep, out = mutants.sweep, mutants.sweep.folder / "changed"
    for number in mutants.numbers("journal"):
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


def as_reported(manifest):
    """Without what the results only show (where something was, who said what of it), and no value depends on."""
    manifest = json.loads(manifest)
    for adapter in manifest["adapters"]:
        for key in ("source", "format", "base_model", "target_modules"):
            adapter.pop(key, None)
    return {k: v for k, v in manifest.items() if k in ("settings", "adapters", "adapter_sets", "tasks", "searches", "baselines")}


def try_manifests(mutants):
    """The manifest changed, checksums right: refused, or the same results."""
    sweep, out = mutants.sweep, mutants.sweep.folder / "changed"
    records = [(f.type, f.payload) for f in frames_of(sweep.journal)]
    original = records[0][1][4:]
    for number in mutants.numbers("manifest"):
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
        if not mutants.is_sane(here, data, code, said) or code != 0:
            continue
        if digest_of(out / "results.h5") != sweep.digest and as_reported(text) != as_reported(original):
            mutants.wrong(here, data, f"accepted, and results are {digest_of(out / 'results.h5')}")


def try_records(mutants):
    """Any other record's payload changed, checksums right. It may say what never happened, so only codes are looked at; a changed
    evaluation that is taken for one must be in the results as it stands in the journal."""
    sweep, out = mutants.sweep, mutants.sweep.folder / "changed"
    records = [(f.type, f.payload) for f in frames_of(sweep.journal)]
    for number in mutants.numbers("records"):
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
    for number in mutants.numbers("results"):
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
