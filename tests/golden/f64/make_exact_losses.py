# SPDX-License-Identifier: Apache-2.0
"""Writes exact_losses.json: the mean loss of every recorded weight vector under `exact`, from a network of its own in f64.

The changes of the adapters are merged into the weights (W + sum w_i s_i B_i A_i), so nothing of the engine's bypass is in it. The same network with
LoraHub's sums must give losses.json, which comes from transformers in f64; it is checked first, to 1e-5: transformers keeps variances and softmax in
f32 in any element type, and some of these losses are ill-conditioned.

    python3 make_exact_losses.py        needs numpy, sentencepiece; writes beside itself
"""
import json
import math
import pathlib
import struct

import numpy
import sentencepiece

here = pathlib.Path(__file__).resolve().parent
demo = here.parents[2] / "demo"
pieces = sentencepiece.SentencePieceProcessor(model_file=str(demo / "base" / "spiece.model"))
config = json.loads((demo / "base" / "config.json").read_text())
heads, width, epsilon = config["num_heads"], config["d_kv"], config["layer_norm_epsilon"]


def tensors_of(path):
    """A safetensors file of f32."""
    data = path.read_bytes()
    (size,) = struct.unpack("<Q", data[:8])
    table = json.loads(data[8 : 8 + size])
    table.pop("__metadata__", None)
    result = {}
    for name, entry in table.items():
        assert entry["dtype"] == "F32", entry
        first, last = (8 + size + offset for offset in entry["data_offsets"])
        result[name] = numpy.frombuffer(data[first:last], "<f4").reshape(entry["shape"])
    return result


def norm(x, gain):
    return x / numpy.sqrt((x * x).mean(-1, keepdims=True) + epsilon) * gain


def buckets(queries, keys, bidirectional):
    """Raffel et al. 2020: half of the buckets are exact distances, half logarithmic up to the largest."""
    count, far = config["relative_attention_num_buckets"], config["relative_attention_max_distance"]
    result = numpy.zeros((queries, keys), int)
    for i in range(queries):
        for j in range(keys):
            distance, bucket, own = j - i, 0, count
            if bidirectional:
                own = count // 2
                bucket = own if distance > 0 else 0
                distance = abs(distance)
            else:
                distance = max(-distance, 0)
            near = own // 2
            if distance < near:
                bucket += distance
            else:
                # transformers has this logarithm in f32
                scaled = numpy.float32(math.log(numpy.float32(distance / near))) / math.log(far / near) * (own - near)
                bucket += min(near + int(scaled), own - 1)
            result[i, j] = bucket
    return result


def attention(w, prefix, x, states, bias):
    """bias: added to the scores, [heads, queries, keys]; -inf where a query must not look."""
    split = lambda rows: rows.reshape(len(rows), heads, width).transpose(1, 0, 2)
    q, k, v = (split(rows @ w[f"{prefix}.{name}.weight"].T) for rows, name in ((x, "q"), (states, "k"), (states, "v")))
    scores = q @ k.transpose(0, 2, 1) + bias
    scores = numpy.exp(scores - scores.max(-1, keepdims=True))
    mixed = (scores / scores.sum(-1, keepdims=True)) @ v
    return mixed.transpose(1, 0, 2).reshape(len(x), heads * width) @ w[f"{prefix}.o.weight"].T


def feed_forward(w, prefix, x):
    gate = x @ w[f"{prefix}.wi_0.weight"].T
    gate = 0.5 * gate * (1 + numpy.tanh(math.sqrt(2 / math.pi) * (gate + 0.044715 * gate**3)))
    return (gate * (x @ w[f"{prefix}.wi_1.weight"].T)) @ w[f"{prefix}.wo.weight"].T


