# SPDX-License-Identifier: Apache-2.0
"""One results file: what it says of itself, and its tables as frames."""

import functools
import json
from pathlib import Path

import h5py

from . import composed, frames
from .columns import text

FORMAT, MAJOR = "LORASWEEP-RESULT", "1."


class ResultsError(Exception):
    """Not a results file, or one that does not hold what was asked for; says what to do."""


def open(path):  # noqa: A001
    """The results at `path`: a results file, or the directory of a run, whose file is results.h5."""
    path = Path(path)
    if path.is_dir():
        if not (path / "results.h5").exists():
            raise ResultsError(f"{path}: has no results.h5; a run that is not finished is read after: "
                               f"lorasweep collect {path} -o part.h5")
        path = path / "results.h5"
    return Results(path)


class Results:
    """Frames are read when they are first asked for, and the file is open only meanwhile. Their columns: docs/python.md."""

    def __init__(self, path):
        self.path = Path(path)
        with self._open() as file:
            self.attributes = {name: text(value) if isinstance(value, (bytes, str)) else value.item()
                               for name, value in file.attrs.items()}

    def _open(self):
        try:
            file = h5py.File(self.path, "r")
        except OSError as error:
            raise ResultsError(f"{self.path}: cannot be read as HDF5: {error}; where locks are missing, set "
                               "HDF5_USE_FILE_LOCKING=FALSE") from error
        form, version = (text(file.attrs.get(name, "")) for name in ("format", "schema_version"))
        if form != FORMAT or not version.startswith(MAJOR):
            file.close()
            raise ResultsError(f"{self.path}: is {form or 'no results file'} {version}, not {FORMAT} {MAJOR}x; "
                               "the program that wrote it has a reader")
        return file

    def _frame(self, read):
        with self._open() as file:
            return read(file)

    def __repr__(self):
        state = "complete" if self.complete else "not complete"
        return f"<lorasweep results {str(self.path)!r}: {self.attributes['title']}, {state}>"

    @property
    def complete(self):
        return bool(self.attributes["complete"])

    @property
    def digest(self):
        """content_sha256: equal for equal results, whoever computed them, where and when."""
        return self.attributes["content_sha256"]

    @functools.cached_property
    def config(self):
        """The configuration that the results were computed with, as a dictionary."""
        return json.loads(self._frame(lambda file: text(file["provenance/config"][()])))

    @functools.cached_property
    def tasks(self):
        """One row per task."""
        return self._frame(frames.tasks)

    @functools.cached_property
    def searches(self):
        """One row per search: task, seed."""
        return self._frame(frames.searches)

    @functools.cached_property
    def weights(self):
        """One row per search and adapter: what the best candidate gives it."""
        return self._frame(frames.weights)

    @functools.cached_property
    def evaluations(self):
        """One row per evaluation of a search."""
        return self._frame(frames.evaluations)

    @functools.cached_property
    def evaluated_weights(self):
        """One row per evaluation and adapter. Long: as many rows as evaluations have weights."""
        return self._frame(frames.evaluated_weights)

    @functools.cached_property
    def predictions(self):
        """One row per answer, with its question where the file has texts."""
        return self._frame(frames.predictions)

    @functools.cached_property
    def screen(self):
        """One row per task and adapter that was asked alone; empty where none was."""
        return self._frame(frames.screen)

    @functools.cached_property
    def statistics(self):
        """Intervals and tests; empty in files of older schemas."""
        return self._frame(frames.statistics)

    @functools.cached_property
    def adapters(self):
        """The library, in its order."""
        return self._frame(frames.adapters)

    @functools.cached_property
    def examples(self):
        """What the model was given; empty in files of older schemas."""
        return self._frame(frames.examples)

    @property
    def plot(self):
        """Figures of these results: accuracy(), traces(task), weights(), screen(). Needs matplotlib."""
        from .plots import Plots  # noqa: PLC0415: matplotlib is optional, and slow to import

        return Plots(self)

    def adapter(self, task, seed, to=None):
        """Writes the adapter that a search arrived at as a PEFT directory, and returns its path. `to`: the directory, which must
        not exist or be empty; None: a new temporary one, which is the caller's to remove. It loads with weight 1."""
        searches = self.searches
        of = searches[(searches.task == task) & (searches.seed == seed)]
        if of.empty:
            known = ", ".join(f"{t} {s}" for t, s in zip(searches.task.head(5), searches.seed.head(5)))
            raise ResultsError(f"{self.path}: has no search of task {task!r} and seed {seed!r}; it has {known}, ...")
        found = self._frame(lambda file: composed.read(file, task, int(of.replicate.iloc[0])))
        if found is None:
            raise ResultsError(f"{self.path}: does not hold the adapter of {task}, seed {seed}; compose it again: "
                               f"lorasweep export {self.path} --format adapter --searches all -o DIR")
        return composed.write(*found, to)
