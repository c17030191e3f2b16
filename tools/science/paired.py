# SPDX-License-Identifier: Apache-2.0
# How much better one way of answering is than another, and what of that may be chance: over the same examples of the same tasks.
import functools

import numpy

RESAMPLES = 40_000
LEAST_TASKS = 6  # of fewer that differ, no test over tasks could find anything at 0.05
WAYS = ("search", "zero_shot", "few_shot", "uniform", "best_single", "random_adapters")


def scores_of(file):
    """{task: {way: right or not [replicate, example]}} of a results file that is open in h5py; whole replicates only."""
    p = {name: file["predictions"][name][:] for name in ("of", "task_index", "replicate", "example_index", "correct_lorahub")}
    found = {}
    for number, task in enumerate(file["summary/task"].asstr()[:]):
        size = int(file["summary/n_examples"][number])
        for code, way in enumerate(WAYS):
            rows = (p["of"] == code) & (p["task_index"] == number)
            right = [p["correct_lorahub"][rows & (p["replicate"] == r)] for r in numpy.unique(p["replicate"][rows])]
            whole = [answers for answers in right if len(answers) == size]
            if whole:
                found.setdefault(task, {})[way] = numpy.array(whole, dtype=float)
    return found


def difference(one, other):
    """[replicate, example]; a side with a single replicate is the same beside each of the other's."""
    if len(one) != len(other) and 1 not in (len(one), len(other)):
        raise ValueError(f"{len(one)} and {len(other)} replicates do not pair")
    return one - other


@functools.lru_cache(maxsize=None)
def draws(kind, size):
    """[resample, size] how often each is drawn. Tasks have draws of their own, replicates are drawn for all tasks at once."""
    return numpy.random.default_rng([kind, size]).multinomial(size, numpy.full(size, 1 / size), RESAMPLES).astype("f4")


def resampled_means(tasks):
    """Of the mean over tasks, by the percentile bootstrap of docs/statistics.md: replicates for all tasks, examples for each."""
    total = numpy.zeros(RESAMPLES)
    for number, scores in enumerate(tasks):
        replicates, examples = scores.shape
        by_replicate = draws(1 + number, examples) @ scores.T.astype("f4")  # whole numbers, and so is their weighted sum
        total += (by_replicate * draws(0, replicates)).sum(axis=1) / scores.size
    return numpy.round(100 * total / len(tasks), 9)  # where it is nothing, it is 0


def interval(means, level):
    outside = 50 * (1 - level)
    return numpy.percentile(means, [outside, 100 - outside])


def signed_rank_p(differences):
    """Wilcoxon's signed-rank test, two-sided and exact, ties with average ranks, zeros dropped; 1 where nothing differs."""
    values = numpy.array([d for d in differences if d != 0])
    if not len(values):
        return 1.0
    sizes = numpy.round(numpy.abs(values), 9)
    twice = numpy.array([(sizes < s).sum() * 2 + (sizes == s).sum() + 1 for s in sizes])  # twice the rank
    count = numpy.zeros(int(twice.sum()) + 1)
    count[0] = 1
    for rank in twice:
        count[rank:] += count[:-rank].copy()
    share = count / count.sum()
    observed = int(twice[values > 0].sum())
    return min(1.0, 2 * min(share[: observed + 1].sum(), share[observed:].sum()))


class Comparison:
    """The mean over tasks of `one` less `other`, both {task: [replicate, example]}."""

    def __init__(self, one, other):
        pairs = [difference(one[task], other[task]) for task in sorted(one) if task in other]
        self.tasks = len(pairs)
        by_task = [100 * pair.mean() for pair in pairs]
        self.estimate = float(numpy.mean(by_task))
        self.means = resampled_means(pairs)
        self.low, self.high = interval(self.means, 0.95)
        self.p = signed_rank_p(by_task)
        self.differing = sum(value != 0 for value in by_task)

    def word(self, comparisons):
        """By the interval of 95 %, and by the one that holds for that many comparisons at once (Bonferroni)."""
        if self.low <= 0 <= self.high:
            return "noise"
        low, high = interval(self.means, 1 - 0.05 / comparisons)
        what = "helps" if self.estimate > 0 else "hurts"
        sure = (low > 0 or high < 0) and self.differing >= LEAST_TASKS
        return what if sure else "maybe " + what


def mean_of(tasks):
    """Estimate and interval of an accuracy's mean over tasks, {task: [replicate, example]}."""
    scores = [tasks[task] for task in sorted(tasks)]
    low, high = interval(resampled_means(scores), 0.95)
    return float(numpy.mean([100 * s.mean() for s in scores])), low, high
