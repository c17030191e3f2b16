#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Computes content_sha256 of results files from their contents alone (docs/formats/results.md) and compares it with what they say.
"""usage: verify_content_digest.py RESULTS.h5 ...   (needs h5py; exit code 0: all right, 1: some differ)"""
import hashlib
import struct
import sys

import h5py
import numpy

HDF5_OWN = {"CLASS", "NAME", "DIMENSION_LIST", "REFERENCE_LIST"}
ROOT_OWN = {"content_sha256", "created_utc", "run_uuid"}
TIMINGS = {"/evaluations/" + name for name in ("t_finished_utc", "duration_s", "worker_rank", "attempt")}


def is_covered(path, attribute):
    if path == "/provenance" or path.startswith("/provenance/") or path in TIMINGS or attribute in HDF5_OWN:
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


def parts_of(file):
    objects = [("/", file)]
    file.visititems(lambda name, item: objects.append(("/" + name, item)))
    for path, item in objects:
        for name in item.attrs.keys():
            if is_covered(path, name):
                stored = item.attrs.get_id(name)
                yield (path.encode(), name.encode()), digest(item.attrs[name], stored.dtype, stored.shape)
        if isinstance(item, h5py.Dataset) and is_covered(path, ""):
            yield (path.encode(), b""), digest(item[()], item.dtype, item.shape)


def content_sha256(file):
    sha = hashlib.sha256()
    for (path, attribute), part in sorted(parts_of(file)):
        sha.update(text(path) + text(attribute) + text(part))
    return sha.hexdigest()


def main(paths):
    if not paths:
        sys.exit(__doc__)
    wrong = 0
    for path in paths:
        with h5py.File(path, "r") as file:
            claimed, found = file.attrs["content_sha256"], content_sha256(file)
        wrong += claimed != found
        print(path, found, "ok" if claimed == found else "DIFFERS from the file's " + claimed)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
