#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One evaluation of LoraHub's loop on Hugging Face transformers + PEFT, beside lorasweep's engine, on the same cores in the same run.

    python3 tools/compare_with_pytorch.py build/release/bench/engine_bench --size large --threads 2
    python3 tools/compare_with_pytorch.py build/release/bench/causal_bench --size smollm2-135m --threads 2

needs torch, transformers and peft. Random weights (speed does not depend on them), 20 adapters of rank 16 on q and v (decoder-only: on every map but the
head), five examples of 128 source and 8 target tokens. An evaluation of the reference is what its get_score() does: sum 20 state dicts into one, load it, run the model with labels.
Repetitions of both alternate; medians and their ratio are printed. `--element bf16` is lorasweep's only: the reference computes in f32.
"""
import argparse
import re
import statistics
import subprocess
import time

import torch
from peft import LoraConfig, get_peft_model, get_peft_model_state_dict, set_peft_model_state_dict
from transformers import LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM, T5Config, T5ForConditionalGeneration

SHAPES = {
    "small": dict(d_model=512, d_ff=1024, num_heads=6, num_layers=8),
    "base": dict(d_model=768, d_ff=2048, num_heads=12, num_layers=12),
    "large": dict(d_model=1024, d_ff=2816, num_heads=16, num_layers=24),
    "xl": dict(d_model=2048, d_ff=5120, num_heads=32, num_layers=24),
}
CAUSAL = {  # of prompt and completion as one row of 136 tokens; the reference computes the logits of all of them
    "smollm2-135m": lambda: LlamaForCausalLM(LlamaConfig(hidden_size=576, intermediate_size=1536, num_hidden_layers=30, num_attention_heads=9, num_key_value_heads=3,
                                                         vocab_size=49152, rms_norm_eps=1e-5, tie_word_embeddings=True)),
    "qwen2.5-0.5b": lambda: Qwen2ForCausalLM(Qwen2Config(hidden_size=896, intermediate_size=4864, num_hidden_layers=24, num_attention_heads=14, num_key_value_heads=2,
                                                         vocab_size=151936, tie_word_embeddings=True)),
}
ADAPTERS, SHOTS, SOURCE, TARGET = 20, 5, 128, 8


class Reference:
    def __init__(self, size, device="cpu", dtype=torch.float32, source=SOURCE, target=TARGET):
        self.device, self.causal = device, size in CAUSAL
        with torch.device(device):
            if self.causal:
                base, lora = CAUSAL[size](), LoraConfig(task_type="CAUSAL_LM", r=16, lora_alpha=32, target_modules="all-linear")
            else:
                base = T5ForConditionalGeneration(T5Config(**SHAPES[size], d_kv=64, vocab_size=32128, feed_forward_proj="gated-gelu", tie_word_embeddings=False,
                                                           decoder_start_token_id=0))
                lora = LoraConfig(task_type="SEQ_2_SEQ_LM", r=16, lora_alpha=32, target_modules=["q", "v"])
            self.model = get_peft_model(base, lora).eval().to(dtype)
        state = get_peft_model_state_dict(self.model)
        self.cache = [{key: torch.randn_like(value) * 0.02 for key, value in state.items()} for _ in range(ADAPTERS)]
        self.source = torch.randint(3, 32000, (SHOTS, source), device=device)
        self.target = torch.randint(3, 32000, (SHOTS, target), device=device)
        if self.causal:
            self.target = torch.cat([torch.full_like(self.source, -100), self.target], 1)
            self.source = torch.cat([self.source, self.target[:, source:]], 1)
        self.calls = 0

    def evaluate(self):
        self.calls += 1
        weights = [0.01 * ((i * 7 + self.calls) % 13) - 0.05 for i in range(ADAPTERS)]
        start, cpu = self.now(), time.process_time()
        total = {}
        for weight, state in zip(weights, self.cache):
            for key, value in state.items():
                total[key] = weight * value if key not in total else total[key] + weight * value
        set_peft_model_state_dict(self.model, total)
        with torch.no_grad():
            self.model(input_ids=self.source, attention_mask=torch.ones_like(self.source), labels=self.target)
        self.cpu = 1e3 * (time.process_time() - cpu)
        return 1e3 * (self.now() - start)

    def now(self):
        if self.device != "cpu":
            torch.cuda.synchronize()
        return time.perf_counter()


def lorasweep(bench, size, element, threads):
    """Milliseconds of one evaluation at the same lengths; for a decoder-only model also those of CPU time."""
    if size in CAUSAL:
        out = subprocess.run([bench, size, element, str(threads), "1"], check=True, capture_output=True, text=True).stdout
        return tuple(map(float, re.search(r"([0-9.]+) ms, ([0-9.]+) ms of CPU", out).groups()))
    command = [bench, "--device", "cpu", "--size", size, "--element", element, "--threads", str(threads), "--members", "1", "--predictions", "1",
               "--repetitions", "1"]
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    line = next(line for line in out.splitlines() if line.startswith("evaluation") and "128/8" in line)
    return float(re.search(r"([0-9.]+) ms", line).group(1)), float("nan")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("bench", help="the built engine_bench, or causal_bench")
    arguments.add_argument("--size", default="large", choices=[*SHAPES, *CAUSAL])
    arguments.add_argument("--element", default="f32", choices=["f32", "bf16"])
    arguments.add_argument("--threads", type=int, default=1)
    arguments.add_argument("--repetitions", type=int, default=5)
    options = arguments.parse_args()
    torch.set_num_threads(options.threads)
    reference = Reference(options.size)
    reference.evaluate()
    theirs, ours, their_cpu, our_cpu = [], [], [], []
    for _ in range(options.repetitions):
        theirs.append(reference.evaluate())
        their_cpu.append(reference.cpu)
        wall, cpu = lorasweep(options.bench, options.size, options.element, options.threads)
        ours.append(wall)
        our_cpu.append(cpu)
    ratio = statistics.median(a / b for a, b in zip(theirs, ours))
    print(f"{'' if options.size in CAUSAL else 'flan-t5-'}{options.size} shapes, {SHOTS} examples of {SOURCE}/{TARGET} tokens, {options.threads} threads, {options.repetitions} repetitions")
    print(f"torch {torch.__version__} f32: {statistics.median(theirs):.0f} ms   lorasweep {options.element}: {statistics.median(ours):.0f} ms   "
          f"median of ratios {ratio:.2f}")
    if options.size in CAUSAL:
        print(f"CPU time: torch {statistics.median(their_cpu):.0f} ms   lorasweep {statistics.median(our_cpu):.0f} ms   "
              f"median of ratios {statistics.median(a / b for a, b in zip(their_cpu, our_cpu)):.2f}")


if __name__ == "__main__":
    main()
