# SPDX-License-Identifier: Apache-2.0
"""Writes losses.json: the reference's 150 recorded objectives again, with the same f32 factors but the network in f64.

Some of the recorded losses are ill-conditioned (T5 does not scale its attention scores, and weights at the bounds make them large): there the
reference's own f32 value is off by more than 1e-5. How far off it is says how well f32 determines that loss.

    python3 make_losses.py        needs torch, transformers, safetensors, sentencepiece; writes beside itself
"""
import json
import pathlib

import sentencepiece
import torch
from safetensors.torch import load_file
from transformers import T5Config, T5ForConditionalGeneration

here = pathlib.Path(__file__).resolve().parent
demo = here.parents[2] / "demo"
pieces = sentencepiece.SentencePieceProcessor(model_file=str(demo / "base" / "spiece.model"))


def ids(text):
    return pieces.encode(text)[:2047] + [1]


def network():
    config = T5Config.from_pretrained(demo / "base")
    config.tie_word_embeddings = False
    model = T5ForConditionalGeneration(config)
    tensors = load_file(demo / "base" / "model.safetensors")
    for stack in ("encoder", "decoder"):
        tensors[f"{stack}.embed_tokens.weight"] = tensors["shared.weight"]
    print(model.load_state_dict(tensors, strict=False))
    return model.double().eval()


def factors(modules):
    return [load_file(demo / "adapters" / name / "adapter_model.safetensors") for name in modules]


def composed(adapters, weights):
    """LoraHub's sums: in f32, in the order of the adapters."""
    total = {}
    for adapter, weight in zip(adapters, weights):
        for key, tensor in adapter.items():
            total[key] = weight * tensor if key not in total else total[key] + weight * tensor
    return total


def main():
    model = network()
    base = {name: value.clone() for name, value in model.state_dict().items()}
    groups = json.loads((here.parent / "oracle" / "losses.json").read_text())
    result = []
    for group in groups:
        adapters = factors(group["modules"])
        examples = [(torch.tensor([ids(i)]), torch.tensor([ids(t)])) for i, t in zip(group["inputs"], group["targets"])]
        batch = group["batch_size"] or len(examples)
        losses = []
        for vector in group["vectors"]:
            merged = dict(base)
            total = composed(adapters, vector["weights"])
            for key in [k for k in total if k.endswith("lora_A.weight")]:
                name = key.removeprefix("base_model.model.").removesuffix(".lora_A.weight") + ".weight"
                delta = 2.0 * total[key.replace("lora_A", "lora_B")].double() @ total[key].double()
                merged[name] = base[name] + delta
            model.load_state_dict(merged)
            nll, tokens = [], []
            with torch.no_grad():
                for source, target in examples:
                    out = model(input_ids=source, labels=target).loss
                    nll.append(out.item() * target.shape[1])
                    tokens.append(target.shape[1])
            losses.append(sum(sum(nll[f : f + batch]) / sum(tokens[f : f + batch]) for f in range(0, len(nll), batch)) / len(nll))
        result.append(losses)
        worst = max(abs(v["loss"] - l) / max(abs(l), 1e-3) for v, l in zip(group["vectors"], losses))
        print(group["task"], f"largest relative difference of the recorded losses: {worst:.1e}")
    (here / "losses.json").write_text(json.dumps(result, indent=1) + "\n")


main()
