# SPDX-License-Identifier: Apache-2.0
# Records what nevergrad's COBYLA asks and is told on a few functions; see README.md.
import json
import warnings

import nevergrad as ng
import numpy as np
import scipy

warnings.filterwarnings("ignore")


def shifted_quadratic(w):
    """The function of docs/search.md, on which NGOpt itself runs."""
    i = np.arange(len(w))
    target = ((7 * i) % 20) / 20 * 1.5 - 0.6
    return (np.mean((1 + i / 20) * (w - target) ** 2) + 0.3 * np.mean(w[:-1] * w[1:])
            + 0.05 * np.mean(np.abs(w)))


def absolute(w):
    return np.mean(np.abs(w - np.linspace(-1.3, 1.1, len(w)))) + 0.05 * np.mean(np.abs(w))


def waves(w):
    return np.sum(np.sin(3 * w + np.arange(len(w)))) + 0.1 * np.sum(w**2)


def tied(w):
    """Rounded, so that many points have the same value."""
    return round(float(np.mean((w - np.linspace(-1.2, 1.3, len(w))) ** 2)), 2)


def parabola(w):
    return 2.7 * np.mean((w - 0.3456789) ** 2)


def trace(method, function, dimension, budget, bound=1.5):
    box = ng.p.Array(init=[0] * dimension, upper=[bound] * dimension, lower=[-bound] * dimension)
    optimizer = ng.optimizers.registry[method](box, budget=budget)
    points, objectives = [], []

    def evaluate(w):
        points.append([float(f"{x:.13g}") for x in w])
        objectives.append(float(function(w)))
        return objectives[-1]

    optimizer.minimize(evaluate)
    return dict(method=method, function=function.__name__, dimension=dimension, low=-bound, high=bound,
                objectives=objectives, points=points)


cases = [
    trace("NGOpt", shifted_quadratic, 20, 40),
    trace("Cobyla", parabola, 1, 240),
    trace("Cobyla", tied, 2, 40),
    trace("Cobyla", waves, 5, 60),
    trace("Cobyla", absolute, 12, 60, bound=0.7),
    trace("Cobyla", tied, 25, 70),
]
versions = dict(nevergrad=ng.__version__, scipy=scipy.__version__, numpy=np.__version__)
with open("cobyla_traces.json", "w", encoding="utf-8") as file:
    json.dump(dict(versions=versions, cases=cases), file, separators=(",", ":"))
    file.write("\n")
