#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One evaluation of LoraHub's loop on Hugging Face transformers + PEFT, beside lorasweep's engine, on the same cores in the same run.

    python3 tools/compare_with_pytorch.py build/release/bench/engine_bench --size large --threads 2

needs torch, transformers and peft. Random weights (speed does not depend on them), 20 adapters of rank 16 on q and v, five examples of 128 source and
8 target tokens. An evaluation of the reference is what its get_score() does: sum 20 state dicts into one, load it, run the model with labels.
Repetitions of both alternate; medians and their ratio are printed. `--element bf16` is lorasweep's only: the reference computes in f32.
"""
import argparse
import re
import statistics
import subprocess
import time

import torch
from peft import LoraConfig, get_peft_model, get_peft_model_state_dict, set_peft_model_state_dict
from transformers import T5Config, T5ForConditionalGeneration

SHAPES = {
    "small": dict(d_model=512, d_ff=1024, num_heads=6, num_layers=8),
    "base": dict(d_model=768, d_ff=2048, num_heads=12, num_layers=12),
    "large": dict(d_model=1024, d_ff=2816, num_heads=16, num_layers=24),
    "xl": dict(d_model=2048, d_ff=5120, num_heads=32, num_layers=24),
}
ADAPTERS, SHOTS, SOURCE, TARGET = 20, 5, 128, 8


class Reference:
    def __init__(self, size, device="cpu", dtype=torch.float32, source=SOURCE, target=TARGET):
        config = T5Config(**SHAPES[size], d_kv=64, vocab_size=32128, feed_forward_proj="gated-gelu", tie_word_embeddings=False, decoder_start_token_id=0)
        lora = LoraConfig(task_type="SEQ_2_SEQ_LM", r=16, lora_alpha=32, target_modules=["q", "v"])
        self.device = device
        with torch.device(device):
            self.model = get_peft_model(T5ForConditionalGeneration(config), lora).eval().to(dtype)
        state = get_peft_model_state_dict(self.model)
        self.cache = [{key: torch.randn_like(value) * 0.02 for key, value in state.items()} for _ in range(ADAPTERS)]
        self.source = torch.randint(3, 32000, (SHOTS, source), device=device)
        self.target = torch.randint(3, 32000, (SHOTS, target), device=device)
        self.calls = 0

    def evaluate(self):
        self.calls += 1
        weights = [0.01 * ((i * 7 + self.calls) % 13) - 0.05 for i in range(ADAPTERS)]
        start = self.now()
        total = {}
        for weight, state in zip(weights, self.cache):
            for key, value in state.items():
                total[key] = weight * value if key not in total else total[key] + weight * value
        set_peft_model_state_dict(self.model, total)
        with torch.no_grad():
            self.model(input_ids=self.source, attention_mask=torch.ones_like(self.source), labels=self.target)
        return 1e3 * (self.now() - start)

    def now(self):
        if self.device != "cpu":
            torch.cuda.synchronize()
        return time.perf_counter()


def lorasweep(bench, size, element, threads):
    """Milliseconds of one evaluation at the same lengths."""
    command = [bench, "--device", "cpu", "--size", size, "--element", element, "--threads", str(threads), "--members", "1", "--predictions", "1",
               "--repetitions", "1"]
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    line = next(line for line in out.splitlines() if line.startswith("evaluation") and "128/8" in line)
    return float(re.search(r"([0-9.]+) ms", line).group(1))


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("bench", help="the built engine_bench")
    arguments.add_argument("--size", default="large", choices=SHAPES)
    arguments.add_argument("--element", default="f32", choices=["f32", "bf16"])
    arguments.add_argument("--threads", type=int, default=1)
    arguments.add_argument("--repetitions", type=int, default=5)
    options = arguments.parse_args()
    torch.set_num_threads(options.threads)
    reference = Reference(options.size)
    reference.evaluate()
    theirs, ours = [], []
    for _ in range(options.repetitions):
        theirs.append(reference.evaluate())
        ours.append(lorasweep(options.bench, options.size, options.element, options.threads))
    ratio = statistics.median(a / b for a, b in zip(theirs, ours))
    print(f"flan-t5-{options.size} shapes, {SHOTS} examples of {SOURCE}/{TARGET} tokens, {options.threads} threads, {options.repetitions} repetitions")
    print(f"torch {torch.__version__} f32: {statistics.median(theirs):.0f} ms   lorasweep {options.element}: {statistics.median(ours):.0f} ms   "
          f"median of ratios {ratio:.2f}")


if __name__ == "__main__":
    main()
