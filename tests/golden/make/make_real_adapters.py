#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Adapters for a decoder-only model in a directory, made and saved by PEFT: not trained, but each with an effect of its own.

    python3 tests/golden/make/make_real_adapters.py --model DIR --out DIR [--count 20] [--rank 8] [--scale 0.02]

needs torch, transformers and peft. All adapters have one lora_A, as those of one recipe do, and a lora_B of their own, drawn from a normal distribution
of this width; every linear map but the head is changed. Weights are saved in bf16. A sweep over them shows that a model can be composed and answers, not
that composing helps.
"""
import argparse

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
arguments.add_argument("--model", required=True)
arguments.add_argument("--out", required=True)
arguments.add_argument("--count", type=int, default=20)
arguments.add_argument("--rank", type=int, default=8)
arguments.add_argument("--scale", type=float, default=0.02)
options = arguments.parse_args()

torch.manual_seed(1)
base = AutoModelForCausalLM.from_pretrained(options.model, dtype=torch.bfloat16)
model = get_peft_model(base, LoraConfig(task_type="CAUSAL_LM", r=options.rank, lora_alpha=2 * options.rank, target_modules="all-linear"), autocast_adapter_dtype=False)
for number in range(options.count):
    torch.manual_seed(100 + number)
    with torch.no_grad():
        for name, values in model.named_parameters():
            if "lora_B" in name:
                values.copy_(torch.randn(values.shape) * options.scale)
    model.save_pretrained(f"{options.out}/adapter_{number:02d}")
