# SPDX-License-Identifier: Apache-2.0
"""Writes ../statistics/statistics.json: intervals, p-values and adjusted p-values as numpy, scipy and statsmodels have them.

What these do not do (the draws of our own random numbers, exact tests of more than 2^18 patterns) is said a second time here, in whole
numbers and as plainly as it can be said.

    python3 make_statistics.py      needs numpy 2.4.6, scipy 1.17.1, statsmodels 0.15.0; about a minute
"""
import json
import math
import pathlib
from fractions import Fraction

import numpy as np
import scipy
import statsmodels
from scipy import stats
from statsmodels.stats.multitest import multipletests

here = pathlib.Path(__file__).resolve().parent
rng = np.random.default_rng(20240607)
MASK = (1 << 32) - 1


# --- our random numbers, from the papers ------------------------------------------------------------------------------
def words(key, stream, count):
    """The first `count` words of Philox4x32-10 with the block's number in the low half of the counter (SC'11)."""
    blocks = np.arange(-(-count // 4), dtype=np.uint64)
    c = [blocks & np.uint64(MASK), blocks >> np.uint64(32), np.full_like(blocks, stream & MASK), np.full_like(blocks, stream >> 32)]
    k = [key & MASK, key >> 32]
    for _ in range(10):
        first, second = np.uint64(0xD2511F53) * c[0], np.uint64(0xCD9E8D57) * c[2]
        high, low = np.uint64(32), np.uint64(MASK)
        c = [(second >> high) ^ c[1] ^ np.uint64(k[0]), second & low, (first >> high) ^ c[3] ^ np.uint64(k[1]), first & low]
        k = [(k[0] + 0x9E3779B9) & MASK, (k[1] + 0xBB67AE85) & MASK]
    return iter(np.stack(c, axis=1).reshape(-1).tolist())


class Draws:
    """Indices below n: of one word w, floor(w * n^k / 2^32) read as k digits to the base n."""

    def __init__(self, key, stream, n, most):
        self.n, self.k = n, 1
        while self.k < 24 and n ** (self.k + 1) <= 1 << 24:
            self.k += 1
        self.power = n**self.k
        self.words = words(key, stream, most)

    def take(self, count):
        taken = []
        while len(taken) < count:
            product = next(self.words) * self.power
            if product % (1 << 32) < (1 << 32) % self.power:
                continue
            number = product >> 32
            digits = [number // self.n**place % self.n for place in reversed(range(self.k))]
            taken += digits
        return taken[:count]


def our_means(scores, position, shared, seed, resamples):
    replicates, examples = scores.shape
    rows = Draws(seed, 0 if shared else 2 * position + 2, replicates, resamples * (replicates + 2))
    columns = Draws(seed, 2 * position + 1, examples, resamples * (examples + 2))
    means = np.empty(resamples)
    for b in range(resamples):
        r, e = rows.take(replicates), columns.take(examples)
        means[b] = scores[np.ix_(r, e)].mean()
    return means


# --- percentiles ------------------------------------------------------------------------------------------------------
def percentile_cases():
    cases = []
    for values in ([0.25], [2.0, -1.0], rng.normal(size=10), rng.normal(size=101), rng.integers(0, 5, 40) / 7, [1.0] * 6):
        values = [float(v) for v in values]
        percents = [0, 2.5, 5, 33.3, 50, 66.6, 95, 97.5, 100]
        cases.append({"values": values, "percents": percents, "wanted": np.percentile(values, percents).tolist()})
    return cases


# --- bootstrap --------------------------------------------------------------------------------------------------------
def correctness(replicates, examples, share):
    of_example = np.clip(rng.normal(share, 0.25, examples), 0.02, 0.98)
    return (rng.random((replicates, examples)) < of_example).astype(int)


def matrix(scores):
    return {"replicates": scores.shape[0], "examples": scores.shape[1], "values": scores.reshape(-1).tolist()}


def same_indices_cases():
    cases = []
    for replicates, examples in ((3, 12), (1, 7), (4, 1)):
        scores = correctness(replicates, examples, 0.5)
        r, e = rng.integers(0, replicates, (41, replicates)), rng.integers(0, examples, (41, examples))
        means = np.array([scores[np.ix_(r[b], e[b])].mean() for b in range(len(r))])
        cases.append({"scores": matrix(scores), "replicate_draws": r.tolist(), "example_draws": e.tolist(), "means": means.tolist(),
                      "interval": np.percentile(means, [2.5, 97.5]).tolist()})
    return cases


def task_cases():
    cases = []
    for replicates, examples, share, position, seed in ((1, 20, 0.3, 0, 1), (3, 40, 0.5, 2, 7), (5, 250, 0.6, 26, 2**40 + 3), (5, 1, 0.5, 1, 4)):
        scores = correctness(replicates, examples, share)
        means = our_means(scores, position, True, seed, 10_000)
        theirs = stats.bootstrap((np.arange(replicates), np.arange(examples)), lambda r, e: scores[np.ix_(r, e)].mean(), vectorized=False,
                                 paired=False, method="percentile", n_resamples=40_000, confidence_level=0.95,
                                 rng=np.random.default_rng(5)) if examples > 1 and replicates > 1 else None
        if replicates == 1:
            theirs = stats.bootstrap((scores[0],), np.mean, method="percentile", n_resamples=40_000, confidence_level=0.95,
                                     rng=np.random.default_rng(5))
        case = {"scores": matrix(scores), "position": position, "seed": seed, "mean": float(scores.mean()),
                "interval": np.percentile(means, [2.5, 97.5]).tolist()}
        if theirs is not None:
            case["scipy"] = {"interval": list(map(float, theirs.confidence_interval)), "standard_error": float(theirs.standard_error)}
        if replicates == 1:  # the resampled number of right answers is binomial: its quantiles 5 standard errors around 2.5 % and 97.5 %
            off = 5 * math.sqrt(0.025 * 0.975 / 10_000)
            right, n = float(scores.mean()), examples
            case["binomial"] = [[float(stats.binom.ppf(q + d, n, right) / n) for d in (-off, off)] for q in (0.025, 0.975)]
        cases.append(case)
    return cases


def sweep_cases():
    cases = []
    for shape, shared in (([(3, 30), (3, 41), (3, 25)], True), ([(3, 30), (1, 41), (2, 25)], False)):
        tasks = [correctness(r, e, 0.3 + 0.15 * i) for i, (r, e) in enumerate(shape)]
        means = np.mean([our_means(task, t, shared, 11, 10_000) for t, task in enumerate(tasks)], axis=0)
        rows = [np.arange(tasks[0].shape[0])] if shared else [np.arange(t.shape[0]) for t in tasks]
        columns = [np.arange(t.shape[1]) for t in tasks]

        # scipy wants two values in every sample: one replicate is drawn by hand.
        def mean(*drawn):
            drawn = list(drawn)
            of_rows, of_columns = drawn[:len(rows)], drawn[len(rows):]
            return np.mean([task[np.ix_(of_rows[0 if shared else t] % task.shape[0], of_columns[t])].mean() for t, task in enumerate(tasks)])

        samples = [r if len(r) > 1 else np.zeros(2, dtype=int) for r in rows] + columns
        theirs = stats.bootstrap(samples, mean, vectorized=False, paired=False, method="percentile", n_resamples=20_000, rng=np.random.default_rng(9))
        cases.append({"tasks": [matrix(t) for t in tasks], "shared": shared, "seed": 11, "interval": np.percentile(means, [2.5, 97.5]).tolist(),
                      "scipy": {"interval": list(map(float, theirs.confidence_interval)), "standard_error": float(theirs.standard_error)}})
    return cases


# --- tests by signs ---------------------------------------------------------------------------------------------------
def exact_p(weights, observed):
    """Twice the smaller tail of the sum of coins, in whole numbers."""
    ways = [1]
    for weight in weights:
        longer = [0] * (len(ways) + weight)
        for s, n in enumerate(ways):
            longer[s] += n
            longer[s + weight] += n
        ways = longer
    low, high = sum(ways[:observed + 1]), sum(ways[observed:])
    return float(min(Fraction(1), Fraction(2 * min(low, high), 1 << len(weights))))


def our_estimate(differences, seed, stream, resamples):
    sizes = [abs(d) for d in differences if d]
    observed = sum(d for d in differences if d > 0)
    per_pattern = -(-len(sizes) // 32)
    source = words(seed, (1 << 63) + stream, resamples * per_pattern)
    low = high = 0
    for _ in range(resamples):
        bits = sum(next(source) << 32 * w for w in range(per_pattern))
        total = sum(size for i, size in enumerate(sizes) if bits >> i & 1)
        low += total <= observed
        high += total >= observed
    return min(1.0, 2 * min((low + 1) / (resamples + 1), (high + 1) / (resamples + 1)))


def scipy_p(values, statistic):
    found = stats.permutation_test((np.asarray(values, dtype=float),), statistic, permutation_type="samples", alternative="two-sided",
                                   vectorized=False, n_resamples=np.inf)
    return float(found.pvalue)


def sign_flip_cases():
    cases = []
    by_scipy = [[3], [-1], [0], [0, 0, 0, 0], [1, -1], [2, 2, 2], [1, 0, 0, 5, -2, 3], [-5, -5, 1, 0, 2, -3, -4], [5, -5, 4, -4, 0],
                rng.integers(-5, 6, 12).tolist(), rng.integers(-1, 2, 16).tolist(), (rng.integers(-3, 4, 15) + 1).tolist()]
    for differences in by_scipy:
        replicates = max(5, max(map(abs, differences)))
        cases.append({"differences": differences, "p": scipy_p(np.array(differences) / replicates, np.mean) if len(differences) > 1 else 1.0,
                      "by": "scipy.stats.permutation_test" if len(differences) > 1 else "both patterns are as far"})
    for differences in (rng.integers(-5, 6, 250).tolist(), (rng.integers(-4, 6, 250)).tolist(), (rng.integers(0, 2, 250)).tolist()):
        cases.append({"differences": differences, "p": exact_p([abs(d) for d in differences], sum(d for d in differences if d > 0)),
                      "by": "whole numbers"})
    return cases


def estimate_cases():
    cases = []
    for differences, stream in (((rng.integers(-3, 5, 40)).tolist(), 0), ((rng.integers(-2, 4, 70)).tolist(), 3)):
        cases.append({"differences": differences, "seed": 5, "stream": stream, "resamples": 9999,
                      "p": our_estimate(differences, 5, stream, 9999),
                      "exact": exact_p([abs(d) for d in differences], sum(d for d in differences if d > 0))})
    return cases


def signed_rank_cases():
    def positive_ranks(d):
        return np.sum(stats.rankdata(np.abs(d))[d > 0])

    cases = []

    def add(values, p, by):
        kept = np.array([v for v in values if v != 0])
        ranks = stats.rankdata(np.abs(kept)) if len(kept) else np.array([])
        cases.append({"differences": [float(v) for v in values], "p": float(p), "by": by, "positive_ranks": float(ranks[kept > 0].sum()),
                      "negative_ranks": float(ranks[kept < 0].sum()), "not_zero": len(kept)})

    for n in (2, 5, 8, 27):  # neither ties nor zeros
        values = rng.permutation(np.arange(1, n + 1)) * rng.choice([-1, 1], n, p=[0.35, 0.65]) / 64
        add(values, stats.wilcoxon(values, method="exact", zero_method="wilcox").pvalue, "scipy.stats.wilcoxon exact")
    # One direction only, the smallest p there is; and as balanced as it can be.
    add([0.5, 1.5, 2.5, 3.5, 4.5, 6], stats.wilcoxon([0.5, 1.5, 2.5, 3.5, 4.5, 6], method="exact").pvalue, "scipy.stats.wilcoxon exact")
    add([1, -2, -3, 4], stats.wilcoxon([1, -2, -3, 4], method="exact").pvalue, "scipy.stats.wilcoxon exact")
    # Zeros are dropped, and then there are no ties.
    values = [0.0, 3.5, -1.25, 0.0, 7.0, 2.0, -0.5, 9.0]
    add(values, stats.wilcoxon([v for v in values if v], method="exact").pvalue, "scipy.stats.wilcoxon exact")
    # Ties, with and without zeros.
    for values in ([1, 1, 2, -3, 4], [2, 2, 2, -2, -2, 5], [0, 1, -1, 0], [4, 4, -4, 8, 8, -1, 2, 0, 0, 6, 6, 6, 3], (rng.integers(-3, 6, 16) / 8).tolist()):
        kept = np.array([v for v in values if v != 0])
        add(values, scipy_p(kept, positive_ranks), "scipy.stats.permutation_test")
    # As many tasks as BBH has, with ties: too many patterns for scipy.
    values = (rng.integers(-6, 10, 27) / 4).tolist()
    kept = np.array([v for v in values if v != 0])
    doubled = [int(2 * r) for r in stats.rankdata(np.abs(kept))]
    add(values, exact_p(doubled, sum(r for r, v in zip(doubled, kept) if v > 0)), "whole numbers")
    return cases


def holm_cases():
    cases = []
    for p in ([0.03], [0.01, 0.04], [0.04, 0.01, 0.03, 0.005], [0.02, 0.02, 0.02], [1.0, 0.6, 0.0, 1.0, 0.25], [0.5, 0.9, 0.7],
              (rng.random(81) ** 4).tolist(), np.round(rng.random(81) ** 3, 2).tolist()):
        cases.append({"p": p, "adjusted": multipletests(p, method="holm")[1].tolist()})
    return cases


if __name__ == "__main__":
    golden = {
        "made_with": {"numpy": np.__version__, "scipy": scipy.__version__, "statsmodels": statsmodels.__version__},
        "percentile": percentile_cases(),
        "same_indices": same_indices_cases(),
        "task": task_cases(),
        "sweep": sweep_cases(),
        "sign_flip": sign_flip_cases(),
        "sign_flip_estimate": estimate_cases(),
        "signed_rank": signed_rank_cases(),
        "holm": holm_cases(),
    }
    target = here.parent / "statistics" / "statistics.json"
    target.write_text("{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in golden.items()) + "\n}\n")
    print(target, target.stat().st_size, "bytes")
