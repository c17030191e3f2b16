# SPDX-License-Identifier: Apache-2.0
"""Columns of a results file as pandas keeps them."""

import h5py
import numpy
import pandas


def text(value):
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)


def texts(dataset):
    """All strings, in an object array of the dataset's shape."""
    return dataset.asstr()[()]


def unknown_of(dataset):
    """What stands for "not known" among integers; None: everything is known. Files before 1.2 call it _FillValue."""
    for name in ("unknown_value", "_FillValue"):
        if name in dataset.attrs and dataset.dtype.kind == "i":
            return int(numpy.ravel(dataset.attrs[name])[0])
    return None


def raw(dataset):
    return texts(dataset) if h5py.check_string_dtype(dataset.dtype) else dataset[()]


def tidy(dataset, values=None):
    """A flat column: text, numbers, codes as categories by their names, integers that may be unknown as Int64."""
    values = raw(dataset) if values is None else values
    if "flag_meanings" in dataset.attrs:
        codes = numpy.ravel(dataset.attrs["flag_values"])
        names = text(dataset.attrs["flag_meanings"]).split(" ")
        if not numpy.array_equal(codes, numpy.arange(len(names))):
            raise ValueError(f"{dataset.name}: flag_values are not 0, 1, ...")
        return pandas.Categorical.from_codes(values, categories=names)
    unknown = unknown_of(dataset)
    if unknown is None:
        return values
    return pandas.arrays.IntegerArray(numpy.asarray(values, "i8"), values == unknown)


def flat(group, names):
    """A frame of those columns of a table that the file has; the first one says how many rows there are."""
    return pandas.DataFrame({name: tidy(group[name]) for name in names if name in group})
