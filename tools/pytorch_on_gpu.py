#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What LoraHub's loop takes on transformers + PEFT on this GPU: the number that engine_bench's lines for the same card stand beside.

    python3 tools/pytorch_on_gpu.py --size large

needs torch, transformers and peft. An evaluation is compare_with_pytorch.py's: the sum of 20 state dicts, loaded, then the model with labels, at 128/8
tokens and at BBH's means of 107/4; in f32, as LoraHub computes, and in bf16. Answers: greedy, 64 examples of 107 tokens together, 4 tokens each.
"""
import argparse
import statistics

import torch
from compare_with_pytorch import SHAPES, SHOTS, Reference

TOGETHER, ANSWER = 64, 4


def answers_per_second(reference, source, repetitions):
    ids = torch.randint(3, 32000, (TOGETHER, source), device=reference.device)
    seconds = []
    for _ in range(repetitions):
        start = reference.now()
        with torch.no_grad():
            reference.model.generate(input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=ANSWER, min_new_tokens=ANSWER, do_sample=False)
        seconds.append(reference.now() - start)
    return TOGETHER / min(seconds)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--size", default="large", choices=SHAPES)
    arguments.add_argument("--device", default="cuda")
    arguments.add_argument("--repetitions", type=int, default=5)
    options = arguments.parse_args()
    where = torch.cuda.get_device_name() if options.device == "cuda" else options.device
    print(f"# torch {torch.__version__} on {where}, TF32 {'on' if torch.backends.cuda.matmul.allow_tf32 else 'off'}", flush=True)
    for dtype in (torch.float32, torch.bfloat16):
        name = str(dtype).removeprefix("torch.")
        for source, target in ((128, 8), (107, 4)):
            reference = Reference(options.size, options.device, dtype, source, target)
            for _ in range(2):
                reference.evaluate()
            milliseconds = statistics.median(reference.evaluate() for _ in range(options.repetitions))
            print(f"pytorch     {options.size} {name} {SHOTS} x {source}/{target} {milliseconds:10.3f} ms/evaluation", flush=True)
        print(f"pytorch     {options.size} {name} answers of {ANSWER} tokens {answers_per_second(reference, 107, 3):10.0f} /s", flush=True)


if __name__ == "__main__":
    main()
