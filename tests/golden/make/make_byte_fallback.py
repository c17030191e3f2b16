# SPDX-License-Identifier: Apache-2.0
"""Makes tests/golden/byte_fallback: a small sentencepiece model that spells unknown characters as bytes, as mT5's does, and what the
sentencepiece library makes of texts, which is what transformers' slow T5Tokenizer does, too.

    python3 make_byte_fallback.py        needs sentencepiece; the tests do not
"""
import json
import pathlib
import tempfile

import sentencepiece

TEXTS = ["the queue has three people", "größer als 3", "列の先頭", "a\nb\tc", "🙂 ok", "  two  spaces ", "", "ﬁne ①", "{\"x\": [1, 2]}"]
CORPUS = """the queue has three people in it
who is at the head of the queue
the basket holds two apples and one pear
is the number larger than seven
yes no true false
"""


def main():
    folder = pathlib.Path(__file__).parent.parent / "byte_fallback"
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        corpus = pathlib.Path(work) / "corpus.txt"
        corpus.write_text(CORPUS * 50)
        sentencepiece.SentencePieceTrainer.train(
            input=str(corpus), model_prefix=f"{work}/m", vocab_size=330, model_type="unigram", byte_fallback=True, pad_id=0, eos_id=1,
            unk_id=2, bos_id=-1, pad_piece="<pad>", eos_piece="</s>", unk_piece="<unk>", hard_vocab_limit=False, character_coverage=1.0,
            normalization_rule_name="identity")
        (folder / "spiece.model").write_bytes(pathlib.Path(f"{work}/m.model").read_bytes())
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / "spiece.model"))
    rows = [{"text": text, "ids": pieces.encode(text) + [1], "decoded": pieces.decode(pieces.encode(text))} for text in TEXTS]
    (folder / "texts.json").write_text(json.dumps(rows, indent=1) + "\n")
    (folder / "tokenizer_config.json").write_text(json.dumps({"extra_ids": 0, "tokenizer_class": "MT5Tokenizer"}) + "\n")


if __name__ == "__main__":
    main()
