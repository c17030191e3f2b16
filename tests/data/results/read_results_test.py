# SPDX-License-Identifier: Apache-2.0
# Opens the sample results as users do, with h5py, pandas and xarray (both engines), and compares values and digest.
import importlib.util
import os
import subprocess
import sys
import tempfile
import unittest

try:
    import h5py
    import numpy as np
    import pandas as pd
    import xarray as xr
    import h5netcdf  # noqa: F401
    import netCDF4  # noqa: F401
except ImportError as missing:
    print("SKIPPED:", missing, "(Debian: python3-h5py python3-pandas python3-xarray python3-h5netcdf python3-netcdf4)")
    sys.exit(77)

writer, digest_tool = sys.argv[1:3]
directory = tempfile.TemporaryDirectory()
path = os.path.join(directory.name, "results.h5")


def frame(group):
    """The table as the README shows it to users."""
    rows = group["row"].shape
    columns = {name: item for name, item in group.items() if item.shape == rows}
    return pd.DataFrame({n: c.asstr()[:] if h5py.check_string_dtype(c.dtype) else c[:] for n, c in columns.items()})


class Results(unittest.TestCase):
    def test_h5py_reads_every_value(self):
        with h5py.File(path) as f:
            self.assertEqual(f.attrs["format"], "LORASWEEP-RESULT")
            self.assertEqual((f.attrs["n_units"], f.attrs["n_failed"], f.attrs["complete"]), (8, 1, 0))
            self.assertEqual(list(f["summary/task"].asstr()), ["counting_ünits", "word order"])
            self.assertEqual(list(f["summary/seed"]), [42, 7])
            np.testing.assert_array_equal(f["summary/accuracy"], [[10, 11], [20, np.nan]])
            np.testing.assert_array_equal(f["summary/n_finished"], [2, 0])
            np.testing.assert_array_equal(f["summary/n_cut_few_shot"], [-1, 3])
            np.testing.assert_array_equal(f["predictions/input_cut"], [0, 0, 1, 2])
            self.assertEqual(f["predictions/input_cut"].attrs["flag_meanings"], "no yes unknown")
            self.assertEqual([d.keys()[0] for d in f["summary/best_weights"].dims], ["task", "replicate", "adapter_slot"])
            self.assertEqual(f["summary/status"].attrs["flag_meanings"], "ok failed partial missing")
            self.assertEqual(len(f["provenance/sessions"].asstr()[()]), 100_000)
            np.testing.assert_array_equal(f["evaluations/nll"][0], [0, 0.5])
            np.testing.assert_array_equal(f["screen/loss"], [[0.5, 0.25, np.nan], [1, 2, 3]])
            np.testing.assert_array_equal(f["summary/best_single"], [[1, 1], [-1, -1]])

    def test_h5py_gets_composed_adapters_as_the_documentation_says(self):
        with h5py.File(path) as f:
            c = f["composed"]
            m = next(m for m in range(len(c["model"])) if (c["task_index"][m], c["replicate"][m]) == (1, 0))
            values, first = c[f"values_{m}"][()].reshape(-1), c["first_tensor"][m]
            tensors = {}
            for t in range(first, first + c["n_tensors"][m]):
                shape, begin = (c["tensor_rows"][t], c["tensor_columns"][t]), c["tensor_offset"][t]
                tensors[c["tensor_name"].asstr()[t]] = values[begin:begin + shape[0] * shape[1]].reshape(shape)
            self.assertEqual(list(c["weights"][m]), [0.5, -1.25, 0.0])
            self.assertEqual(list(c["adapters"].asstr()[m]), ["alpha", "beta", "gamma"])
            module = "base_model.model.encoder.block.0.layer.0.SelfAttention.q."
            self.assertEqual(set(tensors), {module + "lora_A.weight", module + "lora_B.weight"})
            a, b = tensors[module + "lora_A.weight"], tensors[module + "lora_B.weight"]
            self.assertEqual((a.shape, b.shape, values.dtype), ((2, 4), (6, 2), np.dtype("<f4")))
            np.testing.assert_array_equal(a.reshape(-1), [(i * i - 10 * i) / 8 for i in range(8)])
            np.testing.assert_array_equal(b.reshape(-1), [(i * i - 10 * i) / 8 for i in range(12)])

    def test_tokens_and_examples_are_found_as_the_documentation_says(self):
        with h5py.File(path) as f:
            p, ids = f["predictions"], f["tokens/id"][()]
            tokens = [ids[b:b + n].tolist() if n >= 0 else None for b, n in zip(p["first_token"], p["n_tokens"])]
            self.assertEqual(tokens, [[0], [0], None, [20, 21, 22]])
            x = frame(f["examples"])
        self.assertEqual(list(x.role), [0, 1, 2, 0])
        self.assertEqual(list(x.input), ["fünf?", "one?", "Q: one?\nA: two\n\n", ""])
        self.assertEqual(list(x.file_index), [0, 4, -1, -1])

    def test_pandas_gets_the_rows_in_order(self):
        with h5py.File(path) as f:
            evaluations, predictions = frame(f["evaluations"]), frame(f["predictions"])
        self.assertEqual(len(evaluations), 12)
        self.assertEqual(list(evaluations.task_index * 8 + evaluations.replicate * 4 + evaluations.step), list(range(12)))
        self.assertEqual(evaluations.loss[3], 0.25)
        self.assertTrue(np.isinf(evaluations.loss[5]) and evaluations.status[5] == 1)
        self.assertEqual(evaluations.eval_key[11][-1], "b")
        self.assertEqual(list(predictions.of), [0, 0, 1, 2])
        self.assertEqual(list(predictions.prediction), ["fünf", "line\nbreak", "(A)", ""])

    def test_xarray_opens_every_group(self):
        for engine in ("h5netcdf", "netcdf4"):
            for group in ("summary", "evaluations", "predictions", "tokens", "adapters", "examples", "statistics", "screen", "composed"):
                with self.subTest(engine=engine, group=group), xr.open_dataset(path, group=group, engine=engine) as data:
                    with h5py.File(path) as f:
                        self.assertEqual(set(data.variables), set(f[group].keys()))
            with xr.open_dataset(path, group="summary", engine=engine) as summary:
                mean = summary.accuracy.mean("replicate").to_series()
                self.assertEqual(mean["counting_ünits"], 10.5)
                self.assertEqual(mean["word order"], 20)
                self.assertEqual(float(summary.objective_trace.sel(task="word order")[0, 3]), 1 / 12)
                self.assertEqual(summary.best_step.dtype, np.dtype("i4"))
                self.assertEqual(summary.best_step[1, 1], summary.best_step.attrs["unknown_value"])
                self.assertEqual(float(summary.n_cut_test.sel(task="counting_ünits")), 2)
                self.assertEqual(summary.n_cut_few_shot[0], -1)
                self.assertEqual(list(summary.shot_seed), [42, 42])
            with xr.open_dataset(path, group="screen", engine=engine) as screen:
                self.assertEqual(screen.loss.dims, ("task", "adapter"))
                self.assertEqual(float(screen.loss.sel(task="word order", adapter="beta")), 2)
                self.assertEqual(list(screen.nll.sel(task="counting_ünits", adapter="alpha")), [1, 2])
            with xr.open_dataset(path, group="evaluations", engine=engine) as evaluations:
                self.assertEqual(evaluations.weights.dims, ("row", "adapter_slot"))
                self.assertEqual(evaluations.t_finished_utc.dtype.kind, "M")

    def test_holds_only_what_every_reader_understands(self):
        def check(name, item):
            if isinstance(item, h5py.Dataset):
                text = h5py.check_string_dtype(item.dtype)
                self.assertTrue(item.dtype.str in ("<f8", "<f4", "<i8", "<i4", "|i1") or (text and text.length is None), name)
                is_scale = h5py.h5ds.is_scale(item.id)
                self.assertTrue(is_scale or all(len(dimension.keys()) == 1 for dimension in item.dims), name)

        with h5py.File(path) as f:
            f.visititems(check)

    def test_digest_is_what_the_independent_tool_computes(self):
        self.assertEqual(subprocess.run([sys.executable, digest_tool, path]).returncode, 0)

    def test_digest_tool_compares_files_of_two_schemas(self):
        def said(schema, file):
            answer = subprocess.run([sys.executable, digest_tool, "--schema", schema, file], capture_output=True, text=True)
            return answer.stdout.split()[-1]

        golden = os.path.join(os.path.dirname(__file__), "../../golden/v0.1.0/lorahub/results.h5")
        # Written by the program of before 1.2, of the sample as it was: its /composed is in another form.
        newer = os.path.join(os.path.dirname(__file__), "../../golden/results/schema_1_1.h5")
        older = os.path.join(directory.name, "older.h5")
        with open(newer, "rb") as source, open(older, "wb") as target:
            target.write(source.read())
        with h5py.File(older, "r+") as f:
            f.attrs["schema_version"] = "1.0.0"
            for name in ("n_finished", "n_cut_shots", "n_cut_shot_targets", "n_cut_test", "n_cut_few_shot"):
                del f["summary"][name]  # columns that 1.0 did not have
            del f["predictions/input_cut"], f["adapters/n_sites"], f["adapters/n_idle_sites"]
            f.attrs["content_sha256"] = said("1.0", newer)
        for old in golden, older, newer:
            self.assertEqual(subprocess.run([sys.executable, digest_tool, old]).returncode, 0)
        with h5py.File(newer) as f:
            self.assertEqual(said("1.1", path), f.attrs["content_sha256"])
            self.assertEqual(said("1.1", older), f.attrs["content_sha256"])
        with h5py.File(older) as f:
            self.assertEqual(said("1.0", path), f.attrs["content_sha256"])
            self.assertNotEqual(said("1.1", path), f.attrs["content_sha256"])

    def test_digest_tool_tells_no_older_digest_of_what_is_not_there(self):
        for left_out in ("composed", "targets"):
            less = os.path.join(directory.name, "less.h5")
            with open(path, "rb") as source, open(less, "wb") as target:
                target.write(source.read())
            with h5py.File(less, "r+") as f:
                if left_out == "composed":
                    f["summary/best_step"][1, 1] = 0  # one more finished search than there are composed adapters
                else:
                    f["predictions/target"][:] = ""
            answer = subprocess.run([sys.executable, digest_tool, "--schema", "1.1", less], capture_output=True, text=True)
            self.assertNotEqual(answer.returncode, 0)
            self.assertEqual(answer.stdout, "")

    def test_digest_covers_values_but_not_timings(self):
        spec = importlib.util.spec_from_file_location("verify_content_digest", digest_tool)
        tool = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(tool)
        for name, covered in [("evaluations/duration_s", False), ("evaluations/worker_rank", False), ("adapters/source", False), ("adapters/sha256", True),
                              ("summary/n_cut_test", False), ("summary/canary", False), ("summary/by_shots", False), ("predictions/target", False), ("examples/input", False),
                              ("composed/weights", False), ("statistics/p", False), ("evaluations/nll", True), ("tokens/id", True), ("screen/loss", True), ("predictions/input_cut", False), ("adapters/n_idle_sites", False), ("evaluations/loss", True), ("summary/adapter_index", True)]:
            changed = os.path.join(directory.name, "changed.h5")
            with open(path, "rb") as source, open(changed, "wb") as target:
                target.write(source.read())
            with h5py.File(changed, "r+") as f:
                f[name][0] = "3" if h5py.check_string_dtype(f[name].dtype) else 3
            with h5py.File(changed) as f:
                self.assertEqual(tool.content_sha256(f) != f.attrs["content_sha256"], covered, name)


if __name__ == "__main__":
    subprocess.run([writer, path], check=True)
    unittest.main(argv=sys.argv[:1], verbosity=2)
