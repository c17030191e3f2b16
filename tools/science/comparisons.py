# SPDX-License-Identifier: Apache-2.0
# Which sweeps are compared with which, and what each kind of difference comes to. Who wins is not known here.
import dataclasses
import textwrap

from paired import Comparison
from sweeps import REFERENCE, Sweep

CONTROLS = {"zero_shot": "the base model", "uniform": "its adapters at equal weights", "best_single": "the best single adapter",
            "random_adapters": "the same search over random adapters"}
LEVELS = {"selection": "{} instead of 20 drawn", "composition": "{} instead of lorahub", "method": "{} instead of cobyla",
          "budget": "{} evaluations instead of 40", "guard": "guard", "l1": "l1 = {} instead of 0.05", "bound": "bounds ±{} instead of ±1.5"}


class Row:
    """One comparison, and where it was made."""

    def __init__(self, what, where, one, other):
        self.what, self.where = what, where
        self.comparison = Comparison(one, other)

    def __getattr__(self, name):
        return getattr(self.comparison, name)


def place(sweep, without=()):
    """What a sweep was, in a few words, but for what the comparison is of."""
    words = [str(getattr(sweep, name)) for name in ("selection", "composition", "method", "budget") if name not in without]
    words += ["guard"] * (sweep.guard and "guard" not in without) + ["5 draws of shots"] * sweep.draws
    words += [f"l1 = {sweep.l1:g}"] * (sweep.l1 != REFERENCE["l1"] and "l1" not in without)
    words += [f"bounds ±{sweep.bound:g}"] * (sweep.bound != REFERENCE["bound"] and "bound" not in without)
    return ", ".join(words)


def against_controls(result):
    for way, what in CONTROLS.items():
        if result.has(way):
            whose = "auto" if result.sweep.auto else "guarded search" if result.sweep.guard else f"search, {result.sweep.selection},"
            yield Row(f"{whose} against {what}", place(result.sweep, ("selection",)), result.of("search"), result.of(way))


def one_at_a_time(results):
    """Pairs of sweeps that differ in one thing, of which one side has what LoraHub as published has."""
    rows = []
    for name, level in REFERENCE.items():
        for sweep, result in results.items():
            other = plain(dataclasses.replace(sweep, **{name: level}))
            if getattr(sweep, name) != level and other in results:
                what = LEVELS[name].format(f"{value:g}" if isinstance(value := getattr(sweep, name), float) else value)
                rows.append(Row(what, place(sweep, (name,)), result.of("search"), results[other].of("search")))
    return rows


def plain(sweep):
    """`auto` is 5 screened, exact, cobyla, guarded: with another setting it is not auto any more, but for budget and shots."""
    is_auto = (sweep.selection, sweep.composition, sweep.method, sweep.guard) == ("5 screened", "exact", "cobyla", True)
    return dataclasses.replace(sweep, auto=is_auto)


def whole_rules(results):
    """Rules as a user would take them, against LoraHub as published at the same budget and shots."""
    rows = []
    for sweep, result in results.items():
        lorahub = Sweep(budget=sweep.budget, draws=sweep.draws)
        if lorahub not in results:
            continue
        published = results[lorahub].of("search")
        where = place(lorahub, ("selection", "composition", "method"))
        if sweep.auto:
            rows.append(Row("auto instead of LoraHub as published", where, result.of("search"), published))
        if sweep == dataclasses.replace(lorahub, selection="5 screened"):
            rows.append(Row("the library's best single adapter instead of LoraHub as published", where, result.of("best_single"), published))
        if sweep == dataclasses.replace(lorahub, selection="5 screened", composition="exact"):
            rows.append(Row("5 screened, exact, instead of LoraHub as published", where, result.of("search"), published))
    return rows


def conclusions(rows):
    """A line for each kind of difference: what its comparisons say together, by the words that each of them has."""
    kinds = {}
    for row in rows:
        kinds.setdefault(row.what, []).append(row)
    lines = {}
    for what, of_kind in kinds.items():
        places = {}
        for row in of_kind:
            places.setdefault(row.word(len(rows)), []).append(row.where)
        low, high = min(row.estimate for row in of_kind), max(row.estimate for row in of_kind)
        points = f"{low:+.1f}" if len(of_kind) == 1 else f"{low:+.1f} to {high:+.1f}"
        count = ", ".join(f"{word} in {len(where)}" for word, where in places.items())
        if len(places) > 1:  # where it is not as in most
            most = max(places, key=lambda word: len(places[word]))
            count += "".join(f"; {word}: {', and '.join(where)}" for word, where in places.items() if word != most)
        lines.setdefault(verdict(places), []).append(f"- {what}: {points} points ({count})")
    return "".join(f"**{word}**\n\n" + "\n".join(filled(line) for line in lines[word]) + "\n\n" for word in VERDICTS if word in lines)


def filled(item):
    return textwrap.fill(item, 120, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


VERDICTS = ("Helps", "Hurts", "Now this, now that", "Maybe", "Noise")


def verdict(words):
    """Helps: somewhere it does, and nowhere is there a sign of the opposite; so with hurts. Maybe: signs, and no more."""
    helped, hurt = ("helps" in words, "hurts" in words)
    sign_helps, sign_hurts = (helped or "maybe helps" in words, hurt or "maybe hurts" in words)
    if helped and not sign_hurts:
        return "Helps"
    if hurt and not sign_helps:
        return "Hurts"
    if sign_helps and sign_hurts:
        return "Now this, now that"
    return "Maybe" if sign_helps or sign_hurts else "Noise"
