# SPDX-License-Identifier: Apache-2.0
"""Writes ../merges/: what PEFT's add_weighted_adapter() makes of adapters of the demo, as dense changes of two linear maps.

    python3 make_merges.py      needs peft 0.21.2, torch 2.15, transformers 5.24, safetensors; a minute

The third adapter is the first four ranks of one of the demo with lora_alpha 6, so that ranks and scalings differ."""
import json
import pathlib
import tempfile

import peft
import torch
import transformers
from safetensors.torch import load_file, save_file

here = pathlib.Path(__file__).resolve().parent
demo = here.parents[2] / "demo"
NAMES = ["tiny_flan-reverse_v1", "tiny_flan-last_v2", "tiny_flan-count_v3"]
RANK, ALPHA = 4, 6
SITES = ["encoder.block.1.layer.0.SelfAttention.q", "decoder.block.1.layer.1.EncDecAttention.v"]
CASES = {
    "cat": {"combination_type": "cat", "weights": [0.5, -0.25, 1.5]},
    "svd": {"combination_type": "svd", "weights": [1 / 3, 1 / 3, 1 / 3]},
    "svd_3": {"combination_type": "svd", "weights": [0.5, -0.25, 1.5], "svd_rank": 3},
    "ties": {"combination_type": "ties_svd", "weights": [1.0, 1.0, 1.0], "density": 0.2},
    "ties_frequency": {"combination_type": "ties_svd", "weights": [0.5, 2.0, 1.0], "density": 0.5, "majority_sign_method": "frequency"},
    "ties_negative": {"combination_type": "ties_svd", "weights": [-1.0, 1.0, 0.5], "density": 0.37, "svd_rank": 12},
    "magnitude": {"combination_type": "magnitude_prune_svd", "weights": [1 / 3, 1 / 3, 1 / 3], "density": 0.2},
    "magnitude_2": {"combination_type": "magnitude_prune_svd", "weights": [0.5, -0.25, 1.5], "density": 0.6, "svd_rank": 2},
}


def narrowed(place, folder):
    config = json.loads((place / "adapter_config.json").read_text())
    config.update(r=RANK, lora_alpha=ALPHA)
    tensors = {k: (v[:RANK] if ".lora_A." in k else v[:, :RANK]).contiguous() for k, v in load_file(place / "adapter_model.safetensors").items()}
    (folder / "adapter_config.json").write_text(json.dumps(config))
    save_file(tensors, folder / "adapter_model.safetensors")
    return folder


with tempfile.TemporaryDirectory() as scratch:
    places = [demo / "adapters" / name for name in NAMES]
    places[2] = narrowed(places[2], pathlib.Path(scratch))
    base = transformers.T5ForConditionalGeneration.from_pretrained(demo / "base")
    model = peft.PeftModel.from_pretrained(base, places[0], adapter_name="a0")
    for i, place in enumerate(places[1:], 1):
        model.load_adapter(place, adapter_name=f"a{i}")
    tensors = {}
    for case, arguments in CASES.items():
        model.add_weighted_adapter(adapters=["a0", "a1", "a2"], adapter_name=case, **arguments)
        for number, site in enumerate(SITES):
            layer = model.base_model.model.get_submodule(site)
            assert layer.scaling[case] == 1
            tensors[f"{case}.{number}"] = layer.get_delta_weight(case).detach().float().contiguous()
out = here.parent / "merges"
out.mkdir(exist_ok=True)
save_file(tensors, out / "merges.safetensors")
(out / "merges.json").write_text(json.dumps({"made_with": f"peft {peft.__version__}, torch {torch.__version__}", "names": NAMES, "rank": RANK,
                                             "alpha": ALPHA, "sites": SITES, "cases": CASES}, indent=1) + "\n")
print({k: (tuple(v.shape), round(float(v.norm()), 4)) for k, v in tensors.items()})
