# SPDX-License-Identifier: Apache-2.0
"""Writes ../separable_cma/generations.json: what sep-CMA-ES learns from given generations.

    python3 make_separable_cma.py      needs numpy 2.4.6 and cmaes 0.13.1; at once

The update is that of cmaes.SepCMA. Its constants are replaced by those of R. Ros and N. Hansen (PPSN 2008), written down here
anew: the package scales the rank-mu rate by (n + 2) / 3 and the rank-one rate not at all, the paper both. The package counts a
generation before it compares the length of the path with what is expected, so its count begins one lower.
"""
import json
import math
import pathlib

import cmaes
import numpy as np

here = pathlib.Path(__file__).resolve().parent
rng = np.random.default_rng(20080913)


def constants(n, population):
    mu = population // 2
    weights = np.log(mu + 1) - np.log(np.arange(1, mu + 1))
    weights /= weights.sum()
    mu_eff = 1 / np.sum(weights**2)
    c_sigma = (mu_eff + 2) / (n + mu_eff + 3)
    c_cov = 2 / (mu_eff * (n + math.sqrt(2)) ** 2) + (1 - 1 / mu_eff) * min(1, (2 * mu_eff - 1) / ((n + 2) ** 2 + mu_eff))
    c_cov = min(1, c_cov * (n + 2) / 3)
    return {"_weights": weights, "_mu_eff": mu_eff, "_c_sigma": c_sigma, "_cc": 4 / (n + 4),
            "_d_sigma": 1 + 2 * max(0, math.sqrt((mu_eff - 1) / (n + 1)) - 1) + c_sigma,
            "_c1": c_cov / mu_eff, "_cmu": c_cov * (1 - 1 / mu_eff)}


def learnt(n, population, shifts):
    """One generation a shift, in standard deviations: far away, all steps go one way, and the path of the covariance stalls."""
    mean, sigma = np.full(n, 3.0 / 60), 3.0 / 30
    strategy = cmaes.SepCMA(mean=mean, sigma=sigma, population_size=population)
    strategy._g = -1
    for name, value in constants(n, population).items():
        setattr(strategy, name, value)
    generations = []
    for shift in shifts:
        before = strategy._sigma
        scale = before * np.sqrt(strategy._C)
        points = np.round(strategy._mean + scale * (rng.normal(size=(population, n)) * rng.uniform(0.3, 1.5, n) + shift), 6)
        path = strategy._pc.copy()
        strategy.tell([(point, float(rank)) for rank, point in enumerate(points)])
        assert strategy._sigma < before * math.e  # beyond that lorasweep limits the step
        generations.append({"ranked": points.tolist(), "mean": strategy._mean.tolist(), "sigma": float(strategy._sigma),
                            "variances": strategy._C.tolist(),
                            "stalled": bool(np.allclose(strategy._pc, (1 - strategy._cc) * path, rtol=0, atol=1e-15))})
    return {"dimension": n, "population": population, "generations": generations}


cases = [learnt(7, 9, [2.0, 0.1, -0.2, 0.0]), learnt(3, 40, [0.0, 0.5]), learnt(60, 16, [0.0, 0.05])]
assert {generation["stalled"] for case in cases for generation in case["generations"]} == {True, False}
folder = here.parent / "separable_cma"
folder.mkdir(exist_ok=True)
(folder / "generations.json").write_text(json.dumps(cases, separators=(",", ":")) + "\n")
