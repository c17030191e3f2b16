# SPDX-License-Identifier: Apache-2.0
"""Makes texts with the ids and decoded texts that the `tokenizers` library gives them, for tests/data/tokenizer/json_tokenizer_test.cpp.

    python3 make_tokenizer_cases.py [--random N] [--seed S] > ../causal/pipelines.json      every part of tokenizer.json that is known here
    python3 make_tokenizer_cases.py --real DIR --bbh DIR [--random N] > FILE                a real tokenizer.json on all texts of BBH

needs `tokenizers`; the tests do not. A case file is a list of {name, base, changes, cases}: the tokenizer.json in the directory `base` (below
tests/golden/causal, or absolute), its parts replaced by `changes`, those of "model" key by key. LORASWEEP_TOKENIZER_CASES names more files for the
test, such as the second command's, or the first's with many random texts."""
import argparse
import json
import pathlib
import random
import sys

from tokenizers import Tokenizer

GOLDEN = pathlib.Path(__file__).resolve().parent.parent
GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
TAIL = r"[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
LLAMA3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+" + TAIL
QWEN3_5 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+" + TAIL


def sequence(key, *steps):
    return {"type": "Sequence", key: list(steps)}


def split(pattern, behavior="Isolated", invert=False):
    return {"type": "Split", "pattern": pattern, "behavior": behavior, "invert": invert}


def byte_level(words, prefix=False):
    return {"type": "ByteLevel", "add_prefix_space": prefix, "trim_offsets": True, "use_regex": words}


def metaspace(scheme, cut=True):
    return {"type": "Metaspace", "replacement": "▁", "prepend_scheme": scheme, "split": cut}


def added(first, *tokens):
    """(content, flags) with the ids from `first`."""
    usual = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": False}
    return [{"id": first + i, "content": content, **usual, **flags} for i, (content, flags) in enumerate(tokens)]


TOKENS = [("<left>", {"lstrip": True}), ("<right>", {"rstrip": True}), ("<both>", {"lstrip": True, "rstrip": True}), ("<word>", {"single_word": True}),
          ("<wordly>", {}), ("<right><right>", {}), ("  ", {}), ("\n\n", {"rstrip": True}), ("hat", {"normalized": True}), ("<norm al>", {"normalized": True}),
          ("<é>", {"normalized": True}), ("<s><s>", {"special": True})]
BYTES = [[f"<0x{b:02X}>", -9.0 - b / 1000] for b in range(256)]
UNIGRAM = {"type": "Unigram", "unk_id": 2, "byte_fallback": True, "merges": None,
           "vocab": [["<pad>", 0.0], ["</s>", 0.0], ["<unk>", 0.0], ["▁", -2.0], ["▁the", -3.0], ["the", -4.5], ["h", -6.0], ["e", -5.0], ["t", -5.0], ["er", -4.75],
                     ["▁a", -4.0], ["a", -5.5], ["é", -8.0], ["aa", -7.0], ["aaa", -7.25], ["xx", -1.0], *BYTES]}

