# SPDX-License-Identifier: Apache-2.0
"""What the files of a sweep mean, read by Python alone: to hold lorasweep's reading against. Each function takes bytes and returns a
value that is equal for files that mean the same, or raises an exception for what must not be accepted."""

import collections
import fnmatch
import hashlib
import io
import json
import pickle
import random
import struct
import tomllib
import zipfile

import numpy


def only_once(pairs):
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def no_constant(name):
    raise ValueError(f"{name} is not JSON")


def strict_json(data):
    return json.loads(data.decode("utf-8"), object_pairs_hook=only_once, parse_constant=no_constant)


def digest_of_values(values):
    return hashlib.sha256(numpy.ascontiguousarray(values, dtype="<f4").tobytes()).hexdigest()[:16]


ELEMENTS = {"F32": "<f4", "F16": "<f2", "F64": "<f8", "BF16": "<u2"}


def values_of(raw, dtype):
    values = numpy.frombuffer(raw, ELEMENTS[dtype])
    return (values.astype("<u4") << 16).view("<f4") if dtype == "BF16" else values


def safetensors(data):
    (length,) = struct.unpack("<Q", data[:8])
    if length > len(data) - 8:
        raise ValueError("the header is longer than the file")
    header, body, found = strict_json(data[8 : 8 + length]), data[8 + length :], {}
    for name, tensor in header.items():
        if name == "__metadata__":
            continue
        begin, end = tensor["data_offsets"]
        values = values_of(body[begin:end], tensor["dtype"])
        if values.size != int(numpy.prod(tensor["shape"], dtype=object)) or end > len(body):
            raise ValueError("shape and offsets differ")
        found[name] = ("x".join(map(str, tensor["shape"])), digest_of_values(values))
    return found


class Storage(pickle.Unpickler):
    """A pickle of tensors, with nothing called but what stands here."""

    NAMES = {"FloatStorage": "F32", "HalfStorage": "F16", "DoubleStorage": "F64", "BFloat16Storage": "BF16"}

    def __init__(self, archive, root):
        self.archive, self.root = archive, root
        super().__init__(io.BytesIO(archive.read(f"{root}/data.pkl")))

    def find_class(self, module, name):
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if module == "torch" and name in self.NAMES:
            return self.NAMES[name]
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return self.tensor
        if (module, name) == ("torch._utils", "_rebuild_parameter"):
            return lambda tensor, *_: tensor
        raise ValueError(f"{module}.{name} is not for tensors")

    def persistent_load(self, saved):
        _, dtype, key, _, count = saved
        values = values_of(self.archive.read(f"{self.root}/data/{key}"), dtype)
        if values.size != count:
            raise ValueError("a storage has another size than it says")
        return values

    @staticmethod
    def tensor(values, offset, shape, strides, *_):
        item = values.dtype.itemsize
        if offset + sum((n - 1) * s for n, s in zip(shape, strides)) >= values.size and 0 not in shape:
            raise ValueError("a tensor ends behind its storage")
        seen = numpy.lib.stride_tricks.as_strided(values[offset:], shape, [s * item for s in strides])
        return ("x".join(map(str, shape)), digest_of_values(seen))


