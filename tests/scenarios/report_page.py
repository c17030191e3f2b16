#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Opens a report in headless Chromium, counts what it shows against the results file, and finds the console empty.

Usage: report_page.py LORASWEEP RESULTS.h5
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile

import h5py

from browser import Browser, chromium

HOSTILE = ["<script>window.hostile = 1", "\"'><img src=x onerror=window.hostile=1>"]
RIGHT_TO_LEFT = "\u202eevil\u202c \u05d0\u05d1\u05d2 & more"


def texts(dataset):
    return dataset.asstr()[:]


def report(program, results, page, *more):
    subprocess.run([program, "report", *results, "-o", page, *more], check=True, stdout=subprocess.DEVNULL)


def changes(file):
    """(gained, lost) by task: base model against the seed with the lowest objective, from the tables themselves."""
    p, s = file["predictions"], file["summary"]
    counts = []
    for task in range(s["task"].shape[0]):
        objectives = list(s["best_objective"][task])
        best = objectives.index(min(objectives))
        right = {0: {}, 1: {}}
        for of, t, r, e, correct in zip(p["of"], p["task_index"], p["replicate"], p["example_index"], p["correct_lorahub"]):
            if t == task and (of == 1 or (of == 0 and r == best)):
                right[int(of)][int(e)] = bool(correct)
        both = right[0].keys() & right[1].keys()
        counts.append((sum(right[0][e] and not right[1][e] for e in both),
                       sum(right[1][e] and not right[0][e] for e in both)))
    return counts


def shows_what_the_file_holds(browser, program, results, folder):
    page = os.path.join(folder, "report.html")
    report(program, [results], page)
    shown = json.loads(subprocess.run([program, "show", results, "--format", "json"], check=True, capture_output=True).stdout)
    browser.look(1280)
    browser.open(page)
    with h5py.File(results) as file:
        tasks, seeds = len(file["summary/task"]), len(file["summary/seed"])
        names = list(texts(file["summary/task"]))
        gained_and_lost = changes(file)
    rows = "document.querySelectorAll('table.accuracies tbody tr')"
    assert browser.ask(f"{rows}.length") == tasks
    assert browser.ask(f"Array.from({rows}, row => row.cells[0].textContent)") == names
    composed = browser.ask(f"Array.from({rows}, row => row.cells[4].textContent)")
    for text, task in zip(composed, shown["tasks"]):
        expected = "%.1f [%.1f, %.1f]" % tuple(task["search"][key] for key in ("accuracy", "low", "high"))
        assert text.lstrip("\u25bc ") == expected, (text, expected)
    assert browser.ask("document.querySelectorAll('path.trace').length") == tasks * seeds
    assert browser.ask("document.querySelectorAll('circle.dot').length") == tasks * seeds
    assert browser.ask("document.querySelectorAll('table.searches tbody tr').length") == tasks * seeds
    gained, lost = (sum(counts) for counts in zip(*gained_and_lost))
    assert gained + lost > 0
    for kind, count in (("gained", gained), ("lost", lost)):
        assert browser.ask(f"document.querySelectorAll('tr[data-c={kind}]').length") == count
        browser.ask(f"const s{kind} = document.getElementById('filter'); s{kind}.value = '{kind}';"
                    f"s{kind}.dispatchEvent(new Event('change'))")
        assert browser.ask("document.querySelectorAll('tr[data-c]:not([hidden])').length") == count
        assert browser.ask("document.getElementById('filtered').textContent") == f"{count} answers"


def sorts(browser):
    browser.ask("document.querySelectorAll('table.accuracies thead button')[4].click()")
    values = browser.ask("Array.from(document.querySelectorAll('table.accuracies tbody tr'), row => +row.cells[4].dataset.s)")
    assert len(values) > 1 and values == sorted(values, reverse=True), values
    assert browser.ask("document.querySelectorAll('table.accuracies [aria-sort=descending]').length") == 1


def fits(browser):
    for width in (390, 800, 1280):
        browser.look(width)
        assert browser.ask("document.documentElement.scrollWidth") <= width, width


def can_be_read_aloud(browser):
    assert browser.ask("document.querySelectorAll('table').length") > 3
    assert browser.ask("Array.from(document.querySelectorAll('table')).every(t => t.caption && t.caption.textContent)")
    assert browser.ask("Array.from(document.querySelectorAll('th')).every(h => h.scope)")
    assert browser.ask("Array.from(document.querySelectorAll('svg[role=img]')).every("
                       "s => s.getAttribute('aria-labelledby').split(' ').every(id => document.getElementById(id)))")
    assert browser.ask("(() => { const ids = Array.from(document.querySelectorAll('[id]'), e => e.id);"
                       "return ids.length === new Set(ids).size; })()")


def hostile_texts_stay_texts(browser, program, results, folder):
    hostile = os.path.join(folder, "hostile.h5")
    shutil.copy(results, hostile)
    with h5py.File(hostile, "r+") as file:
        for i, name in enumerate(HOSTILE):
            old = texts(file["summary/task"])[i]
            file["summary/task"][i] = name
            if "composed" in file and old in file["composed"]:
                file["composed"].move(old, name)
        file["adapters/name"][0] = HOSTILE[1]
        file["adapters/name"][1] = RIGHT_TO_LEFT
        file["predictions/prediction"][...] = "</script><script>window.hostile = 1</script>"
        file["predictions/correct_lorahub"][0] = 1 - file["predictions/correct_lorahub"][0]
    page = os.path.join(folder, "hostile.html")
    report(program, [hostile], page, "--answers", "all")
    browser.open(page)
    assert browser.ask("typeof window.hostile") == "undefined"
    assert browser.ask("document.scripts.length") == 1 and browser.ask("document.images.length") == 0
    for name in HOSTILE:
        assert name in browser.ask("Array.from(document.querySelectorAll('table.accuracies tbody th'), h => h.textContent)")
    assert "</script><script>" in browser.ask("document.querySelector('table.answers tbody').textContent")
    assert any(RIGHT_TO_LEFT in text for text in browser.ask("Array.from(document.querySelectorAll('bdi'), b => b.textContent)"))


def several_files_are_compared(browser, program, results, folder):
    page = os.path.join(folder, "compared.html")
    report(program, [results, results], page, "--answers", "none")
    browser.open(page)
    assert browser.ask("document.querySelectorAll('table.compared tbody tr').length") == \
        browser.ask("document.querySelectorAll('table.accuracies tbody tr').length") // 2
    can_be_read_aloud(browser)


def main():
    program, results = sys.argv[1:]
    if chromium() is None:
        print("skipped: there is no chromium (Debian's package of that name); the report was not looked at")
        return 77
    with tempfile.TemporaryDirectory() as folder, Browser() as browser:
        shows_what_the_file_holds(browser, program, results, folder)
        sorts(browser)
        fits(browser)
        can_be_read_aloud(browser)
        several_files_are_compared(browser, program, results, folder)
        hostile_texts_stay_texts(browser, program, results, folder)
        assert browser.console == [], browser.console
        asked = {url.split("?")[0] for url in browser.requests}
        assert all(url.startswith("file://" + folder) or url == "about:blank" for url in asked), asked
    print("the report shows what the file holds")
    return 0


if __name__ == "__main__":
    sys.exit(main())
