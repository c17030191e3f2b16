# SPDX-License-Identifier: Apache-2.0
"""The tables of a results file as tidy frames: a row for each thing, task, seed and adapter by their names."""

import numpy
import pandas

from .columns import flat, raw, texts, tidy, unknown_of

TASK = ["task_sha256", "canary", "n_examples", "n_shots", "n_finished", "accuracy_zero_shot", "accuracy_zero_shot_lmeval",
        "accuracy_few_shot", "accuracy_few_shot_lmeval", "n_below_zero_shot", "most_below_zero_shot", "n_cut_shots",
        "n_cut_shot_targets", "n_cut_test", "n_cut_few_shot"]  # fmt: skip
CONTROLS = [f"accuracy_{of}{rule}" for of in ("uniform", "best_single", "random_adapters") for rule in ("", "_lmeval")]
SEARCH = ["status", "accuracy", "accuracy_lmeval", "best_objective", "best_step", *CONTROLS, "loss_uniform", "guard",
          "left_out_mixture", "left_out_base", "left_out_best_single"]  # fmt: skip
EVALUATION = ["step", "loss", "l1", "objective", "status", "attempt", "worker_rank", "t_finished_utc", "duration_s", "eval_key"]


def _named(frame, file, group, seeds=True):
    """In front of a table's columns: whose rows they are. Rows of the base model have no seed."""
    task = texts(file["summary/task"])
    index = raw(group["task_index"])
    frame.insert(0, "task", numpy.where(index < 0, None, task[numpy.maximum(index, 0)]))
    if seeds:
        replicate = raw(group["replicate"])
        seed = raw(file["summary/seed"])
        frame.insert(1, "seed", pandas.arrays.IntegerArray(seed[numpy.maximum(replicate, 0)], replicate < 0))
    return frame


def _adapter_names(file, index):
    """Names of library indices; None where there is no adapter."""
    names = texts(file["adapters/name"])
    return numpy.where(index < 0, None, names[numpy.maximum(index, 0)]) if len(names) else numpy.full(index.shape, None)


def tasks(file):
    group = file["summary"]
    frame = flat(group, [name for name in TASK if name in group])
    frame.insert(0, "task", texts(group["task"]))
    return frame


def searches(file):
    group = file["summary"]
    task, seed = texts(group["task"]), raw(group["seed"])
    n = (len(task), len(seed))
    frame = pandas.DataFrame({
        "task": numpy.repeat(task, n[1]), "seed": numpy.tile(seed, n[0]), "replicate": numpy.tile(numpy.arange(n[1]), n[0])
    })  # fmt: skip
    if "shot_seed" in group:
        shot_seed = numpy.tile(raw(group["shot_seed"]), n[0])
        frame["shot_seed"] = pandas.arrays.IntegerArray(shot_seed, shot_seed == unknown_of(group["shot_seed"]))
    for name in SEARCH:
        if name in group:
            frame[name] = tidy(group[name], raw(group[name]).reshape(-1))
    frame["accuracy_zero_shot"] = numpy.repeat(raw(group["accuracy_zero_shot"]), n[1])
    if "best_single" in group:
        frame["best_single"] = _adapter_names(file, raw(group["best_single"]).reshape(-1))
    frame["by_shots"] = _by_shots(raw(group["best_objective"])).reshape(-1)
    return frame


def _by_shots(objective):
    """Of each task the first search with the lowest objective: what one would choose who knows only the shots."""
    finite = numpy.where(numpy.isfinite(objective), objective, numpy.inf)
    chosen = numpy.zeros(objective.shape, dtype=bool)
    for row in range(len(finite)):
        if finite.shape[1] and numpy.isfinite(finite[row]).any():
            chosen[row, finite[row].argmin()] = True
    return chosen


def _places(group):
    """Names of the places in which an adapter has weights of its own; none where it has one weight."""
    return list(texts(group["place"])) if "place" in group else []


