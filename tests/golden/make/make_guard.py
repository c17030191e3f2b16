# SPDX-License-Identifier: Apache-2.0
"""Writes ../guard/guard.json: leave-one-out losses of recorded candidates, and who answers, as numpy has them.

    python3 make_guard.py      needs numpy 2.4.6; at once
"""
import json
import math
import pathlib

import numpy as np

here = pathlib.Path(__file__).resolve().parent
rng = np.random.default_rng(20250211)


def reduced(kind, nll, tokens):
    """Losses of the rows of `nll` (candidates x shots)."""
    if kind == "example_mean":
        return (nll / tokens).mean(axis=1)
    mean = nll.sum(axis=1) / tokens.sum()
    return mean / len(tokens) if kind == "lorahub" else mean


def leave_one_out(kind, nll, regularizer, tokens):
    """The nll of each shot under the candidate with the lowest objective on the others; argmin takes the first."""
    held = np.full(len(tokens), np.nan)
    for shot in range(len(tokens)):
        others = np.arange(len(tokens)) != shot
        objective = reduced(kind, nll[:, others], tokens[others]) + regularizer
        objective[~np.isfinite(objective)] = np.inf
        if np.isinf(objective.min()):
            return math.nan
        held[shot] = nll[objective.argmin(), shot]
    return float(reduced(kind, held[None, :], tokens)[0])


def verdict(mixture, base, single, ratio):
    if math.isfinite(mixture) and not mixture > ratio * base:
        return "mixture"
    return "best-single" if math.isfinite(single) and not single >= base else "base"


def number(value):
    value = float(value)
    return value if math.isfinite(value) else str(value)


def case(kind, candidates, shots, singles, spoil):
    tokens = rng.integers(1, 6, shots)
    level = rng.choice([0.2, 1.0])  # candidates that are much better than the base model, and such that are not
    nll = rng.gamma(2.0, level, (candidates, shots)) * tokens
    nll[0] = rng.gamma(2.0, 1.0, shots) * tokens
    regularizer = np.concatenate([[0.0], rng.uniform(0, 0.05, candidates - 1)])
    alone = rng.gamma(2.0, 0.7, (singles, shots)) * tokens
    if spoil:
        for values in (nll[1:], alone):
            if values.size:
                values[rng.uniform(size=values.shape) < 0.2] = rng.choice([np.nan, np.inf])
    if spoil and candidates > 3:
        nll[3], regularizer[3] = nll[2], regularizer[2]  # a tie
    ratio = float(rng.choice([0.25, 0.5, 1.0]))
    with np.errstate(invalid="ignore"):
        mixture = leave_one_out(kind, nll, regularizer, tokens)
        base = float(reduced(kind, nll[:1], tokens)[0])
        single = leave_one_out(kind, alone, np.zeros(singles), tokens) if singles else math.nan
    return {"reduction": kind, "ratio": ratio, "tokens": tokens.tolist(),
            "nll": [[number(v) for v in row] for row in nll], "regularizer": regularizer.tolist(),
            "singles": [[number(v) for v in row] for row in alone],
            "mixture": number(mixture), "base": number(base), "best_single": number(single),
            "verdict": verdict(mixture, base, single, ratio)}


cases = [case(kind, candidates, shots, singles, spoil)
         for kind in ("lorahub", "token_mean", "example_mean") for spoil in (False, True)
         for candidates, shots, singles in ((1, 2, 0), (4, 2, 3), (9, 5, 7), (23, 5, 0), (12, 3, 1))]
out = here.parent / "guard" / "guard.json"
out.write_text(json.dumps({"made_with": f"numpy {np.__version__}", "cases": cases}, indent=None) + "\n")
print(len(cases), [sum(c["verdict"] == v for c in cases) for v in ("mixture", "base", "best-single")],
      sum(isinstance(c["mixture"], str) for c in cases))
