#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Computes content_sha256 of results files from their contents alone (docs/formats/results.md) and compares it with what they say.
"""usage: verify_content_digest.py RESULTS.h5 ...                compares; exit code 0: all right, 1: some differ
       verify_content_digest.py --schema 1.0|1.1 RESULTS.h5 ...   prints the digest that a file of that schema with the same
                                                                  contents has, to compare files of two schemas
needs h5py"""
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
# What each schema's rule leaves out, and how its files call themselves.
LEFT_OUT = {"1.0": TIMINGS, "1.1": TIMINGS | PLACES | NOTES}
VERSIONS = {"1.0": "1.0.0", "1.1": "1.1.0"}


def schema_of(file):
    return "1.0" if file.attrs["schema_version"].startswith("1.0.") else "1.1"


def is_covered(path, attribute, schema, own):
    if schema != own and path in NOTES:  # a file of the older schema has none of these
        return False
    if path == "/provenance" or path.startswith("/provenance/") or path in LEFT_OUT[schema] or attribute in HDF5_OWN:
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


def parts_of(file, schema):
    objects = [("/", file)]
    file.visititems(lambda name, item: objects.append(("/" + name, item)))
    for path, item in objects:
        for name in item.attrs.keys():
            if is_covered(path, name, schema, schema_of(file)):
                stored, value = item.attrs.get_id(name), item.attrs[name]
                if (path, name) == ("/", "schema_version") and schema != schema_of(file):
                    value = VERSIONS[schema]
                yield (path.encode(), name.encode()), digest(value, stored.dtype, stored.shape)
        if isinstance(item, h5py.Dataset) and is_covered(path, "", schema, schema_of(file)):
            yield (path.encode(), b""), digest(item[()], item.dtype, item.shape)


def content_sha256(file, schema=None):
    """By the rule of `schema`, "1.0" or "1.1"; by the file's own where none is named."""
    sha = hashlib.sha256()
    for (path, attribute), part in sorted(parts_of(file, schema or schema_of(file))):
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
