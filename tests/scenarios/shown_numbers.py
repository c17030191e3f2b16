#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What `show` and `compare` print against the same numbers from h5py, pandas and scipy.

Usage: shown_numbers.py LORASWEEP RESULTS.h5
Means, differences and p-values must be equal; limits of intervals, whose random numbers are others, must be near.
"""

import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile

try:
    import h5py
    import numpy as np
    import pandas as pd
    from scipy import stats
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

NEAR = 2.0  # percentage points: two bootstraps of 10,000 of one task


def run(program, *words):
    return subprocess.run([program, *words], check=True, capture_output=True, text=True).stdout


def table(results):
    """A row an answer, with the names of task and seed."""
    with h5py.File(results) as file:
        columns = {name: file["predictions"][name][:] for name in
                   ("of", "task_index", "replicate", "example_index", "correct_lorahub", "correct_lmeval")}
        frame = pd.DataFrame(columns)
        frame["task"] = [file["summary/task"].asstr()[:][t] for t in frame.task_index]
        return frame, file["summary/best_objective"][:], file["summary/task"].asstr()[:]


def cube(frame, of, task, column="correct_lorahub"):
    """[replicate, example]"""
    part = frame[(frame.of == of) & (frame.task == task)]
    return part.pivot(index="replicate", columns="example_index", values=column).to_numpy().astype(float)


def sign_flip(differences):
    return stats.permutation_test((differences,), np.mean, permutation_type="samples", n_resamples=np.inf,
                                  alternative="two-sided").pvalue


def holm(p):
    order, adjusted, greatest = np.argsort(p), np.empty(len(p)), 0
    for place, i in enumerate(order):
        greatest = max(greatest, min(1, (len(p) - place) * p[i]))
        adjusted[i] = greatest
    return adjusted


def bootstrap(one, other=None, seed=1):
    rng, means = np.random.default_rng(seed), []
    for _ in range(10000):
        examples = rng.integers(0, one.shape[1], one.shape[1])
        replicates = rng.integers(0, one.shape[0], one.shape[0])
        mean = one[np.ix_(replicates, examples)].mean()
        if other is not None:
            mean -= other[np.ix_(replicates if len(other) == len(one) else [0], examples)].mean()
        means.append(mean)
    return 100 * np.percentile(means, [2.5, 97.5])


def equal(shown, expected):
    assert abs(shown - expected) <= 1e-9 * max(1, abs(expected)), (shown, expected)


def near(shown, expected):
    assert abs(shown["low"] - expected[0]) <= NEAR and abs(shown["high"] - expected[1]) <= NEAR, (shown, expected)


def show_agrees(program, results, scoring):
    column = "correct_" + scoring
    frame, objectives, tasks = table(results)
    shown = json.loads(run(program, "show", results, "--format", "json", "--scoring", scoring))
    assert [task["task"] for task in shown["tasks"]] == list(tasks)
    p, means, below = [], [], 0
    for t, task in enumerate(shown["tasks"]):
        found, base = cube(frame, 0, tasks[t], column), cube(frame, 1, tasks[t], column)
        equal(task["search"]["accuracy"], 100 * found.mean())
        equal(task["zero_shot"]["accuracy"], 100 * base.mean())
        equal(task["few_shot"]["accuracy"], 100 * cube(frame, 2, tasks[t], column).mean())
        equal(task["search_by_shots"]["accuracy"], 100 * found[np.argmin(objectives[t])].mean())
        near(task["search"], bootstrap(found))
        near(task["zero_shot"], bootstrap(base))
        (difference,) = task["differences"]
        assert difference["against"] == "zero_shot"
        equal(difference["points"], 100 * (found - base).mean())
        near(difference, bootstrap(found, base))
        p.append(sign_flip((found - base).mean(axis=0)))
        means.append((found - base).mean())
        below += int((found.mean(axis=1) < base.mean()).sum())
    for task, raw, adjusted in zip(shown["tasks"], p, holm(p)):
        equal(task["differences"][0]["p"], raw)
        equal(task["differences"][0]["p_adjusted"], adjusted)
    equal(shown["mean"]["differences"][0]["p"], signed_rank(means))
    equal(shown["mean"]["search"]["accuracy"], np.mean([100 * cube(frame, 0, task, column).mean() for task in tasks]))
    assert shown["below_zero_shot"]["searches"] == below


def signed_rank(differences):
    """All patterns of signs, for ties are no matter then."""
    values = np.array([d for d in differences if d != 0])
    if len(values) == 0:
        return 1.0
    ranks = stats.rankdata(abs(values))
    observed = ranks[values > 0].sum()
    sums = [ranks[list(pattern)].sum() for pattern in itertools.product([False, True], repeat=len(values))]
    tail = min(np.mean(np.array(sums) >= observed), np.mean(np.array(sums) <= observed))
    return min(1.0, 2 * tail)


def compare_agrees(program, results, folder):
    other = os.path.join(folder, "other.h5")
    shutil.copy(results, other)
    rng = np.random.default_rng(7)
    with h5py.File(other, "r+") as file:
        rows = np.flatnonzero(file["predictions/of"][:] == 0)
        changed = rng.choice(rows, size=len(rows) // 3, replace=False)
        values = file["predictions/correct_lorahub"][:]
        values[changed] = 1
        file["predictions/correct_lorahub"][...] = values
    first, _, tasks = table(results)
    second, _, _ = table(other)
    (shown,) = json.loads(run(program, "compare", results, other, "--format", "json"))["others"]
    assert [task["task"] for task in shown["tasks"]] == sorted(tasks)
    p, means = [], []
    for task in shown["tasks"]:
        one, two = cube(first, 0, task["task"]), cube(second, 0, task["task"])
        equal(task["accuracy_first"], 100 * one.mean())
        equal(task["accuracy_other"], 100 * two.mean())
        equal(task["difference"], 100 * (two - one).mean())
        near(task, bootstrap(two, one))
        p.append(sign_flip((two - one).mean(axis=0)))
        means.append((two - one).mean())
    for task, raw, adjusted in zip(shown["tasks"], p, holm(p)):
        equal(task["p"], raw)
        equal(task["p_adjusted"], adjusted)
    equal(shown["mean"]["p"], signed_rank(means))
    equal(shown["mean"]["difference"], 100 * np.mean(means))
    itself = json.loads(run(program, "compare", results, results, "--format", "json"))["others"][0]
    assert all(task["difference"] == 0 and task["p"] == 1 for task in itself["tasks"])


def other_targets_are_refused(program, results, folder):
    other = os.path.join(folder, "targets.h5")
    shutil.copy(results, other)
    with h5py.File(other, "r+") as file:
        place = int(np.flatnonzero(file["predictions/example_index"][:] == 3)[-1])
        task = file["summary/task"].asstr()[:][file["predictions/task_index"][place]]
        same = (file["predictions/example_index"][:] == 3) & (file["predictions/task_index"][:] == file["predictions/task_index"][place])
        for row in np.flatnonzero(same):
            file["predictions/target"][row] = "another target"
    done = subprocess.run([program, "compare", results, other], capture_output=True, text=True)
    assert done.returncode == 4, done
    for fact in (results, other, task, "example 3", "another target"):
        assert fact in done.stderr, (fact, done.stderr)


def main():
    program, results = sys.argv[1:]
    for scoring in ("lorahub", "lmeval"):
        show_agrees(program, results, scoring)
    with tempfile.TemporaryDirectory() as folder:
        compare_agrees(program, results, folder)
        other_targets_are_refused(program, results, folder)
    print("show and compare agree with pandas and scipy")
    return 0


if __name__ == "__main__":
    sys.exit(main())
