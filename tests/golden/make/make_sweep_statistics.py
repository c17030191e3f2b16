# SPDX-License-Identifier: Apache-2.0
"""Writes ../statistics/sweep.json: the answers of a sweep, and what its results file's /statistics must hold.

Estimates, p and adjusted p are numpy's, scipy's and statsmodels'; the intervals come from the second rendering of the draws in
make_statistics.py.

    python3 make_sweep_statistics.py      needs numpy 2.4.6, scipy 1.17.1, statsmodels 0.15.0; about a minute
"""
import json
import pathlib

import numpy as np
from scipy import stats
from statsmodels.stats.multitest import multipletests

from make_statistics import our_means, scipy_p

here = pathlib.Path(__file__).resolve().parent
rng = np.random.default_rng(20251127)
SUBJECTS = ("search", "zero_shot", "few_shot", "uniform", "best_single", "random_adapters")
OPPONENTS = ("zero_shot", "uniform", "best_single")
REPLICATES, RESAMPLES, SEED = 3, 10_000, 0
EXAMPLES = (12, 9, 10, 7, 11, 8)

# [task][subject]: rows are replicates, one of the base model. random_adapters was not asked for; of the last task a replicate of the
# search is not complete (-1: no answer), and of uniform none is.
answers = []
for task, examples in enumerate(EXAMPLES):
    right = {"search": 0.75, "zero_shot": 0.35, "few_shot": 0.5, "uniform": 0.7, "best_single": 0.45}
    answers.append({of: (rng.random((1 if of.endswith("shot") else REPLICATES, examples)) < share).astype(int) for of, share in right.items()})
answers[-1]["search"][1, 3] = -1
answers[-1]["uniform"][:, 0] = -1

complete = [{of: [r for r in range(len(rows)) if (rows[r] >= 0).all()] for of, rows in task.items()} for task in answers]
whole = [t for t in range(len(answers)) if all(len(complete[t][of]) == len(answers[t][of]) for of in answers[t])]


def scores(task, of):
    return answers[task][of][complete[task][of]]


def difference(task, against):
    both = complete[task]["search"] if len(answers[task][against]) == 1 else [r for r in complete[task]["search"] if r in complete[task][against]]
    other = answers[task][against] if len(answers[task][against]) == 1 else answers[task][against][both]
    return answers[task]["search"][both] - other


def row(task, of, against, tables, p, means):
    low, high = 100 * np.percentile(means, [2.5, 97.5])
    return {"task_index": task, "of": of, "against": against, "estimate": 100 * float(np.mean([t.mean() for t in tables])), "low": low, "high": high,
            "p": p, "n_tasks": len(tables), "n_replicates": len(tables[0]), "n_examples": sum(t.shape[1] for t in tables)}


def positive_ranks(d):
    return np.sum(stats.rankdata(np.abs(d))[d > 0])


rows = []
for t in range(len(answers)):
    for of in SUBJECTS[:5]:
        if complete[t][of]:
            rows.append(row(t, of, "none", [scores(t, of)], None, our_means(scores(t, of), t, True, SEED, RESAMPLES)))
    for against in OPPONENTS:
        if complete[t][against]:
            table = difference(t, against)
            rows.append(row(t, "search", against, [table], scipy_p(table.mean(axis=0), np.mean), our_means(table, t, True, SEED, RESAMPLES)))
for of, against in [(of, "none") for of in SUBJECTS[:5]] + [("search", against) for against in OPPONENTS]:
    tables = [scores(t, of) if against == "none" else difference(t, against) for t in whole]
    means = np.mean([our_means(table, place, True, SEED, RESAMPLES) for place, table in enumerate(tables)], axis=0)
    kept = np.array([table.mean() for table in tables if table.sum() != 0])
    # Shares that are equal must be equal numbers before they are ranked.
    p = None if against == "none" else scipy_p(np.round(kept, 12), positive_ranks)
    rows.append(row(-1, of, against, tables, p, means))
for family in ([r for r in rows if r["p"] is not None and r["task_index"] >= 0], [r for r in rows if r["p"] is not None and r["task_index"] < 0]):
    for member, adjusted in zip(family, multipletests([r["p"] for r in family], method="holm")[1]):
        member["p_adjusted"] = float(adjusted)

target = here.parent / "statistics" / "sweep.json"
golden = {"replicates": REPLICATES, "answers": [{of: table.tolist() for of, table in task.items()} for task in answers], "rows": rows}
target.write_text("{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in golden.items()) + "\n}\n")
print(target, target.stat().st_size, "bytes")
