# SPDX-License-Identifier: Apache-2.0
"""Figures of results. Each draws into `ax`, or into a figure of its own, and returns the axes."""

import matplotlib.pyplot as plt
import numpy


def _axes(ax, width, height):
    return plt.subplots(figsize=(width, height), layout="constrained")[1] if ax is None else ax


class Plots:
    def __init__(self, results):
        self._results = results

    def accuracy(self, ax=None):
        """Per task: every search as a dot, their mean, the base model and the controls that there are."""
        searches = self._results.searches
        tasks = list(self._results.tasks.task)
        ax = _axes(ax, 7, 1.2 + 0.3 * len(tasks))
        place = {task: len(tasks) - 1 - k for k, task in enumerate(tasks)}
        y = searches.task.map(place)
        ax.plot(searches.accuracy, y, "o", color="C0", alpha=0.35, markersize=4, label="a search")
        mean = searches.groupby("task", sort=False).accuracy.mean()
        ax.plot(mean, mean.index.map(place), "|", color="C0", markersize=14, markeredgewidth=2.5, label="mean of searches")
        known = self._results.tasks.dropna(subset=["accuracy_zero_shot"])
        ax.plot(known.accuracy_zero_shot, known.task.map(place), "x", color="C3", label="zero-shot")
        for name, marker, color in (("uniform", "s", "C7"), ("best_single", "D", "C2"), ("random_adapters", "^", "C4")):
            column = f"accuracy_{name}"
            if column in searches and searches[column].notna().any():
                of = searches.groupby("task", sort=False)[column].mean()
                ax.plot(of, of.index.map(place), marker, color=color, markersize=5, fillstyle="none", label=name.replace("_", " "))
        ax.set_yticks(list(place.values()), list(place))
        ax.set_xlabel("accuracy, %")
        ax.grid(axis="x", alpha=0.3)
        ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, frameon=False)
        return ax

    def traces(self, task, ax=None):
        """The best objective so far of each search of a task."""
        evaluations = self._results.evaluations
        of = evaluations[evaluations.task == task]
        if of.empty:
            raise KeyError(f"no evaluations of task {task!r}; there are: {', '.join(evaluations.task.unique())}")
        ax = _axes(ax, 6, 4)
        for seed, steps in of.groupby("seed"):
            best = steps.objective.where(numpy.isfinite(steps.objective)).cummin()
            ax.step(steps.step, best, where="post", label=f"seed {seed}")
        ax.set(title=task, xlabel="evaluation", ylabel="lowest objective so far")
        ax.legend(frameon=False)
        return ax

    def weights(self, ax=None, seed=None):
        """Weights by adapter and task: of `seed`, or the mean over the searches that an adapter was in."""
        weights = self._results.weights
        if seed is not None:
            weights = weights[weights.seed == seed]
        table = weights.pivot_table(index="adapter", columns="task", values="weight", aggfunc="mean", sort=False)
        most = numpy.nanmax(numpy.abs(table.to_numpy())) if table.size else 1.0
        return self._heatmap(table, ax, "weight", "RdBu_r", -most, most)

    def screen(self, ax=None):
        """Loss of every adapter alone, by task; relative to the task's lowest, for tasks differ in scale."""
        screen = self._results.screen
        if screen.empty:
            raise ValueError(f"{self._results.path}: no adapter was asked alone; see: lorasweep screen --help")
        table = screen.pivot_table(index="adapter", columns="task", values="loss", aggfunc="mean", sort=False)
        return self._heatmap(table - table.min(), ax, "loss above the task's lowest", "viridis", None, None)

    @staticmethod
    def _heatmap(table, ax, label, colors, low, high):
        ax = _axes(ax, 3.5 + 0.4 * table.shape[1], 1.8 + 0.2 * table.shape[0])
        image = ax.imshow(table.to_numpy(dtype=float), aspect="auto", cmap=colors, vmin=low, vmax=high)
        ax.set_xticks(range(table.shape[1]), table.columns, rotation=60, ha="right")
        ax.set_yticks(range(table.shape[0]), table.index, fontsize=7)
        ax.figure.colorbar(image, ax=ax, label=label)
        return ax
