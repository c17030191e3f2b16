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
            search = f["composed/word order/r0"]
            self.assertEqual(list(search.attrs["weights"]), [0.5, -1.25, 0.0])
            self.assertEqual(list(search.attrs["adapters"]), ["alpha", "beta", "gamma"])
            a = search["base_model.model.encoder.block.0.layer.0.SelfAttention.q.lora_A.weight"]
            self.assertEqual((a.shape, a.dtype), ((2, 4), np.dtype("<f4")))
            np.testing.assert_array_equal(a[:].reshape(-1), [(i * i - 10 * i) / 8 for i in range(8)])

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
            for group in ("summary", "evaluations", "predictions", "adapters", "composed/word order/r0"):
                with self.subTest(engine=engine, group=group), xr.open_dataset(path, group=group, engine=engine) as data:
                    with h5py.File(path) as f:
                        self.assertEqual(set(data.variables), set(f[group].keys()))
            with xr.open_dataset(path, group="summary", engine=engine) as summary:
                mean = summary.accuracy.mean("replicate").to_series()
                self.assertEqual(mean["counting_ünits"], 10.5)
                self.assertEqual(mean["word order"], 20)
                self.assertEqual(float(summary.objective_trace.sel(task="word order")[0, 3]), 1 / 12)
                self.assertTrue(np.isnan(summary.best_step[1, 1]))
                self.assertEqual(float(summary.n_cut_test.sel(task="counting_ünits")), 2)
                self.assertTrue(np.isnan(summary.n_cut_few_shot[0]))
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
        older = os.path.join(directory.name, "older.h5")
        with open(path, "rb") as source, open(older, "wb") as target:
            target.write(source.read())
        with h5py.File(older, "r+") as f:
            f.attrs["schema_version"] = "1.0.0"
            for name in ("n_finished", "n_cut_shots", "n_cut_shot_targets", "n_cut_test", "n_cut_few_shot"):
                del f["summary"][name]  # columns that 1.0 did not have
            del f["predictions/input_cut"], f["adapters/n_sites"], f["adapters/n_idle_sites"]
            f.attrs["content_sha256"] = said("1.0", path)
        for old in golden, older:
            self.assertEqual(subprocess.run([sys.executable, digest_tool, old]).returncode, 0)
        with h5py.File(path) as f:
            self.assertEqual(said("1.1", older), f.attrs["content_sha256"])
            self.assertNotEqual(said("1.0", path), f.attrs["content_sha256"])

    def test_digest_covers_values_but_not_timings(self):
        spec = importlib.util.spec_from_file_location("verify_content_digest", digest_tool)
        tool = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(tool)
        for name, covered in [("evaluations/duration_s", False), ("evaluations/worker_rank", False), ("adapters/source", False), ("adapters/sha256", True),
                              ("summary/n_cut_test", False), ("predictions/input_cut", False), ("adapters/n_idle_sites", False), ("evaluations/loss", True), ("summary/adapter_index", True)]:
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
