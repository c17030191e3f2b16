# SPDX-License-Identifier: Apache-2.0
"""Writes ../spectrum/spectrum.json: singular values of adapters of the demo and of compositions of them, from numpy's
decomposition of the dense products, what they say, and overlaps of their spaces.

    python3 make_spectrum.py      needs numpy 2.4.6; at once
"""
import json
import pathlib
import struct

import numpy as np

here = pathlib.Path(__file__).resolve().parent
adapters = here.parents[2] / "demo" / "adapters"
NAMES = ["tiny_flan-reverse_v1", "tiny_flan-last_v2", "tiny_flan-count_v3"]
WEIGHTS = [0.7, -0.25, 1.1]


def factors(name):
    """{site: (A, B)} and the scaling."""
    raw = (adapters / name / "adapter_model.safetensors").read_bytes()
    length = struct.unpack("<Q", raw[:8])[0]
    header = json.loads(raw[8:8 + length])
    config = json.loads((adapters / name / "adapter_config.json").read_text())
    found = {}
    for key, entry in header.items():
        if key == "__metadata__":
            continue
        first, last = entry["data_offsets"]
        values = np.frombuffer(raw[8 + length + first:8 + length + last], "<f4").reshape(entry["shape"]).astype(float)
        site, kind = key.removeprefix("base_model.model.").removesuffix(".weight").rsplit(".", 1)
        found.setdefault(site, {})[kind] = values
    return {site: (f["lora_A"], f["lora_B"]) for site, f in found.items()}, config["lora_alpha"] / config["r"]


def measures(values):
    share = values / values.sum()
    share = share[share > 0]
    squares = values ** 2
    return {"frobenius": float(np.sqrt(squares.sum())), "top_share": float(squares.max() / squares.sum()),
            "effective_rank": float(np.exp(-(share * np.log(share)).sum())), "stable_rank": float(squares.sum() / squares.max())}


def entry(changes, keep):
    """Of dense changes by site; at most `keep` values, more are zero but for rounding."""
    sites, spaces = {}, {}
    for site, change in sorted(changes.items()):
        u, values, vt = np.linalg.svd(change, full_matrices=False)
        rank = np.linalg.matrix_rank(change)
        sites[site] = {"values": values[:keep].tolist(), **measures(values[:keep])}
        spaces[site] = (u[:, :rank], vt[:rank].T)
    return sites, spaces


def overlap(one, other):
    def of(x, y):
        k = min(x.shape[1], y.shape[1])
        return ((x[:, :k].T @ y[:, :k]) ** 2).sum() / k if k else np.nan
    pairs = [(of(one[s][0], other[s][0]), of(one[s][1], other[s][1])) for s in one if s in other]
    return [float(v) for v in np.nanmean(pairs, axis=0)]


read = [factors(name) for name in NAMES]
sites_of = sorted(read[0][0])
result = {"made_with": f"numpy {np.__version__}", "names": NAMES, "weights": WEIGHTS, "adapters": [], "overlap": [], "composed": {}}
spaces = []
for found, scaling in read:
    sites, own = entry({s: scaling * b @ a for s, (a, b) in found.items()}, found[sites_of[0]][0].shape[0])
    result["adapters"].append(sites)
    spaces.append(own)
for i in range(len(NAMES)):
    for j in range(i):
        result["overlap"].append([i, j, *overlap(spaces[i], spaces[j])])
scaling = read[0][1]
lorahub = {s: scaling * sum(w * f[0][s][1] for w, f in zip(WEIGHTS, read)) @ sum(w * f[0][s][0] for w, f in zip(WEIGHTS, read)) for s in sites_of}
exact = {s: sum(w * f[1] * f[0][s][1] @ f[0][s][0] for w, f in zip(WEIGHTS, read)) for s in sites_of}
for name, changes, keep in (("lorahub", lorahub, 8), ("exact", exact, 24)):
    sites, own = entry(changes, keep)
    result["composed"][name] = {"sites": sites, "overlap": [overlap(own, other) for other in spaces]}
out = here.parent / "spectrum" / "spectrum.json"
out.parent.mkdir(exist_ok=True)
out.write_text(json.dumps(result, indent=None) + "\n")
print(out.stat().st_size, result["overlap"])
