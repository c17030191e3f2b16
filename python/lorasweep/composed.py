# SPDX-License-Identifier: Apache-2.0
"""Composed adapters: out of a results file, into a PEFT directory."""

import json
import struct
import tempfile
from pathlib import Path

import h5py
import numpy

from .columns import text, texts


def read(file, task, replicate):
    """(text of adapter_config.json, {name: f4 array}) of a search; None where the file does not hold it."""
    group = file.get("composed")
    if group is None:
        return None
    return _packed(file, group, task, replicate) if "model" in group else _as_groups(group, task, replicate)


def _packed(file, group, task, replicate):
    task_index = list(texts(file["summary/task"])).index(task)
    at = numpy.flatnonzero((group["task_index"][()] == task_index) & (group["replicate"][()] == replicate))
    if not len(at):
        return None
    model = int(at[0])
    values, names = group[f"values_{model}"][()].reshape(-1), texts(group["tensor_name"])
    rows, columns, offsets = (group[f"tensor_{name}"][()] for name in ("rows", "columns", "offset"))
    tensors, first = {}, int(group["first_tensor"][model])
    for t in range(first, first + int(group["n_tensors"][model])):
        shape, begin = (int(rows[t]), int(columns[t])), int(offsets[t])
        tensors[names[t]] = values[begin : begin + shape[0] * shape[1]].reshape(shape)
    return texts(group["adapter_config"])[model], tensors


def _as_groups(group, task, replicate):
    """As it lay before schema 1.2."""
    model = group.get(f"{task}/r{replicate}")
    if model is None:
        return None
    tensors = {name: item[()] for name, item in model.items()
               if isinstance(item, h5py.Dataset) and not name.startswith("dim_")}
    return text(model.attrs["adapter_config"]), tensors


def write(config, tensors, to):
    """The directory with adapter_config.json and adapter_model.safetensors."""
    folder = Path(tempfile.mkdtemp(prefix="lorasweep-") if to is None else to)
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise FileExistsError(f"{folder}: is not empty; name another directory")
    header, begin = {"__metadata__": {"format": "pt"}}, 0
    for name, values in tensors.items():
        header[name] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [begin, begin + 4 * values.size]}
        begin += 4 * values.size
    head = json.dumps(header).encode()
    head += b" " * (-len(head) % 8)
    (folder / "adapter_config.json").write_text(config, encoding="utf-8")
    with (folder / "adapter_model.safetensors").open("wb") as out:
        out.write(struct.pack("<Q", len(head)) + head)
        for values in tensors.values():
            out.write(numpy.ascontiguousarray(values, "<f4").tobytes())
    return folder
