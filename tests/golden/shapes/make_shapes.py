# SPDX-License-Identifier: Apache-2.0
"""Makes the goldens of this folder with Hugging Face transformers and PEFT: small T5 networks of unusual shapes.

    python3 make_shapes.py [NAME...]     needs torch, transformers, peft, safetensors; the tests need none of them

Each folder holds a model directory, an adapter directory made by PEFT that changes every linear map, and `expected.safetensors`:
input and decoder ids of two sequences (not padded), encoder states and logits of the base model and with the adapter, greedy answers.
"""
import json
import pathlib
import sys

import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from transformers import MT5Config, MT5ForConditionalGeneration, T5Config, T5ForConditionalGeneration

SHAPES = {
    # T5 v1.0: ReLU, head tied to the embedding and scaled; inner width (24) below d_model (40); old torch archive
    "v1_0": (dict(d_model=40, d_kv=8, d_ff=56, num_heads=3, num_layers=2, num_decoder_layers=1, vocab_size=61, feed_forward_proj="relu",
                  tie_word_embeddings=True, relative_attention_num_buckets=16, relative_attention_max_distance=20), "bin",
             dict(r=3, lora_alpha=6)),
    # v1.1: gated, untied; inner width (48) above d_model (24); more decoder than encoder layers; ranks by pattern
    "wide_heads": (dict(d_model=24, d_kv=16, d_ff=40, num_heads=3, num_layers=1, num_decoder_layers=3, vocab_size=77,
                        feed_forward_proj="gated-gelu", tie_word_embeddings=False, relative_attention_num_buckets=8,
                        relative_attention_max_distance=12), "sharded",
                   dict(r=4, lora_alpha=2, rank_pattern={"q": 2, "wo": 5}, alpha_pattern={"wo": 10})),
    # rsLoRA scaling; one layer; one head
    "one_head": (dict(d_model=16, d_kv=20, d_ff=24, num_heads=1, num_layers=1, num_decoder_layers=1, vocab_size=33,
                      feed_forward_proj="gated-gelu", tie_word_embeddings=False), "safetensors",
                 dict(r=4, lora_alpha=8, use_rslora=True)),
    # UL2 and FLAN-UL2: gated by SiLU, untied. By transformers 5.24 and PEFT 0.21, as all that follows
    "silu": (dict(d_model=32, d_kv=8, d_ff=44, num_heads=2, num_layers=2, num_decoder_layers=2, vocab_size=41,
                  feed_forward_proj="gated-silu", tie_word_embeddings=False), "safetensors", dict(r=3, lora_alpha=5)),
    # v1.1 as transformers 5 initialises it: the head is the embedding, and nothing is scaled
    "tied_unscaled": (dict(d_model=20, d_kv=12, d_ff=28, num_heads=2, num_layers=1, num_decoder_layers=2, vocab_size=37,
                           feed_forward_proj="gated-gelu", tie_word_embeddings=False), "as initialised",
                      dict(r=2, lora_alpha=4)),
    # mT5, with the config.json of the published ones
    "mt5": (dict(d_model=24, d_kv=8, d_ff=36, num_heads=4, num_layers=2, num_decoder_layers=1, vocab_size=53,
                 feed_forward_proj="gated-gelu", tie_word_embeddings=False), "safetensors", dict(r=2, lora_alpha=3)),
}


def outputs(model, sequences, targets, prefix, into):
    for i, (ids, decoder) in enumerate(zip(sequences, targets)):
        with torch.no_grad():
            out = model(input_ids=torch.tensor([ids]), decoder_input_ids=torch.tensor([decoder]))
            answer = model.generate(input_ids=torch.tensor([ids]), max_new_tokens=12, do_sample=False, num_beams=1, use_cache=False)
        into[f"{prefix}.{i}.states"] = out.encoder_last_hidden_state[0].contiguous()
        into[f"{prefix}.{i}.logits"] = out.logits[0].contiguous()
        into[f"{prefix}.{i}.answer"] = answer[0].contiguous()


def make(name, shape, layout, lora):
    torch.manual_seed(len(name))
    folder = pathlib.Path(__file__).parent / name
    kind = (MT5Config, MT5ForConditionalGeneration) if name == "mt5" else (T5Config, T5ForConditionalGeneration)
    config = kind[0](**shape, decoder_start_token_id=0, pad_token_id=0, eos_token_id=1, dropout_rate=0.0)
    model = kind[1](config).eval()
    tied = shape["tie_word_embeddings"] or layout == "as initialised"
    if not tied:  # transformers 5 ties every fresh T5
        model.lm_head.weight = torch.nn.Parameter(model.lm_head.weight.detach().clone())
    with torch.no_grad():
        for parameter in model.parameters():  # large enough that every path shows in the logits
            parameter.copy_(torch.randn_like(parameter) * (0.25 if parameter.dim() > 1 else 0.1) + (1 if parameter.dim() == 1 else 0))
    model.save_pretrained(folder, max_shard_size="80KB" if layout == "sharded" else "5GB")
    if name == "mt5":
        written = json.loads((folder / "config.json").read_text())
        written.pop("transformers_version")
        (folder / "config.json").write_text(json.dumps(written | {"tie_word_embeddings": False}, indent=2) + "\n")
    if layout == "bin":
        state = {k: v.clone() for k, v in model.state_dict().items()}
        torch.save(state, folder / "pytorch_model.bin")
        (folder / "model.safetensors").unlink()
    generator = torch.Generator().manual_seed(7)
    sequences = [torch.randint(2, shape["vocab_size"], (n,), generator=generator).tolist() + [1] for n in (5, 29)]
    targets = [[0] + torch.randint(2, shape["vocab_size"], (n,), generator=generator).tolist() for n in (3, 17)]
    expected = {}
    for i, (ids, decoder) in enumerate(zip(sequences, targets)):
        expected[f"input.{i}"] = torch.tensor(ids)
        expected[f"decoder.{i}"] = torch.tensor(decoder)
    outputs(model, sequences, targets, "base", expected)

    modules = ["q", "k", "v", "o", "wo"] + (["wi_0", "wi_1"] if "gated" in shape["feed_forward_proj"] else ["wi"])
    adapted = get_peft_model(model, LoraConfig(task_type="SEQ_2_SEQ_LM", target_modules=modules, lora_dropout=0.0, **lora)).eval()
    with torch.no_grad():
        for key, parameter in adapted.named_parameters():
            if "lora_" in key:
                parameter.copy_(torch.randn_like(parameter) * 0.1)
    outputs(adapted, sequences, targets, "adapted", expected)
    adapted.save_pretrained(folder / "adapter")
    (folder / "adapter" / "README.md").unlink(missing_ok=True)
    (folder / "generation_config.json").unlink(missing_ok=True)
    save_file(expected, folder / "expected.safetensors")


if __name__ == "__main__":
    for name, (shape, layout, lora) in SHAPES.items():
        if len(sys.argv) == 1 or name in sys.argv[1:]:
            make(name, shape, layout, lora)
