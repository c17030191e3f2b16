#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The Python reader, over files of every schema, against h5py, CSV tables and PEFT's layout read here by other code.

Usage: reader_test.py LORASWEEP SOURCE_DIR
"""

import json
import math
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import h5py
import numpy
import pandas
import xarray

import lorasweep

PROGRAM, SOURCE = sys.argv[1:3]
SMALL = ["--set", "tasks.names=queue_size,truth_checking", "--set", "tasks.limit=6", "--set", "search.seeds=3,5"]


def run(*arguments):
    ended = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True)
    if ended.returncode:
        raise AssertionError(f"{arguments}: code {ended.returncode}: {ended.stderr}")


def setUpModule():
    global FOLDER, SCREENED, GIVEN, SHOTS, SCOPED, OLD
    FOLDER = Path(tempfile.mkdtemp())
    unittest.addModuleCleanup(shutil.rmtree, FOLDER)
    SCREENED, GIVEN, SHOTS, SCOPED = (FOLDER / name / "results.h5" for name in ("screened", "given", "shots", "scoped"))
    OLD = Path(SOURCE) / "tests" / "golden" / "v0.1.0" / "lorahub" / "results.h5"
    demo = Path(SOURCE) / "demo" / "sweep.toml"
    run("run", demo, "--out", SCREENED.parent, *SMALL, "--set", "search.seeds=3", "--set", "tasks.shot_seed=42,43", "--set",
        "adapters.select=screened", "--set", "adapters.count=3", "--set", "search.budget=38", "--set", "predict.ablate=true", "--set",
        "predict.baselines=zero-shot,few-shot,uniform,best-single")  # fmt: skip
    run("run", demo, "--out", SHOTS.parent, *SMALL, "--set", "search.budget=4", "--set", "results.composed=none")
    run("run", demo, "--out", SCOPED.parent, *SMALL, "--set", "search.budget=4", "--set", "search.scope=maps", "--set",
        "adapters.count=3", "--set", "predict.ablate=true")  # fmt: skip
    run("run", demo, "--out", GIVEN.parent, *SMALL, "--set", "search.method=given", "--set", f"search.weights={SHOTS}")


def strings(dataset):
    return [value.decode() for value in dataset[()].reshape(-1)]


class Frames(unittest.TestCase):
    def test_searches_have_a_row_for_each_task_and_seed(self):
        for path in (SHOTS, OLD, GIVEN):
            frame = lorasweep.open(path).searches
            with h5py.File(path) as file:
                s = file["summary"]
                expected = [(task, int(seed), s["accuracy"][t, r], s["best_objective"][t, r], s["accuracy_zero_shot"][t])
                            for t, task in enumerate(strings(s["task"])) for r, seed in enumerate(s["seed"])]  # fmt: skip
            columns = ["task", "seed", "accuracy", "best_objective", "accuracy_zero_shot"]
            found = list(frame[columns].itertuples(index=False, name=None))
            self.assertEqual(len(found), len(expected))
            for one, other in zip(found, expected):
                numpy.testing.assert_equal(one, other)

    def test_by_shots_is_the_lowest_objective_of_each_task(self):
        with h5py.File(SHOTS) as file:
            chosen = file["summary/by_shots"][()]
            seeds = file["summary/seed"][()]
        frame = lorasweep.open(SHOTS).searches
        self.assertEqual(list(frame[frame.by_shots].seed), [seeds[k] for k in chosen])

    def test_weights_go_by_the_name_of_the_adapter(self):
        for path in (SHOTS, OLD):
            frame = lorasweep.open(path).weights
            with h5py.File(path) as file:
                names, s = strings(file["adapters/name"]), file["summary"]
                for row in frame.itertuples():
                    t, r = strings(s["task"]).index(row.task), list(s["seed"]).index(row.seed)
                    self.assertEqual(row.adapter, names[s["adapter_index"][t, r, row.slot]])
                    numpy.testing.assert_equal(row.weight, s["best_weights"][t, r, row.slot])
                self.assertEqual(len(frame), numpy.count_nonzero(s["adapter_index"][()] >= 0))

    def test_weights_of_a_scope_have_a_row_for_each_place(self):
        results = lorasweep.open(SCOPED)
        frame = results.weights
        with h5py.File(SCOPED) as file:
            names, s = strings(file["adapters/name"]), file["summary"]
            places = strings(s["place"])
            self.assertEqual(places, ["q", "v"])
            self.assertEqual(len(frame), s["best_weights"].size)
            for row in frame.itertuples():
                t, r = strings(s["task"]).index(row.task), list(s["seed"]).index(row.seed)
                self.assertEqual(row.adapter, names[s["adapter_index"][t, r, row.slot]])
                self.assertEqual(row.weight, s["best_weights"][t, r, row.slot, places.index(row.place)])
                self.assertEqual(row.loss_without, s["loss_without"][t, r, row.slot])
            evaluated = file["evaluations/weights"]
            each = results.evaluated_weights
            self.assertEqual(len(each), evaluated.size)
            numpy.testing.assert_equal(each.weight.to_numpy(), evaluated[()].reshape(-1))
            self.assertEqual(list(each.place[:4]), ["q", "v", "q", "v"])
        xarray.open_dataset(SCOPED, group="summary").best_weights.sel(place="v")

    def test_evaluations_carry_their_shots_losses(self):
        frame = lorasweep.open(SHOTS).evaluations
        nll = frame[[c for c in frame if c.startswith("nll_")]]
        self.assertEqual(nll.shape, (2 * 2 * 4, 5))
        self.assertTrue(((frame.loss + frame.l1 - frame.objective).abs() <= 1e-12 * frame.objective.abs()).all())
        self.assertEqual(list(frame.seed.unique()), [3, 5])

    def test_weights_of_evaluations_give_their_regularizer(self):
        results = lorasweep.open(SHOTS)
        sizes = results.evaluated_weights.assign(size=lambda f: f.weight.abs()).groupby(["task", "seed", "step"])["size"].sum()
        l1 = results.evaluations.set_index(["task", "seed", "step"]).l1
        factor = results.config["search"]["l1"] / results.config["adapters"]["count"]
        numpy.testing.assert_allclose(l1.to_numpy(), factor * sizes.loc[l1.index].to_numpy(), rtol=1e-12, atol=1e-15)

    def test_predictions_stand_beside_their_questions(self):
        frame = lorasweep.open(SHOTS).predictions
        with open(Path(SOURCE) / "demo" / "tasks" / "queue_size.json", encoding="utf-8") as file:
            asked = {example["input"] for example in json.load(file)["examples"]}
        of_task = frame[frame.task == "queue_size"]
        self.assertTrue(of_task.input.map(lambda text: any(one in text for one in asked)).all())
        accuracy = frame[frame.of == "search"].groupby(["task", "seed"]).correct_lorahub.mean() * 100
        searches = lorasweep.open(SHOTS).searches.set_index(["task", "seed"]).accuracy
        numpy.testing.assert_allclose(accuracy.to_numpy(), searches.loc[accuracy.index].to_numpy())
        self.assertTrue(frame[frame.of == "zero_shot"].seed.isna().all())

    def test_a_screen_has_a_row_for_each_task_draw_and_adapter(self):
        frame = lorasweep.open(SCREENED).screen
        with h5py.File(SCREENED) as file:
            loss = file["screen/loss"][()]
            names, draws, tasks = strings(file["screen/adapter"]), list(file["screen/shot_seed"][()]), strings(file["screen/task"])
        self.assertEqual(len(frame), loss.size)
        for row in frame.itertuples():
            self.assertEqual(row.loss, loss[tasks.index(row.task), draws.index(row.shot_seed), names.index(row.adapter)])
        self.assertTrue(lorasweep.open(OLD).screen.empty)

    def test_statistics_and_tasks_agree_with_the_predictions(self):
        results = lorasweep.open(SCREENED)
        s = results.statistics
        zero = s[(s.of == "zero_shot") & (s.against == "none") & s.task.notna()].set_index("task").estimate
        tasks = results.tasks.set_index("task").accuracy_zero_shot
        numpy.testing.assert_allclose(zero.to_numpy(), tasks.loc[zero.index].to_numpy())
        self.assertTrue((s[s.task.isna()].n_tasks == 2).all())
        self.assertTrue(lorasweep.open(OLD).statistics.empty)

    def test_frames_agree_with_the_exported_tables(self):
        run("export", SHOTS, "--format", "csv", "-o", FOLDER / "tables")
        table = pandas.read_csv(FOLDER / "tables" / "evaluations.csv", float_precision="round_trip")
        frame = lorasweep.open(SHOTS).evaluations
        for column in ("step", "loss", "l1", "objective"):
            numpy.testing.assert_array_equal(table[column].to_numpy(), frame[column].to_numpy())


class Files(unittest.TestCase):
    def test_a_run_without_results_names_the_command_that_makes_them(self):
        (FOLDER / "empty").mkdir()
        with self.assertRaisesRegex(lorasweep.ResultsError, "lorasweep collect"):
            lorasweep.open(FOLDER / "empty")
        self.assertEqual(lorasweep.open(SHOTS.parent).digest, lorasweep.open(SHOTS).digest)

    def test_what_is_no_results_file_is_refused_by_name(self):
        other = FOLDER / "other.h5"
        with h5py.File(other, "w") as file:
            file.attrs["format"] = "SOMETHING"
        (FOLDER / "text.h5").write_text("not HDF5")
        for path in (other, FOLDER / "text.h5", FOLDER / "missing.h5"):
            with self.assertRaisesRegex(lorasweep.ResultsError, path.name):
                lorasweep.open(path)

    def test_an_incomplete_file_opens_and_says_so(self):
        run("collect", SHOTS.parent, "-o", FOLDER / "part.h5")
        with h5py.File(FOLDER / "part.h5", "r+") as file:
            self.assertTrue(lorasweep.open(SHOTS).complete)
            file.attrs["complete"] = numpy.int8(0)
            file["summary/accuracy"][0, 0] = math.nan
        part = lorasweep.open(FOLDER / "part.h5")
        self.assertFalse(part.complete)
        self.assertTrue(math.isnan(part.searches.accuracy[0]))

    def test_every_group_opens_in_xarray_and_indices_are_integers(self):
        with h5py.File(SCREENED) as file:
            groups = [name for name in file if name != "provenance"]
        for engine in ("h5netcdf", "netcdf4"):
            for group in groups:
                with xarray.open_dataset(SCREENED, group=group, engine=engine) as data:
                    for name in ("task_index", "replicate", "adapter_index", "example_index", "best_step", "file_index"):
                        if name in data:
                            self.assertEqual(data[name].dtype.kind, "i", f"{engine} {group}/{name}")


class Adapters(unittest.TestCase):
    def adapter(self, folder):
        data = (folder / "adapter_model.safetensors").read_bytes()
        (size,) = struct.unpack("<Q", data[:8])
        header = json.loads(data[8 : 8 + size])
        header.pop("__metadata__")
        body = data[8 + size :]
        tensors = {name: (tuple(t["shape"]), body[slice(*t["data_offsets"])]) for name, t in header.items()}
        return json.loads((folder / "adapter_config.json").read_text()), tensors

    def test_a_held_adapter_is_the_one_that_lorasweep_exports(self):
        for path in (SCREENED, OLD):
            out = FOLDER / "exported" / path.parent.name
            run("export", path, "--format", "adapter", "--searches", "held", "-o", out)
            searches = lorasweep.open(path).searches
            chosen = searches[searches.by_shots].iloc[0]
            mine = lorasweep.open(path).adapter(chosen.task, chosen.seed, FOLDER / "mine" / path.parent.name)
            theirs = self.adapter(out / chosen.task / f"r{chosen.replicate}")
            self.assertEqual(self.adapter(mine)[1], theirs[1])
            self.assertEqual(self.adapter(mine)[0]["r"], theirs[0]["r"])

    def test_one_that_the_file_does_not_hold_names_the_command_that_composes_it(self):
        with self.assertRaisesRegex(lorasweep.ResultsError, "lorasweep export .* --format adapter --searches all"):
            lorasweep.open(SHOTS).adapter("queue_size", 3)
        with self.assertRaisesRegex(lorasweep.ResultsError, "no_such_task"):
            lorasweep.open(SHOTS).adapter("no_such_task", 3)

    def test_a_directory_with_something_in_it_is_left_alone(self):
        (FOLDER / "full").mkdir()
        (FOLDER / "full" / "mine").write_text("mine")
        with h5py.File(SCREENED) as file:
            task = strings(file["summary/task"])[0]
        held = lorasweep.open(SCREENED).searches.query("by_shots and task == @task").seed.iloc[0]
        with self.assertRaises(FileExistsError):
            lorasweep.open(SCREENED).adapter(task, held, FOLDER / "full")
        self.assertEqual([p.name for p in (FOLDER / "full").iterdir()], ["mine"])


class Figures(unittest.TestCase):
    def setUp(self):
        try:
            import matplotlib  # noqa: F401
        except ImportError:
            self.skipTest("no matplotlib here")

    def test_each_shows_what_the_frames_hold(self):
        results = lorasweep.open(SCREENED)
        ax = results.plot.accuracy()
        dots = next(line for line in ax.lines if line.get_label() == "a search")
        numpy.testing.assert_array_equal(dots.get_xdata(), results.searches.accuracy.to_numpy())
        self.assertEqual([t.get_text() for t in ax.get_yticklabels()], list(results.tasks.task))
        image = results.plot.screen().images[0].get_array()
        self.assertEqual(image.shape, (results.screen.adapter.nunique(), 2))
        self.assertEqual(float(image.min()), 0.0)
        self.assertEqual(results.plot.weights().images[0].get_array().shape[1], 2)
        trace = results.plot.traces("queue_size").lines[0].get_ydata()
        self.assertEqual(trace[-1], results.searches.query("task == 'queue_size'").best_objective.iloc[0])
        with self.assertRaisesRegex(ValueError, "lorasweep screen"):
            lorasweep.open(OLD).plot.screen()


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
