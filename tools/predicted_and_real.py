#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What `lorasweep validate --probe` says about sweeps, beside what they take, in turns on this machine.

    python3 tools/predicted_and_real.py build/release/lorasweep [demo] [causal] [bbh] [base] [--repetitions 3] [--workers 1]

needs nothing but Python. The sweeps: the demo; the decoder-only demo; the demo's model on BBH's tasks, 10 test examples each (LORASWEEP_BBH_DIR
names the folder that has them); random weights in the shapes of flan-t5-base with adapters of rank 16, 2 tasks, budget
5, 3 test examples, 16 new tokens. With one worker the prediction is compared with the CPU time of the run, its child
processes included, which others on the machine disturb less than the time that passes; that one is printed, too.
Medians, and the least and the greatest, of ratios predicted / real.
"""
import argparse
import json
import os
import pathlib
import random
import re
import shutil
import statistics
import struct
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
DEMO = ROOT / "demo"
LAYERS, D_MODEL, D_FF, HEADS, WIDTH, VOCABULARY, RANK = 12, 768, 2048, 12, 64, 32128, 16


def write_safetensors(path, shapes, scale):
    """f32 values between -scale and scale: a block of a million of them, again and again."""
    rng = random.Random(7)
    block = struct.pack("<1048576f", *(rng.uniform(-scale, scale) for _ in range(1 << 20)))
    header, at = {}, 0
    for name, shape in shapes.items():
        size = 4
        for extent in shape:
            size *= extent
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for first in range(0, at, len(block)):
            file.write(block[: at - first])


def base_shapes():
    inner = HEADS * WIDTH
    shapes = {"shared.weight": [VOCABULARY, D_MODEL], "lm_head.weight": [VOCABULARY, D_MODEL]}
    for stack in ("encoder", "decoder"):
        for layer in range(LAYERS):
            attentions = ["0.SelfAttention"] + (["1.EncDecAttention"] if stack == "decoder" else [])
            prefix = f"{stack}.block.{layer}.layer."
            for attention in attentions:
                for part in "qkv":
                    shapes[f"{prefix}{attention}.{part}.weight"] = [inner, D_MODEL]
                shapes[f"{prefix}{attention}.o.weight"] = [D_MODEL, inner]
            for norm in range(len(attentions) + 1):
                shapes[f"{prefix}{norm}.layer_norm.weight"] = [D_MODEL]
            dense = f"{prefix}{len(attentions)}.DenseReluDense."
            shapes[dense + "wi_0.weight"] = shapes[dense + "wi_1.weight"] = [D_FF, D_MODEL]
            shapes[dense + "wo.weight"] = [D_MODEL, D_FF]
        shapes[f"{stack}.block.0.layer.0.SelfAttention.relative_attention_bias.weight"] = [32, HEADS]
        shapes[f"{stack}.final_layer_norm.weight"] = [D_MODEL]
    return shapes


def write_base_model(folder):
    """A directory as of a published model, with the demo's tokenizer, and 20 adapters of every q and v."""
    shutil.copytree(DEMO / "base", folder / "base", ignore=shutil.ignore_patterns("*.safetensors"))
    config = json.loads((DEMO / "base/config.json").read_text())
    config.update(d_model=D_MODEL, d_ff=D_FF, d_kv=WIDTH, num_heads=HEADS, num_layers=LAYERS,
                  num_decoder_layers=LAYERS, vocab_size=VOCABULARY)
    (folder / "base/config.json").write_text(json.dumps(config))
    shapes = base_shapes()
    write_safetensors(folder / "base/model.safetensors", shapes, 0.05)
    sites = [name[: -len(".weight")] for name in shapes if re.search(r"Attention\.[qv]\.weight$", name)]
    factors = {}
    for site in sites:
        factors[f"base_model.model.{site}.lora_A.weight"] = [RANK, D_MODEL]
        factors[f"base_model.model.{site}.lora_B.weight"] = [HEADS * WIDTH, RANK]
    adapter = dict(peft_type="LORA", task_type="SEQ_2_SEQ_LM", r=RANK, lora_alpha=32, lora_dropout=0.0, bias="none",
                   target_modules=["q", "v"], base_model_name_or_path="base", inference_mode=True)
    for number in range(20):
        place = folder / f"adapters/a{number:02}"
        place.mkdir(parents=True)
        (place / "adapter_config.json").write_text(json.dumps(adapter))
        write_safetensors(place / "adapter_model.safetensors", factors, 0.01 + 0.001 * number)


def sweep_of(case):
    return DEMO / ("causal.toml" if case == "causal" else "sweep.toml")


def flags_of(case, folder):
    if case in ("demo", "causal"):
        return []
    if case == "bbh":
        texts = pathlib.Path(os.environ["LORASWEEP_BBH_DIR"])
        return [f"tasks.path={texts / 'bbh' if (texts / 'bbh').is_dir() else texts}", "tasks.limit=10"]
    write_base_model(folder)
    tasks = sorted(path.name for path in (DEMO / "tasks").iterdir())[:2]
    return [f"model.path={folder / 'base'}", f"adapters.dir={folder / 'adapters'}", "adapters.list=",
            "tasks.names=" + ",".join(name.removesuffix(".json") for name in tasks), "tasks.limit=3", "search.budget=5",
            "predict.max_new_tokens=16"]


def seconds_of(text):
    total = 0.0
    for number, unit in re.findall(r"([\d.]+) (h|min|s)", text):
        total += float(number) * {"h": 3600, "min": 60, "s": 1}[unit]
    return total


def predicted(program, sweep, flags, probe):
    out = subprocess.run([program, "validate", sweep, f"--probe={probe}", *flags], check=True,
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    return seconds_of(re.search(r"^time +about (.+?) with ", out, re.M).group(1)), out


def real(program, sweep, flags, out):
    start = time.monotonic()
    process = subprocess.Popen([program, "run", sweep, "--out", out, *flags], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"the run ended with code {process.returncode}")
    return usage.ru_utime + usage.ru_stime, time.monotonic() - start


def compare(program, case, repetitions, workers, probe):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        flags = [f"--set={flag}" for flag in [*flags_of(case, folder), f"run.workers={workers}"]]
        ratios, walls = [], []
        for number in range(repetitions):
            said, text = predicted(program, sweep_of(case), flags, probe)
            cpu, wall = real(program, sweep_of(case), flags, folder / f"out{number}")
            took = cpu / workers
            ratios.append(said / took)
            walls.append(said / wall)
            print(f"  {case}: predicted {said:.1f} s, CPU time a worker {took:.1f} s, passed {wall:.1f} s", flush=True)
        print(text[text.index("\ntime ") + 1 :])
    for name, of in ("CPU time", ratios), ("time that passed", walls):
        print(f"{case}: predicted / {name}: {statistics.median(of):.2f} ({min(of):.2f} to {max(of):.2f})", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program")
    parser.add_argument("cases", nargs="*", default=["demo", "causal", "bbh", "base"], metavar="CASE")
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--probe", type=float, default=5)
    arguments = parser.parse_args()
    for case in arguments.cases:
        compare(arguments.program, case, arguments.repetitions, arguments.workers, arguments.probe)


if __name__ == "__main__":
    main()