PIPELINES = [
    ("gpt2", "llama/base", {"pre_tokenizer": byte_level(True)}),
    ("smollm2", "llama/base", {"pre_tokenizer": sequence("pretokenizers", {"type": "Digits", "individual_digits": True}, byte_level(True)), "post_processor": None}),
    ("digits in runs, prefix", "llama/base", {"pre_tokenizer": sequence("pretokenizers", {"type": "Digits", "individual_digits": False}, byte_level(True, True))}),
    ("qwen3.5", "qwen2/base", {"pre_tokenizer": sequence("pretokenizers", split({"Regex": QWEN3_5}), byte_level(False))}),
    ("merges not ignored, the inverted form", "llama/base",
     {"pre_tokenizer": sequence("pretokenizers", split({"Regex": LLAMA3}, "Removed", True), byte_level(False)), "model": {"ignore_merges": False}}),
    ("no pre-tokenizer but letters", "llama/base", {"pre_tokenizer": byte_level(False)}),
    ("added tokens", "llama/base", {"added_tokens": added(1025, *TOKENS), "post_processor": None}),
    ("added tokens and NFC", "qwen2/base", {"added_tokens": added(1020, *TOKENS)}),
    ("added tokens and a prefix", "spm_legacy/base", {"added_tokens": added(900, *TOKENS), "post_processor": None}),
    ("as transformers 5 writes Llama", "spm_legacy/base",
     {"normalizer": None, "pre_tokenizer": metaspace("first", False)}),
    ("metaspace, always", "spm_legacy/base", {"normalizer": None, "pre_tokenizer": metaspace("always"), "decoder": metaspace("always")}),
    ("metaspace, never", "spm_legacy/base", {"normalizer": None, "pre_tokenizer": metaspace("never"), "decoder": metaspace("never")}),
    ("metaspace, first, cut", "spm_legacy/base",
     {"normalizer": None, "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "add_prefix_space": True, "prepend_scheme": "first"}, "decoder": metaspace("first")}),
    ("gemma", "spm_legacy/base",
     {"normalizer": {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}, "pre_tokenizer": split({"String": " "}, "MergedWithPrevious"),
      "added_tokens": added(900, ("▁▁", {}), ("▁▁▁▁", {}), ("\n\n", {}), ("\n", {})), "post_processor": None,
      "decoder": sequence("decoders", {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"})}),
    *[(f"cut at a text, {behavior}", "spm_legacy/base", {"pre_tokenizer": split({"String": "e"}, behavior)})
      for behavior in ("Isolated", "Removed", "MergedWithPrevious", "MergedWithNext")],
    ("unknown characters", "spm_legacy/base", {"model": {"byte_fallback": False, "fuse_unk": False}}),
    ("unknown characters as one", "spm_legacy/base", {"model": {"byte_fallback": False}}),
    ("unknown characters dropped", "spm_legacy/base", {"model": {"byte_fallback": False, "unk_token": None}}),
    ("words that are tokens", "spm_legacy/base",
     {"pre_tokenizer": sequence("pretokenizers", {"type": "WhitespaceSplit"}, metaspace("always")), "model": {"ignore_merges": True}}),
    ("stripped", "spm_legacy/base",
     {"normalizer": sequence("normalizers", {"type": "Strip", "strip_left": True, "strip_right": True}, {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": "▁"}),
      "decoder": sequence("decoders", {"type": "Fuse"}, {"type": "Strip", "content": "e", "start": 2, "stop": 0})}),
    ("t5", "../../../demo/base", {}),
    ("t5 as transformers 5 writes it", "../../../demo/base",
     {"pre_tokenizer": sequence("pretokenizers", {"type": "WhitespaceSplit"}, metaspace("always"))}),
    ("unigram with bytes", "../../../demo/base", {"normalizer": None, "added_tokens": added(0, ("<pad>", {"special": True}), ("</s>", {"special": True})), "model": UNIGRAM}),
    ("unigram without bytes", "../../../demo/base",
     {"normalizer": None, "added_tokens": None, "post_processor": None, "model": {**UNIGRAM, "byte_fallback": False, "vocab": UNIGRAM["vocab"][:-256]}}),
]
WORDS = ["", " ", "  ", "the", " the", "The ", "they'll", "it'S", "don\u2019t", "\u017f", "'\u017f", "12345", "\u0663\u0664", "\u00bd", "\u2167", "a\u0301", "\u00e9", "e\u0301\u0302", "\u0323", "\u0898",
         "\u1e9b\u0323", "\u212b", "\uac00\u11a8", "\u1100\u1161", "\u0915\u094d\u0937", "\u4f60\u597d", "\U0001f600", "\U0001f469\u200d\U0001f4bb", "\ufeff", "\u200b", "\u00a0", "\u3000",
         "\u2028", "\t", "\n", "\n\n", "\r\n", "\x85", " \n ", "   \n   x", "\u2581", "\u2581\u2581", "<s>", "</s>", "<unk>", "<pad>", "<0x41>", "<left>", "<right>", "<both>", "<word>", "<wordly>",
         "<norm al>", "<\u00e9>", "<e\u0301>", "hat", "xx", "xyz", "aaaa", "\ufb01\u0301", "\ufdfa", "\uff21", "...", "?!\n\n", "{\"a\": [1, 2]}", "    indent", "q", "\x00", "\x7f", "\U00011f02"]
POOLS = [(0x20, 0x7E)] * 6 + [(0x9, 0xD), (0xA0, 0x24F), (0x300, 0x36F), (0x370, 0x52F), (0x590, 0x6FF), (0x900, 0xDFF), (0x1100, 0x11FF), (0x1E00, 0x20CF), (0x3000, 0x30FF), (0x4E00, 0x4FFF),
                               (0xAC00, 0xACFF), (0xFB00, 0xFFEF), (0x10A00, 0x10AFF), (0x11000, 0x11FFF), (0x1D160, 0x1D200), (0x1E000, 0x1E2FF), (0x1F600, 0x1F64F)]


def random_text(r):
    if r.random() < 0.7:
        return "".join(r.choice(WORDS) + r.choice(["", "", " "]) for _ in range(r.randint(1, 8)))
    points = (r.randint(*r.choice(POOLS)) for _ in range(r.randint(1, 30)))
    return "".join(map(chr, points))


def cases_of(tokenizer, texts):
    cases = []
    for text in texts:
        ids = tokenizer.encode(text).ids
        cases.append({"text": text, "ids": ids, "decoded": tokenizer.decode(ids, skip_special_tokens=True)})
    return cases


def changed(base, changes):
    document = json.loads((GOLDEN / "causal" / base / "tokenizer.json").read_text(encoding="utf-8"))
    for key, value in changes.items():
        document[key] = {**document["model"], **value} if key == "model" else value
    return {key: value for key, value in document.items() if value is not None or key != "added_tokens"}


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--random", type=int, default=30)
    a.add_argument("--seed", type=int, default=1)
    a.add_argument("--real")
    a.add_argument("--bbh")
    a = a.parse_args()
    r = random.Random(a.seed)
    groups = []
    if a.real:
        texts = [text for file in sorted(pathlib.Path(a.bbh).glob("*.json")) for e in json.loads(file.read_text())["examples"] for text in (e["input"], e["target"])]
        texts += [random_text(r) for _ in range(a.random)]
        base = pathlib.Path(a.real).resolve()
        groups.append({"name": base.name, "base": str(base), "changes": {}, "cases": cases_of(Tokenizer.from_file(str(base / "tokenizer.json")), texts)})
    for name, base, changes in [] if a.real else PIPELINES:
        # Versions differ in special tokens that are normalized: there are none.
        tokenizer = Tokenizer.from_str(json.dumps(changed(base, changes)))
        texts = WORDS[r.randrange(3) :: 3] + [random_text(r) for _ in range(a.random)]
        groups.append({"name": name, "base": base, "changes": changes, "cases": cases_of(tokenizer, texts)})
    json.dump(groups, sys.stdout, ensure_ascii=True, separators=(",", ":"))
    print(file=sys.stdout)
    print({g["name"]: len(g["cases"]) for g in groups}, file=sys.stderr)


if __name__ == "__main__":
    main()
