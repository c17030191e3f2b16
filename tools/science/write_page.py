#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Writes docs/science.md from the results files of run_sweeps.py. Every number and every word of judgement in it comes from these files.
"""usage: tools/science/write_page.py OUT [PAGE]      (default: docs/science.md)
OUT is the directory of run_sweeps.py. Needs h5py and numpy. Sweeps that are not there are named in the page."""
import json
import pathlib
import sys
import textwrap

import h5py
import numpy

from comparisons import against_controls, conclusions, one_at_a_time, whole_rules
from paired import mean_of, scores_of
from sweeps import AUTO, SUITES, Sweep

TREE = pathlib.Path(__file__).resolve().parents[2]
TITLES = {"demo": "The demo's 8 tasks", "bbh": "BIG-Bench Hard with the tiny model"}
# Means over the demo's 8 tasks at 40 evaluations that were measured before these sweeps, and by what.
BEFORE = (("LoraHub as published: 20 drawn, lorahub", Sweep(), "search", (34.8, 35.0)),
          ("20 drawn, exact", Sweep(composition="exact"), "search", (37.4,)),
          ("the best single adapter of the library by the shots", Sweep("5 screened"), "best_single", (44.3,)),
          ("5 screened, lorahub", Sweep("5 screened"), "search", (45.1,)),
          ("5 screened, exact", Sweep("5 screened", "exact"), "search", (46.8,)))
AUTO_GOAL = 45.0


class Result:
    """What the page needs of one results file."""

    def __init__(self, sweep, path):
        self.sweep = sweep
        with h5py.File(path) as file:
            if not file.attrs["complete"] or file.attrs["n_failed"]:
                raise SystemExit(f"{path}: not complete, or something failed")
            self.scores = scores_of(file)
            self.numerics = json.loads(file["provenance/numerics"].asstr()[()])
            self.version = file["provenance/version"].asstr()[()]
            s = {name: file["summary"][name][:] for name in ("n_finished", "n_below_zero_shot", "most_below_zero_shot", "n_examples", "seed")}
        self.seeds = len(s["seed"])
        self.searches, self.below = int(s["n_finished"].sum()), int(s["n_below_zero_shot"].sum())
        self.deepest = float(numpy.nanmax(s["most_below_zero_shot"], initial=0)) if self.below else 0.0
        self.examples = int(s["n_examples"].sum())

    def of(self, way):
        return {task: ways[way] for task, ways in self.scores.items() if way in ways}

    def has(self, way):
        return len(self.of(way)) == len(self.scores)


def prose(text):
    return textwrap.fill(" ".join(text.split()), 120, break_long_words=False, break_on_hyphens=False) + "\n"


def table(heading, rows):
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(["| " + " | ".join(heading) + " |", "|---" * len(heading) + "|", *lines]) + "\n"


def label(sweep):
    words = ["`auto`: 5 screened" if sweep.auto else sweep.selection, sweep.composition, sweep.method, str(sweep.evaluations)]
    notes = ["guard"] * sweep.guard + ["5 draws of shots"] * sweep.draws
    notes += [f"l1 = {sweep.l1:g}"] * (sweep.l1 != 0.05) + [f"bounds ±{sweep.bound:g}"] * (sweep.bound != 1.5)
    return words + [", ".join(notes)]


def per_cent(estimate):
    value, low, high = estimate
    return f"{value:.1f} [{low:.1f}, {high:.1f}]"


def every_sweep(results):
    rows = []
    for result in sorted(results.values(), key=lambda r: r.sweep.budget):
        depth = f"{result.deepest:.0f}" if result.below else ""
        rows.append(label(result.sweep) + [per_cent(mean_of(result.of("search"))), f"{result.below} of {result.searches}", depth])
    return table(["adapters", "composition", "method", "evaluations", "", "accuracy", "below zero-shot", "deepest"], rows)


def controls_alone(results):
    rows = []
    for way, what in (("zero_shot", "base model, zero-shot"), ("few_shot", "base model, the shots in its input"),
                      ("best_single", "the best single adapter of the library, by the shots"), ("uniform", "20 drawn adapters at equal weights"),
                      ("random_adapters", "the same search over 20 random adapters (lorahub, 40 evaluations)")):
        sweep = Sweep("5 screened") if way == "best_single" else Sweep()
        if sweep in results and results[sweep].has(way):
            rows.append([what, per_cent(mean_of(results[sweep].of(way)))])
    return table(["no search, or one over nothing", "accuracy"], rows)


def compared(rows):
    count = len(rows)
    return table(["what", "where", "points", "p over tasks", ""],
                 [[r.what, r.where, f"{r.estimate:+.1f} [{r.low:+.1f}, {r.high:+.1f}]", f"{r.p:.3f}", r.word(count)] for r in rows])


