#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes data/tokenizer/json/unicode_classes.inc: what the installed `tokenizers` takes every code point for.

    tools/unicode_tables.py > data/tokenizer/json/unicode_classes.inc        needs the tokenizers package of PyPI; neither build nor tests do

Nothing is taken from a Unicode database: each class is asked of the library, code point by code point, so that texts of any age are cut as
the library cuts them. Only the pairs that might compose are listed by Python's unicodedata, and then tried."""
import sys
import unicodedata

import tokenizers
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers

POINTS = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
LETTER, NUMBER, MARK, SPACE, WORD, COMPOSING, DIGIT = 1, 2, 4, 8, 16, 32, 64


def removed_by(cut):
    """Code points that a pre-tokenizer takes out of a text."""
    found = set()
    for at in range(0, len(POINTS), 4096):
        points = POINTS[at : at + 4096]
        left = set("".join(piece for piece, _ in cut.pre_tokenize_str("".join(map(chr, points)))))
        found |= {c for c in points if chr(c) not in left}
    return found


def in_class(pattern):
    return removed_by(pre_tokenizers.Split(Regex(pattern), "removed"))


def word_points():
    """Code points beside which a token that asks for whole words is not found."""
    tokenizer = Tokenizer(models.WordLevel({"?": 0}, unk_token="?"))
    tokenizer.add_tokens([AddedToken("\ue000", single_word=True, normalized=False)])
    own = tokenizer.token_to_id("\ue000")
    texts = (chr(c) + "\ue000" for c in POINTS)
    return {c for c, text in zip(POINTS, texts) if own not in tokenizer.encode(text).ids}


def digit_points():
    """Code points that Digits cuts out; more than \\p{N}."""
    cut = pre_tokenizers.Digits(individual_digits=True)
    return {c for c in POINTS if len(cut.pre_tokenize_str(f"a{chr(c)}a")) == 3}


def composing_points():
    """Code points that NFC changes, moves, or joins with what stands before them."""
    nfc = normalizers.NFC().normalize_str
    # Marks of the least and the greatest combining class, behind a letter that composes with nothing: what has a class
    # of its own does not stay where it is on both sides of them.
    base, least, greatest = "\u25cc", "\u0334", "\u0345"
    changed = {c for c in POINTS if nfc(chr(c)) != chr(c)}
    moved = {c for c in POINTS if nfc(base + chr(c) + least) != base + chr(c) + least or nfc(base + greatest + chr(c)) != base + greatest + chr(c)}
    joined = set()
    for c in POINTS:
        parts = unicodedata.normalize("NFD", chr(c))
        for end in range(2, len(parts) + 1):
            first = unicodedata.normalize("NFC", parts[: end - 1])
            if len(nfc(first + parts[end - 1])) < len(first) + 1:
                joined.add(ord(parts[end - 1]))
    joined |= {c for c in [*range(0x1161, 0x1176), *range(0x11A8, 0x11C3)] if len(nfc("\u1100" * (c < 0x11A8) + "\uac00" * (c >= 0x11A8) + chr(c))) == 1}
    return changed | moved | joined


def main():
    classes = {LETTER: in_class(r"\p{L}"), NUMBER: in_class(r"\p{N}"), MARK: in_class(r"\p{M}"), SPACE: in_class(r"\s"), WORD: word_points(),
               COMPOSING: composing_points(), DIGIT: digit_points()}
    # Parts of the library have tables of their own, of different ages. Of white space they know the same.
    assert removed_by(pre_tokenizers.WhitespaceSplit()) == classes[SPACE], "WhitespaceSplit knows other spaces"
    ranges = []
    for c in POINTS:
        bits = sum(bit for bit, points in classes.items() if c in points)
        if bits == 0:
            continue
        if ranges and ranges[-1][1] == c - 1 and ranges[-1][2] == bits:
            ranges[-1][1] = c
        else:
            ranges.append([c, c, bits])
    print(f"""// SPDX-License-Identifier: Apache-2.0
// Written by tools/unicode_tables.py, as tokenizers {tokenizers.__version__} has them: first, last, classes (1 letter, 2 number, 4 mark, 8 white space,
// 16 character of a word, 32 takes part in NFC, 64 cut out by Digits).""")
    line = ""
    for first, last, bits in ranges:
        entry = f"{{{first:#x}, {last:#x}, {bits}}},"
        if len(line) + len(entry) > 118:
            print(line.rstrip())
            line = ""
        line += entry + " "
    print(line.rstrip())
    print({bit: len(points) for bit, points in classes.items()}, len(ranges), "ranges", file=sys.stderr)


if __name__ == "__main__":
    main()
