#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A table of kernels, in the order of their launches, from what `ncu --csv --page raw` printed with the metrics below.

    python3 tools/ncu_table.py ncu.csv

Columns: kernel, blocks, registers of a thread, microseconds, TB/s of the device's memory, per cent of the multiprocessors' peak; at the end the sums by
kernel. Scripts take the metrics' names from `--metrics`.
"""
import csv
import re
import sys

DURATION, MEMORY, BUSY, REGISTERS, BLOCKS = METRICS = (
    "gpu__time_duration.sum", "dram__bytes.sum", "sm__throughput.avg.pct_of_peak_sustained_elapsed", "launch__registers_per_thread", "launch__grid_size")
MICROSECONDS = {"nsecond": 1e-3, "ns": 1e-3, "usecond": 1.0, "us": 1.0, "msecond": 1e3, "ms": 1e3, "second": 1e6, "s": 1e6}
BYTES = {"byte": 1.0, "Kbyte": 1e3, "Mbyte": 1e6, "Gbyte": 1e9}


def short(kernel):
    """The name without namespaces, return type and arguments."""
    name = kernel.replace("(anonymous namespace)::", "").replace("<unnamed>::", "").replace("lorasweep::", "")
    return re.sub(r"^void |\(.*", "", name)[:56]


def read(path):
    """Rows of (kernel, blocks, registers, microseconds, bytes, busy); nothing where ncu printed no table."""
    with open(path, errors="replace") as file:
        table = list(csv.reader(line for line in file if line.startswith('"')))
    if len(table) < 3:
        return []
    column = {name: i for i, name in enumerate(table[0])}
    units = table[1]

    def number(row, name, scale=None):
        value = float(row[column[name]].replace(",", ""))
        return value * scale[units[column[name]]] if scale else value

    return [(short(row[column["Kernel Name"]]), number(row, BLOCKS), number(row, REGISTERS), number(row, DURATION, MICROSECONDS), number(row, MEMORY, BYTES),
             number(row, BUSY)) for row in table[2:]]


def main():
    if sys.argv[1:] == ["--metrics"]:
        print(",".join(METRICS))
        return
    rows = read(sys.argv[1])
    if not rows:
        sys.exit(f"{sys.argv[1]} holds no table of ncu's: it says itself why")
    sums = {}
    for name, blocks, registers, us, size, busy in rows:
        print(f"kernel      {name:56} {blocks:8.0f} blocks {registers:4.0f} registers {us:8.1f} us {size / us * 1e-6:6.2f} TB/s {busy:5.1f} %")
        count, total = sums.get(name, (0, 0.0))
        sums[name] = (count + 1, total + us)
    for name, (count, total) in sorted(sums.items(), key=lambda item: -item[1][1]):
        print(f"kernels     {name:56} {count:4} times {total:9.1f} us")


if __name__ == "__main__":
    main()
