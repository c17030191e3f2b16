#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Computes content_sha256 of results files from their contents alone (docs/formats/results.md) and compares it with what they say.
"""usage: verify_content_digest.py RESULTS.h5 ...                compares; exit code 0: all right, 1: some differ
       verify_content_digest.py --schema 1.0|1.1|1.2 RESULTS.h5 ...   prints the digest that a file of that schema, an older one
                                                                      than theirs, with the same contents has, to compare files
                                                                      of two schemas
needs h5py. Schemas before 1.2 cover the composed adapters, so their digest of a file of 1.2 can be told only where that holds all
of them: results.composed = "all", or `collect --composed all`."""
import hashlib
import struct
import sys

import h5py
import numpy

HDF5_OWN = {"CLASS", "NAME", "DIMENSION_LIST", "REFERENCE_LIST"}
ROOT_OWN = {"content_sha256", "created_utc", "run_uuid"}
TIMINGS = {"/evaluations/" + name for name in ("t_finished_utc", "duration_s", "worker_rank", "attempt")}
PLACES = {"/adapters/source", "/adapters/format"}
# What follows from the inputs and from other columns.
NOTES = {"/summary/" + name for name in ("n_finished", "n_cut_shots", "n_cut_shot_targets", "n_cut_test", "n_cut_few_shot")} | {
    "/predictions/input_cut", "/adapters/n_sites", "/adapters/n_idle_sites"}
# What a user may leave out, and what can be made again from the rest.
TEXTS = {"/predictions/target", "/summary/canary"}
DERIVED = {"/summary/by_shots", "/summary/n_below_zero_shot", "/summary/most_below_zero_shot"}
# What each schema's rule leaves out (groups with all that is in them), and how its files call themselves.
LEFT_OUT = {"1.0": TIMINGS, "1.1": TIMINGS | PLACES | NOTES,
            "1.2": TIMINGS | PLACES | NOTES | TEXTS | DERIVED | {"/composed", "/examples", "/statistics", "/spectrum", "/overlap"}}
VERSIONS = {"1.0": "1.0.0", "1.1": "1.1.0", "1.2": "1.2.0"}
# What came with a schema: files of older ones have none of it.
NEW = {"1.0": set(), "1.1": NOTES,
       "1.2": DERIVED
              | {"/summary/" + name for name in ("canary", "task_sha256", "shot_seed", "loss_uniform", "best_single", "guard", "left_out_mixture",
                                                 "left_out_base", "left_out_best_single", "loss_without")}
              | {"/summary/accuracy_" + of + rule for of in ("uniform", "best_single", "random_adapters") for rule in ("", "_lmeval")}
              | {"/evaluations/shot", "/evaluations/nll", "/predictions/first_token", "/predictions/n_tokens", "/tokens", "/screen", "/examples",
                 "/statistics", "/spectrum", "/overlap"}}
# Attributes whose value was another one before 1.2.
OLDER = {("/predictions/of", "flag_values"): (numpy.arange(3, dtype="i1"), numpy.dtype("i1"), (3,)),
         ("/predictions/of", "flag_meanings"): ("search zero_shot few_shot", h5py.string_dtype(), ())}


def schema_of(file):
    version = file.attrs["schema_version"]
    return next((schema for schema in ("1.0", "1.1") if version.startswith(schema + ".")), "1.2")


def is_within(path, paths):
    return path in paths or "/" + path.split("/")[1] in paths


def is_covered(path, attribute, schema, own):
    """`own`: schema of the file."""
    if any(schema < newer and is_within(path, NEW[newer]) for newer in NEW):
        return False
    if schema < "1.2" <= own and is_within(path, {"/composed"}):  # lay otherwise: older_composed
        return False
    if is_within(path, {"/provenance"}) or is_within(path, LEFT_OUT[schema]) or attribute in HDF5_OWN:
        return False
    return not (path == "/" and attribute in ROOT_OWN)


def u64(number):
    return struct.pack("<Q", number)


def text(value):
    data = value if isinstance(value, bytes) else value.encode()
    return u64(len(data)) + data


def digest(values, dtype, shape):
    is_text = h5py.check_string_dtype(dtype) is not None
    sha = hashlib.sha256()
    sha.update(text("str" if is_text else dtype.kind + str(dtype.itemsize)))
    sha.update(u64(len(shape)) + b"".join(u64(extent) for extent in shape))
    if is_text:
        for value in numpy.asarray(values, dtype=object).reshape(-1):
            sha.update(text(value))
    else:
        sha.update(numpy.asarray(values, dtype=dtype.newbyteorder("<")).tobytes())
    return sha.hexdigest()