def stack(w, name, ids, states=None):
    x = w["shared.weight"][ids]
    decoder = states is not None
    table = w[f"{name}.block.0.layer.0.SelfAttention.relative_attention_bias.weight"]
    bias = table[buckets(len(ids), len(ids), not decoder)].transpose(2, 0, 1)
    if decoder:
        bias = bias + numpy.triu(numpy.full((len(ids), len(ids)), -numpy.inf), 1)
    for layer in range(config["num_decoder_layers" if decoder else "num_layers"]):
        part = f"{name}.block.{layer}.layer"
        own = norm(x, w[f"{part}.0.layer_norm.weight"])
        x = x + attention(w, f"{part}.0.SelfAttention", own, own, bias)
        if decoder:
            own = norm(x, w[f"{part}.1.layer_norm.weight"])
            x = x + attention(w, f"{part}.1.EncDecAttention", own, states, 0)
        last = 2 if decoder else 1
        x = x + feed_forward(w, f"{part}.{last}.DenseReluDense", norm(x, w[f"{part}.{last}.layer_norm.weight"]))
    return norm(x, w[f"{name}.final_layer_norm.weight"])


def nll_of(w, source, target):
    states = stack(w, "encoder", source)
    logits = stack(w, "decoder", [config["decoder_start_token_id"]] + target[:-1], states) @ w["lm_head.weight"].T
    highest = logits.max(-1, keepdims=True)
    logs = logits - highest - numpy.log(numpy.exp(logits - highest).sum(-1, keepdims=True))
    return -logs[range(len(target)), target].sum()


def module(key):
    return key.removeprefix("base_model.model.").removesuffix(".lora_A.weight") + ".weight"


def with_sums(base, adapters, weights):
    """LoraHub's: sums of factors in f32, in the order of the adapters."""
    total = {}
    for adapter, weight in zip(adapters, weights):
        for key, tensor in adapter.items():
            term = numpy.float32(weight) * tensor
            total[key] = term if key not in total else total[key] + term
    merged = dict(base)
    for key in (key for key in total if key.endswith("lora_A.weight")):
        merged[module(key)] = base[module(key)] + 2.0 * total[key.replace("lora_A", "lora_B")].astype("f8") @ total[key].astype("f8")
    return merged


def with_changes(base, adapters, weights):
    merged = dict(base)
    for adapter, weight in zip(adapters, weights):
        for key in (key for key in adapter if key.endswith("lora_A.weight")):
            change = adapter[key.replace("lora_A", "lora_B")].astype("f8") @ adapter[key].astype("f8")
            merged[module(key)] = merged[module(key)] + 2.0 * float(numpy.float32(weight)) * change
    return merged


def main():
    base = {name: tensor.astype("f8") for name, tensor in tensors_of(demo / "base" / "model.safetensors").items()}
    groups = json.loads((here.parent / "oracle" / "losses.json").read_text())
    known = json.loads((here / "losses.json").read_text())
    result, worst = [], 0
    for group, expected in zip(groups, known):
        adapters = [tensors_of(demo / "adapters" / name / "adapter_model.safetensors") for name in group["modules"]]
        ids = lambda text: pieces.encode(text)[:2047] + [1]
        examples = [(ids(i), ids(t)) for i, t in zip(group["inputs"], group["targets"])]
        tokens = [len(target) for _, target in examples]
        batch = group["batch_size"] or len(examples)
        nlls = lambda weights: [nll_of(weights, source, target) for source, target in examples]
        for place in (0, 2, 6):
            nll = nlls(with_sums(base, adapters, group["vectors"][place]["weights"]))
            loss = sum(sum(nll[f : f + batch]) / sum(tokens[f : f + batch]) for f in range(0, len(nll), batch)) / len(nll)
            worst = max(worst, abs(loss - expected[place]) / abs(expected[place]))
        losses = []
        for vector in group["vectors"]:
            losses.append(sum(nlls(with_changes(base, adapters, vector["weights"]))) / sum(tokens))
        result.append(losses)
    assert worst < 1e-5, worst
    print(f"largest relative difference to losses.json: {worst:.1e}")
    (here / "exact_losses.json").write_text(json.dumps(result, indent=1) + "\n")


main()