def _add_places(frame, places):
    """Which place each row's weight is of: rows run through them."""
    if places:
        frame.insert(frame.columns.get_loc("weight"), "place", numpy.tile(places, len(frame) // len(places)))


def weights(file):
    group = file["summary"]
    places = _places(group)
    index = numpy.repeat(raw(group["adapter_index"]), len(places or [0]), axis=2)
    n_tasks, n_seeds, slots = index.shape
    frame = pandas.DataFrame({
        "task": numpy.repeat(texts(group["task"]), n_seeds * slots),
        "seed": numpy.tile(numpy.repeat(raw(group["seed"]), slots), n_tasks),
        "slot": numpy.tile(numpy.arange(slots) // len(places or [0]), n_tasks * n_seeds),
        "adapter": _adapter_names(file, index.reshape(-1)),
        "weight": raw(group["best_weights"]).reshape(-1),
    })  # fmt: skip
    _add_places(frame, places)
    if "loss_without" in group:
        frame["loss_without"] = numpy.repeat(raw(group["loss_without"]), len(places or [0]), axis=2).reshape(-1)
    return frame[index.reshape(-1) >= 0].reset_index(drop=True)


def evaluations(file):
    group = file["evaluations"]
    frame = _named(flat(group, EVALUATION), file, group)
    if "nll" in group:
        for shot, values in enumerate(raw(group["nll"]).T):
            frame[f"nll_{shot}"] = values
    return frame


def evaluated_weights(file):
    group, summary = file["evaluations"], file["summary"]
    values, places = raw(group["weights"]), _places(group)
    values = values.reshape(len(values), -1)
    rows, slots = values.shape
    index = raw(summary["adapter_index"])[raw(group["task_index"]), raw(group["replicate"])]
    index = numpy.repeat(index, len(places or [0]), axis=1).reshape(-1)
    each = _named(flat(group, ["step"]), file, group)
    frame = each.loc[numpy.repeat(numpy.arange(rows), slots)].reset_index(drop=True)
    frame["adapter"] = _adapter_names(file, index)
    frame["weight"] = values.reshape(-1)
    _add_places(frame, places)
    return frame[index >= 0].reset_index(drop=True)


def predictions(file):
    group = file["predictions"]
    columns = ["of", "example_index", "target", "prediction", "correct_lorahub", "correct_lmeval", "input_cut"]
    frame = _named(flat(group, columns), file, group)
    for name in ("correct_lorahub", "correct_lmeval"):
        frame[name] = frame[name] == "yes"
    if "examples" not in file:
        return frame
    asked = examples(file)
    asked = asked[(asked.role == "test") & (asked.input != "")][["task", "example_index", "input", "target"]]
    asked = asked.rename(columns={"target": "target_asked"})
    frame = frame.merge(asked, on=["task", "example_index"], how="left", validate="many_to_one")
    frame = frame.drop(columns="target_asked")
    frame.insert(frame.columns.get_loc("target"), "input", frame.pop("input"))
    return frame


def examples(file):
    group = file.get("examples")
    if group is None:
        return pandas.DataFrame(columns=["task", "seed", "role", "example_index", "file_index", "input", "target"])
    return _named(flat(group, ["role", "example_index", "file_index", "input", "target"]), file, group)


def screen(file):
    group = file.get("screen")
    if group is None or "loss" not in group:
        return pandas.DataFrame(columns=["task", "adapter", "loss"])
    loss, task, adapter = raw(group["loss"]), texts(group["task"]), texts(group["adapter"])
    draws = raw(group["shot_seed"]) if "shot_seed" in group else None
    if draws is None:
        loss = loss[:, None, :]
    n_draws = loss.shape[1]
    frame = pandas.DataFrame({"task": numpy.repeat(task, n_draws * len(adapter)), "adapter": numpy.tile(adapter, len(task) * n_draws)})
    if draws is not None:
        frame.insert(1, "shot_seed", numpy.tile(numpy.repeat(draws, len(adapter)), len(task)))
    frame["loss"] = loss.reshape(-1)
    if "nll" in group:
        nll = raw(group["nll"])
        for shot in range(nll.shape[-1]):
            frame[f"nll_{shot}"] = nll[..., shot].reshape(-1)
    return frame


def statistics(file):
    columns = ["of", "against", "estimate", "low", "high", "p", "p_adjusted", "test", "n_tasks", "n_replicates", "n_examples"]
    group = file.get("statistics")
    if group is None:
        return pandas.DataFrame(columns=["task", *columns])
    return _named(flat(group, columns), file, group, seeds=False)


def adapters(file):
    names = ["name", "rank", "alpha", "target_modules", "base_model", "n_sites", "n_idle_sites", "sha256", "source", "format"]
    return flat(file["adapters"], names)