def require_whole(file, schema):
    """What a file of 1.2 may leave out is covered by the schemas before it."""
    there, all_of_them = len(file["composed/model"]), numpy.count_nonzero(file["summary/best_step"][()] >= 0)
    if there != all_of_them:
        sys.exit(f"{file.filename}: holds {there} of {all_of_them} composed adapters, which schema {schema} covers: "
                 "make it with results.composed = \"all\"")
    targets = file["predictions/target"].asstr()[()]
    if len(targets) and not any(targets):
        sys.exit(f"{file.filename}: holds no texts, which schema {schema} covers: make it with results.texts = \"all\"")


def older_composed(file):
    """The parts of /composed as schemas before 1.2 have them: a group for each model, a dataset for each tensor."""
    group = file["composed"]
    column = {name: (item.asstr() if h5py.check_string_dtype(item.dtype) else item)[()] for name, item in group.items() if not name.startswith("values_")}
    tasks, text = file["summary/task"].asstr()[()], h5py.string_dtype()
    for m in range(len(column["model"])):
        path = f"/composed/{tasks[column['task_index'][m]]}/r{column['replicate'][m]}"
        count = numpy.count_nonzero(column["adapters"][m] != "")
        yield (path, "adapter_config"), digest(column["adapter_config"][m], text, ())
        yield (path, "weights"), digest(column["weights"][m][:count], numpy.dtype("f8"), (count,))
        yield (path, "adapters"), digest(column["adapters"][m][:count], text, (count,))
        values, extents, first = group[f"values_{m}"][()].reshape(-1), set(), column["first_tensor"][m]
        for t in range(first, first + column["n_tensors"][m]):
            shape, begin = (int(column["tensor_rows"][t]), int(column["tensor_columns"][t])), column["tensor_offset"][t]
            extents.update(shape)
            yield (f"{path}/{column['tensor_name'][t]}", ""), digest(values[begin:begin + shape[0] * shape[1]], numpy.dtype("f4"), shape)
        for extent in extents:
            yield (f"{path}/dim_{extent}", ""), digest(numpy.arange(extent, dtype="i4"), numpy.dtype("i4"), (extent,))


def parts_of(file, schema):
    own = schema_of(file)
    if schema == "1.2" != own:
        sys.exit(f"{file.filename}: is of schema {own}, which has less than 1.2: compare by --schema {own}")
    if schema < "1.2" <= own:
        require_whole(file, schema)
    objects = [("/", file)]
    file.visititems(lambda name, item: objects.append(("/" + name, item)))
    for path, item in objects:
        for name in item.attrs.keys():
            if is_covered(path, name, schema, own):
                stored, value = item.attrs.get_id(name), item.attrs[name]
                value, dtype, shape = OLDER.get((path, name), (value, stored.dtype, stored.shape)) if schema < "1.2" else (value, stored.dtype, stored.shape)
                if (path, name) == ("/", "schema_version") and schema != own:
                    value = VERSIONS[schema]
                if schema < "1.2" and name == "unknown_value":  # as it was called before
                    name = "_FillValue"
                yield (path, name), digest(value, dtype, shape)
        if isinstance(item, h5py.Dataset) and is_covered(path, "", schema, own):
            yield (path, ""), digest(item[()], item.dtype, item.shape)
    if schema < "1.2" <= own:
        yield from older_composed(file)


def content_sha256(file, schema=None):
    """By the rule of `schema`, "1.0", "1.1" or "1.2"; by the file's own where none is named."""
    sha = hashlib.sha256()
    parts = {(path.encode(), attribute.encode()): part for (path, attribute), part in parts_of(file, schema or schema_of(file))}
    for (path, attribute), part in sorted(parts.items()):
        sha.update(text(path) + text(attribute) + text(part))
    return sha.hexdigest()


def main(arguments):
    if arguments[:1] == ["--schema"] and len(arguments) > 2 and arguments[1] in LEFT_OUT:
        for path in arguments[2:]:
            with h5py.File(path, "r") as file:
                print(path, content_sha256(file, arguments[1]))
        return 0
    if not arguments or arguments[0].startswith("-"):
        sys.exit(__doc__)
    wrong = 0
    for path in arguments:
        with h5py.File(path, "r") as file:
            claimed, found = file.attrs["content_sha256"], content_sha256(file)
        wrong += claimed != found
        print(path, found, "ok" if claimed == found else "DIFFERS from the file's " + claimed)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