def seen_before(results):
    rows = []
    for what, sweep, way, before in BEFORE:
        if sweep not in results:
            continue
        value, low, high = mean_of(results[sweep].of(way))
        apart = min(abs(value - number) for number in before)
        said = ("the same" if apart <= 0.051 else
                f"{apart:.2f} away, {'inside' if any(low <= b <= high for b in before) else 'outside'} the interval")
        rows.append([what, " / ".join(map(str, before)), f"{value:.2f} [{low:.1f}, {high:.1f}]", said])
    text = table(["mean of 8 tasks, 40 evaluations", "before", "now", ""], rows)
    if AUTO in results:
        result = results[AUTO]
        value = mean_of(result.of("search"))
        text += "\n" + prose(f"""`auto` at 40 evaluations: {per_cent(value)}, goal {AUTO_GOAL}: {'met' if value[0] >= AUTO_GOAL else 'missed'}.
            Below zero-shot are {result.below} of its {result.searches} searches{f', the deepest by {result.deepest:.0f} points' if result.below else ''}.""")
    return text


def suite_page(suite, results, missing, seconds):
    first = next(iter(results.values()))
    tasks = len(first.scores)
    seeds = max(r.seeds for r in results.values())
    text = f"## {TITLES[suite]}\n" + prose(f"""{len(results)} sweeps, {tasks} tasks, {first.examples} test examples, 5 shots,
        {seeds} seed{'s' if seeds != 1 else ''} where a seed changes anything; {first.numerics['dtype']} on the
        {first.numerics['device']}, version {first.version}. By the clock, beside whatever
        else the machine did, they took {seconds / 60:.0f} minutes.""")
    if missing:
        text += "\n" + prose("Not there: " + ", ".join(missing) + ".")
    controls = [r for result in results.values() for r in against_controls(result)]
    factors = one_at_a_time(results) + whole_rules(results)
    text += "\n### Every sweep\n" + every_sweep(results) + "\n" + controls_alone(results)
    text += "\n### Against what costs less\n" + compared(controls)
    text += "\n### One difference at a time\n" + compared(factors)
    if suite == "demo":
        text += "\n### Numbers from before\n" + seen_before(results)
    return text, conclusions(controls), conclusions(factors)


def read_results(out):
    for suite, sweeps in SUITES.items():
        results, missing = {}, []
        for sweep in sweeps():
            path = out / suite / sweep.name / "results.h5"
            if path.exists():
                results[sweep] = Result(sweep, path)
            else:
                missing.append(sweep.name)
        if results:
            yield suite, results, missing


INTRODUCTION = """Made by tools/science/write_page.py from results files; whoever changes it by hand changes what was
    measured. Accuracy is the mean over tasks, in per cent, by LoraHub's rule, with the 95 % interval of
    [statistics.md](statistics.md): over examples and, where there are several, over seeds or draws of shots. Differences
    are paired, answer by answer, in points; p is the exact signed-rank test over tasks, of one comparison, not adjusted. The intervals speak of these
    tasks, p of tasks like them."""
WORDS = """The words are the intervals': *noise* where that of 95 % has 0 in it; *helps* or *hurts* where even the one that
    holds for all comparisons of its table at once (Bonferroni) has not, and six tasks at least differ; *maybe* in between:
    among so many comparisons some of these are chance."""
LIMITS = """The adapters, the base model and the demo's tasks were made together, and `auto` was chosen on these tasks: the
    first part shows mechanisms, and is no estimate for others. The six tasks that nobody here had seen, on which the best
    single adapter beat every search (65.7 against 47 to 62), were not at hand; nothing here speaks for them. The tiny model
    was not made for BIG-Bench Hard, few test examples of each task were asked, and its adapters know other skills: there a
    difference says little, and no difference is what one should expect. Shots are one draw of five but where the
    table says otherwise."""
COMMANDS = """```sh
nice -n 10 tools/science/run_sweeps.py build/release/lorasweep runs/science --bbh BIG-Bench-Hard   # skips what is finished
tools/science/write_page.py runs/science
```
"""


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    out = pathlib.Path(sys.argv[1])
    took = [json.loads(line) for line in (out / "seconds.jsonl").read_text().splitlines()]
    parts, ends = [], ["## What helps, what hurts, what is noise\n"]
    for suite, results, missing in read_results(out):
        text, of_controls, of_factors = suite_page(suite, results, missing, sum(t["seconds"] for t in took if t["suite"] == suite))
        parts.append(text)
        ends.append(f"### {TITLES[suite]}\nOne difference at a time:\n\n{of_factors}\nSearches against what costs less:\n\n{of_controls}")
    page = "\n".join(["# What composing helps, measured\n" + prose(INTRODUCTION), prose(WORDS), COMMANDS, *parts, *ends,
                      "## What this does not show\n" + prose(LIMITS)])
    target = pathlib.Path(sys.argv[2]) if len(sys.argv) == 3 else TREE / "docs" / "science.md"
    target.write_text(page)


if __name__ == "__main__":
    main()