def torch_archive(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        roots = [n[: -len("/data.pkl")] for n in archive.namelist() if n.endswith("/data.pkl")]
        return dict(Storage(archive, roots[0]).load())


PATTERNS = ["rank_pattern", "alpha_pattern"]


def adapter_config(data):
    keys = strict_json(data)
    targets = keys.get("target_modules")
    return {
        "r": keys["r"], "lora_alpha": float(keys["lora_alpha"]), "use_rslora": bool(keys.get("use_rslora")),
        "target_modules": sorted(set(targets)) if isinstance(targets, list) else targets or sorted(["q", "v"]),
        **{p: list((keys.get(p) or {}).items()) for p in PATTERNS},
    }  # fmt: skip


CONFIG_DEFAULTS = {"num_decoder_layers": "num_layers", "relative_attention_num_buckets": 32, "relative_attention_max_distance": 128,
                   "layer_norm_epsilon": 1e-6, "feed_forward_proj": "relu", "pad_token_id": 0, "eos_token_id": 1,
                   "decoder_start_token_id": "pad_token_id"}  # fmt: skip


def model_config(data):
    keys = strict_json(data)
    found = {k: keys[k] for k in ("model_type", "d_model", "d_kv", "d_ff", "num_heads", "num_layers", "vocab_size")}
    for key, default in CONFIG_DEFAULTS.items():
        value = keys.get(key)
        found[key] = value if value is not None else found.get(default, default)
    tied = keys.get("scale_decoder_outputs")
    found["tied"] = tied if tied is not None else keys.get("tie_word_embeddings") is not False
    return found


class Tokens:
    """The tokens that T5's own pieces and sentinels are; any other is one too many."""

    def __init__(self, pieces):
        self.pieces = pieces

    def check(self, token, number, extra):
        text = token["content"] if isinstance(token, dict) else token
        own = {"<pad>": 0, "</s>": 1, "<unk>": 2}
        own.update({f"<extra_id_{k}>": self.pieces + extra - 1 - k for k in range(extra)})
        if text is not None and (text not in own or number not in (None, own[text])):
            raise ValueError(f"the token {text} is not T5's")

    def config(self, data):
        keys = strict_json(data)
        extra = keys.get("extra_ids")
        extra = 100 if extra is None else extra
        for key in ("additional_special_tokens", "extra_special_tokens", "model_specific_special_tokens"):
            listed = keys.get(key) or []
            for token in listed.values() if isinstance(listed, dict) else listed:
                self.check(token, None, extra)
        for number, token in (keys.get("added_tokens_decoder") or {}).items():
            self.check(token, int(number), extra)
        for key, number in (("pad_token", 0), ("eos_token", 1), ("unk_token", 2)):
            self.check(keys.get(key), number, extra)
        return extra

    def fast(self, data):
        for token in strict_json(data).get("added_tokens", []):
            self.check(token, token["id"], 100)


def shots(pool, count=5, seed=42):
    pool = list(pool)
    random.Random(seed).shuffle(pool)
    return pool[:count]


MARK = b"\xef\xbb\xbf"  # of byte order, which some editors put in front


def json_lines(data):
    return [strict_json(line) for line in data.removeprefix(MARK).split(b"\n") if line.strip(b" \t\r")]


def rows(data):
    """Of a BBH task: in a document, as a list, or one a line."""
    try:
        document = strict_json(data.removeprefix(MARK))
    except ValueError:
        return json_lines(data)
    return document if isinstance(document, list) else document["examples"]


def bbh(data, pool=10, limit=2):
    """What the small sweep uses of it: shots, those in front of the few-shot baseline, the test's first examples."""
    examples = [(e["input"], e["target"]) for e in rows(data)]
    if any(not isinstance(text, str) for example in examples for text in example):
        raise ValueError("not a text")
    return shots(examples[:pool]), examples[:5], examples[pool : pool + limit]


def lorahub(data):
    """Of example.jsonl: the shots."""
    return shots([(e["context"], e["completion"]) for e in json_lines(data)])


def adapter_list(data):
    names = [line.split(b"#")[0].strip(b" \t\r") for line in data.removeprefix(MARK).split(b"\n")]
    return [name.removeprefix(b"./") for name in names if name]


SETTINGS = {
    "adapters.select": "random", "adapters.count": 20, "adapters.names": None, "adapters.exclude": [],
    "adapters.on_unusable": "error", "tasks.names": ["*"], "tasks.shots": 5,
    "tasks.shot_seed": 42, "tasks.pool": None, "tasks.prompt": "{input}", "tasks.completion": "{target}", "tasks.template": "none", "tasks.limit": 0, "search.method": "cobyla",
    "search.budget": 40, "search.population": 0, "search.seeds": [1, 2, 3, 4, 5], "search.bounds": [-1.5, 1.5], "search.l1": 0.05,
    "search.composition": "lorahub", "search.loss": "lorahub", "predict.max_new_tokens": 256,
    "predict.baselines": ["zero-shot", "few-shot"], "predict.stop": [], "model.dtype": "f32",
}  # fmt: skip


def settings(data, tasks):
    """Of a sweep's configuration what results depend on; task names as what they select of `tasks`."""
    table = tomllib.loads(data.decode("utf-8").replace("\r\n", "\n"))
    found = {}
    for name, default in SETTINGS.items():
        section, key = name.split(".")
        found[name] = table.get(section, {}).get(key, default)
    found["tasks.names"] = sorted(t for t in tasks if any(fnmatch.fnmatchcase(t, p) for p in found["tasks.names"]))
    return found
