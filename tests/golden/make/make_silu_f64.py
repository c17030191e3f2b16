#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes tests/golden/shapes/silu/f64.safetensors: the network of that folder with its adapter, computed by numpy in f64.

The reference's own logits of the longer sequence are 2e-5 of their largest value away from these: the case is
ill-conditioned in f32, and shapes_test.cpp asks whether the engine is as near (within twice that). Needs numpy alone.
"""
import json
import pathlib
import struct

import numpy

FOLDER = pathlib.Path(__file__).parent.parent / "shapes" / "silu"
TYPES = {"F32": "<f4", "I64": "<i8"}
BUCKETS, FARTHEST = 32, 128
BOUND = 1e-5  # of shapes_test.cpp: what the reference itself keeps needs no other truth


def read(path):
    data = path.read_bytes()
    (size,) = struct.unpack("<Q", data[:8])
    header, body = json.loads(data[8 : 8 + size]), data[8 + size :]
    return {name: numpy.frombuffer(body[slice(*t["data_offsets"])], TYPES[t["dtype"]]).reshape(t["shape"])
            for name, t in header.items() if name != "__metadata__"}  # fmt: skip


def write(path, tensors):
    header, begin = {}, 0
    for name, values in tensors.items():
        header[name] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [begin, begin + 4 * values.size]}
        begin += 4 * values.size
    head = json.dumps(header).encode()
    head += b" " * (-len(head) % 8)
    path.write_bytes(struct.pack("<Q", len(head)) + head + b"".join(v.astype("<f4").tobytes() for v in tensors.values()))


class Network:
    def __init__(self):
        config = json.loads((FOLDER / "config.json").read_text())
        self.heads, self.width, self.layers = config["num_heads"], config["d_kv"], config["num_layers"]
        self.weights = {name: values.astype("f8") for name, values in read(FOLDER / "model.safetensors").items()}
        adapter, peft = read(FOLDER / "adapter" / "adapter_model.safetensors"), json.loads((FOLDER / "adapter" / "adapter_config.json").read_text())
        for name in adapter:
            if name.endswith(".lora_A.weight"):
                at = name.removeprefix("base_model.model.").removesuffix(".lora_A.weight") + ".weight"
                b = adapter[name.replace("lora_A", "lora_B")].astype("f8")
                self.weights[at] = self.weights[at] + peft["lora_alpha"] / peft["r"] * (b @ adapter[name].astype("f8"))

    def linear(self, x, name):
        return x @ self.weights[name + ".weight"].T

    def norm(self, x, name):
        return x / numpy.sqrt((x * x).mean(-1, keepdims=True) + 1e-6) * self.weights[name + ".weight"]

    def bias(self, stack, rows):
        """By distance, as T5 sorts distances into buckets: both ways in the encoder, backwards in the decoder."""
        distance = numpy.arange(rows)[None] - numpy.arange(rows)[:, None]
        count, bucket = BUCKETS, 0
        if stack == "encoder":
            count, bucket, distance = BUCKETS // 2, (distance > 0) * (BUCKETS // 2), numpy.abs(distance)
        else:
            distance = -numpy.minimum(distance, 0)
        exact = count // 2
        far = numpy.log(numpy.maximum(distance, 1) / exact) / numpy.log(FARTHEST / exact) * (count - exact)
        bucket = bucket + numpy.where(distance < exact, distance, numpy.minimum(exact + far.astype(int), count - 1))
        table = self.weights[f"{stack}.block.0.layer.0.SelfAttention.relative_attention_bias.weight"]
        return table[bucket].transpose(2, 0, 1)

    def attention(self, x, keys, name, bias):
        q, k, v = (self.linear(rows, f"{name}.{part}").reshape(len(rows), self.heads, self.width)
                   for rows, part in ((x, "q"), (keys, "k"), (keys, "v")))  # fmt: skip
        scores = numpy.einsum("ihd,jhd->hij", q, k) + bias
        share = numpy.exp(scores - scores.max(-1, keepdims=True))
        share /= share.sum(-1, keepdims=True)
        return self.linear(numpy.einsum("hij,jhd->ihd", share, v).reshape(len(x), -1), f"{name}.o")

    def feed_forward(self, x, name):
        gate = self.linear(x, f"{name}.wi_0")
        return self.linear(gate / (1 + numpy.exp(-gate)) * self.linear(x, f"{name}.wi_1"), f"{name}.wo")

    def encode(self, ids):
        x, bias = self.weights["shared.weight"][ids], self.bias("encoder", len(ids))
        for layer in range(self.layers):
            at = f"encoder.block.{layer}.layer"
            normed = self.norm(x, f"{at}.0.layer_norm")
            x = x + self.attention(normed, normed, f"{at}.0.SelfAttention", bias)
            x = x + self.feed_forward(self.norm(x, f"{at}.1.layer_norm"), f"{at}.1.DenseReluDense")
        return self.norm(x, "encoder.final_layer_norm")

    def logits(self, ids, states):
        x = self.weights["shared.weight"][ids]
        ahead = numpy.triu(numpy.full((len(ids), len(ids)), -numpy.inf), 1)
        bias = self.bias("decoder", len(ids)) + ahead
        for layer in range(self.layers):
            at = f"decoder.block.{layer}.layer"
            normed = self.norm(x, f"{at}.0.layer_norm")
            x = x + self.attention(normed, normed, f"{at}.0.SelfAttention", bias)
            x = x + self.attention(self.norm(x, f"{at}.1.layer_norm"), states, f"{at}.1.EncDecAttention", 0)
            x = x + self.feed_forward(self.norm(x, f"{at}.2.layer_norm"), f"{at}.2.DenseReluDense")
        head = "lm_head" if "lm_head.weight" in self.weights else "shared"
        return self.linear(self.norm(x, "decoder.final_layer_norm"), head)


def main():
    network, expected, exact, truth = Network(), read(FOLDER / "expected.safetensors"), {}, {}
    for sequence in "01":
        states = network.encode(expected[f"input.{sequence}"])
        exact[f"adapted.{sequence}.states"] = states
        exact[f"adapted.{sequence}.logits"] = network.logits(expected[f"decoder.{sequence}"], states)
    for name, values in exact.items():
        away = numpy.abs(values - expected[name]).max() / numpy.abs(values).max()
        print(f"{name}: the reference is {away:.2g} of the largest value away")
        if away > BOUND:
            truth[name] = values
    write(FOLDER / "f64.safetensors", truth)


if __name__ == "__main__":
    main()
