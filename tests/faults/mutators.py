# SPDX-License-Identifier: Apache-2.0
"""Ways to change a file: its bytes, its lines, its JSON."""

import copy
import json
import struct

ODD_NUMBERS = [0, 1, -1, 2, 3, 4, 7, 8, 127, 255, 256, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**53 + 1, 2**63 - 1, 2**63, 2**64, -(2**63)]
ODD_VALUES = [*ODD_NUMBERS, None, True, False, "", "x", "none", "0", "8", 1.5, -0.0, 1e308, 1e-320, [], {}, [[]], ["q"], {"q": 4}, "\u202e",
              "a\x00b", "ä", "a" * 2000, "<extra_id_100>", "q", "SelfAttention.q", "lora", ["q", "v", "q"]]  # fmt: skip
ODD_TOKENS = [b"NaN", b"Infinity", b"-Infinity", b"1e999", b"-0", b"01", b"1.", b".5", b"0x10", b"nul", b"\\ud800", b"\\u0000", b"\xff",
              b"\xef\xbb\xbf", b"//", b"/*", b"[" * 70, b"{" * 70, b'{"a":' * 70, b",", b"}", b"]", b"#", b"=", b"'", b'"""', b"\r\n",
              b"[[a]]", b"a.b.c = 1\n", b"1979-05-27", b"_", b"\x00", b"e5", b"..", b"../", b"~", b"*", b"inf", b"nan"]  # fmt: skip


def changed_bytes(rng, data):
    """One to three changes, anywhere, of every size."""
    data = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 3])):
        size = max(len(data), 1)
        # half of the places near the beginning, where heads are, or the end
        at = rng.choice([rng.randrange(size), rng.randrange(size), min(rng.randrange(1024), size - 1), size - 1 - rng.randrange(min(size, 256))])
        kind, length = rng.randrange(9), rng.choice([1, 1, 2, 4, 8, 16, 64, 512, 4096])
        if kind == 0 and data:
            data[at] ^= 1 << rng.randrange(8)
        elif kind == 1 and data:
            data[at] = rng.choice([0, 1, 0x20, 0x30, 0x7B, 0x7F, 0x80, 0xFF, rng.randrange(256)])
        elif kind == 2:
            del data[at:]
        elif kind == 3:
            del data[at : at + length]
        elif kind == 4:
            data[at:at] = data[at : at + length]
        elif kind == 5:
            data[at:at] = bytes(rng.randrange(256) for _ in range(min(length, 64)))
        elif kind == 6:
            data[at : at + length] = bytes(length)
        elif kind == 7:
            form = rng.choice(["<I", "<Q", "<H"])
            number = struct.pack("<Q", rng.choice(ODD_NUMBERS) & (2**64 - 1))[: struct.calcsize(form)]
            data[at : at + len(number)] = number
        elif kind == 8:
            other = rng.randrange(size)
            data[at : at + length] = data[other : other + length]
    return bytes(data)


def changed_text(rng, data):
    """Tokens and lines put in, taken out, exchanged."""
    lines = data.split(b"\n")
    for _ in range(rng.choice([1, 1, 2])):
        at = rng.randrange(len(lines))
        line = lines[at]
        kind, place = rng.randrange(8), rng.randrange(len(line) + 1)
        if kind == 0 and len(lines) > 1:
            del lines[at]
        elif kind == 1:
            lines.insert(at, rng.choice(lines))
        elif kind == 2:
            other = rng.randrange(len(lines))
            lines[at], lines[other] = lines[other], lines[at]
        elif kind in (3, 4):
            lines[at] = line[:place] + rng.choice(ODD_TOKENS) + line[place:]
        elif kind == 5:
            lines[at] = line[:place] + line[place + 1 :]
        elif kind == 6:
            words = line.split(b" ")
            words[rng.randrange(len(words))] = rng.choice([*ODD_TOKENS, *(str(n).encode() for n in ODD_NUMBERS)])
            lines[at] = b" ".join(words)
        elif kind == 7:
            lines[at] = line + rng.choice([b" ", b"\t", b"\r", b",", b" # x", b"x"])
    return b"\n".join(lines)


def places_in(value, path=()):
    yield path
    if isinstance(value, dict):
        for key, item in value.items():
            yield from places_in(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value[:40]):
            yield from places_in(item, (*path, index))


def changed_json(rng, data):
    """Values and keys replaced, taken out, doubled, moved; written by Python."""
    document = copy.deepcopy(json.loads(data))
    for _ in range(rng.choice([1, 1, 2])):
        place = rng.choice(list(places_in(document))[1:] or [()])
        if not place:
            return json.dumps(rng.choice(ODD_VALUES)).encode()
        holder = document
        for step in place[:-1]:
            holder = holder[step]
        step, kind = place[-1], rng.randrange(6)
        if kind < 3:
            holder[step] = rng.choice(ODD_VALUES)
        elif kind == 3:
            del holder[step]
        elif kind == 4 and isinstance(holder, list):
            holder.insert(step, rng.choice([holder[step], *ODD_VALUES]))
        elif kind == 4:
            holder[rng.choice([step.upper(), step + "s", "", "use_dora", "r", "model_type", "eos_token", "\u0000"])] = holder.pop(step)
        elif isinstance(holder[step], (int, float)) and not isinstance(holder[step], bool):
            holder[step] += rng.choice([1, -1, 0.5, 2**31, -(2**40)])
        else:
            holder[step] = [holder[step]]
        if not isinstance(document, (dict, list)) or not document:
            break
    text = json.dumps(document, ensure_ascii=rng.random() < 0.5, indent=rng.choice([None, 2]))
    if rng.random() < 0.1 and text.startswith("{") and isinstance(document, dict) and document:  # a key twice
        key = rng.choice(list(document))
        text = "{" + json.dumps(key) + ": " + json.dumps(rng.choice([document[key], *ODD_VALUES])) + ", " + text[1:]
    return text.encode("utf-8", "surrogatepass")


def changed_safetensors(rng, data):
    """The header as JSON, with its length set right; the values behind it as they are."""
    (length,) = struct.unpack("<Q", data[:8])
    header = (changed_json if rng.random() < 0.7 else changed_text)(rng, data[8 : 8 + length])
    return struct.pack("<Q", len(header)) + header + data[8 + length :]


def any_of(*ways):
    return lambda rng, data: rng.choice(ways)(rng, data)
