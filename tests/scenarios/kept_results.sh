#!/usr/bin/env bash
# What a results file holds is the user's choice, and changes no result: composed adapters and texts, of a run and of what is
# collected; what is not there is composed again, to the same bytes; and `validate` knows the size of the file beforehand.
# Usage: kept_results.sh LORASWEEP DEMO
set -euo pipefail
program=$1 demo=$2
python=$(command -v /usr/bin/python3 || command -v python3) || { echo "skipped: no python3"; exit 77; }
"$python" -c 'import h5py' 2>/dev/null || { echo "skipped: no h5py (Debian: python3-h5py)"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r "$demo" "$work/demo"
settings=("$work/demo/sweep.toml" --set "tasks.names=queue_size,truth_checking" --set tasks.limit=12 --set "search.seeds=1,2,3" --set search.budget=9
  --set adapters.count=5)
fail() { echo "$1"; exit 1; }
digest() { "$program" inspect --json "$1" | sed -n 's/.*"content_sha256": *"\([0-9a-f]*\)".*/\1/p'; }

# Tasks and replicates of the composed adapters that a file holds, and how many inputs and targets are texts.
held() {
  "$python" - "$1" <<'PY'
import sys, h5py
with h5py.File(sys.argv[1]) as f:
    c, texts = f["composed"], [f[name].asstr()[()] for name in ("examples/input", "predictions/target")]
    print(sorted(zip(c["task_index"][()].tolist(), c["replicate"][()].tolist())), [sum(map(bool, column)) for column in texts])
PY
}

for composed in best none all; do
  "$program" run "${settings[@]}" --set results.composed=$composed --out "$work/$composed" >"$work/out" 2>&1 || { cat "$work/out"; fail "$composed: not run"; }
done
chosen=$("$python" - "$work/all/results.h5" <<'PY'
import sys, h5py, numpy
with h5py.File(sys.argv[1]) as f:
    objectives = f["summary/best_objective"][()]
    assert (f["summary/by_shots"][()] == numpy.argmin(objectives, axis=1)).all()
    texts = len(f["examples/input"]), len(f["predictions/target"])
    print(sorted(enumerate(numpy.argmin(objectives, axis=1).tolist())), list(texts))
PY
)
[[ $(held "$work/best/results.h5") == "$chosen" ]] || fail "best: holds $(held "$work/best/results.h5") and not $chosen"
[[ $(held "$work/none/results.h5") == "[] "* ]] || fail "none: holds $(held "$work/none/results.h5")"
[[ $(held "$work/all/results.h5") == "[(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)] "* ]] || fail "all: holds $(held "$work/all/results.h5")"

# The setting is none of the manifest: a run continues with another one, and what is collected may hold something else again.
"$program" run "${settings[@]}" --set results.composed=none --set results.texts=none --out "$work/best" >"$work/out" 2>&1 || { cat "$work/out"; fail "not run again"; }
[[ $(held "$work/best/results.h5") == "[] [0, 0]" ]] || fail "without anything: holds $(held "$work/best/results.h5")"
mv "$work/demo/tasks" "$work/demo/tasks.elsewhere"
"$program" collect "$work/none" --composed all -o "$work/collected.h5" >"$work/out" 2>&1 || { cat "$work/out"; fail "not collected"; }
grep -q truth_checking "$work/out" || fail "collect: does not say whose texts are gone"
mv "$work/demo/tasks.elsewhere" "$work/demo/tasks"
"$program" collect "$work/none" --composed none -o "$work/texts.h5" >"$work/out" 2>&1 || { cat "$work/out"; fail "not collected"; }
[[ $(held "$work/texts.h5") == "[] $(held "$work/none/results.h5" | sed 's/.*\] //')" ]] || fail "collect: texts were not read again"
for file in best/results.h5 none/results.h5 collected.h5 texts.h5; do
  [[ $(digest "$work/$file") == "$(digest "$work/all/results.h5")" ]] || fail "$file: has another digest"
done

# Exported from a file that holds them, and composed again.
"$program" export "$work/all/results.h5" --format adapter -o "$work/from-all" >/dev/null || fail "all: not exported"
mv "$work/demo/adapters" "$work/adapters"
"$program" export "$work/none/results.h5" --format adapter --adapters "$work/adapters" -o "$work/from-none" >/dev/null || fail "none: not exported"
# A recipe names its run and when its results were made.
diff -r --exclude=recipe.json "$work/from-all" "$work/from-none" || fail "composed again, adapters differ"
[[ $(find "$work/from-none" -name adapter_model.safetensors | wc -l) == 6 ]] || fail "not every search has an adapter"
code=0
"$program" export "$work/none/results.h5" --format adapter -o "$work/gone" >"$work/out" 2>&1 || code=$?
[[ $code == 4 && $(grep -c "is missing" "$work/out") -gt 1 && ! -e "$work/gone" ]] || { cat "$work/out"; fail "what is gone is not named ($code)"; }
"$program" export "$work/none/results.h5" --format adapter --searches held -o "$work/held" >/dev/null || fail "held: not exported"
mv "$work/adapters" "$work/demo/adapters"

for composed in none all; do
  said=$("$program" validate "${settings[@]}" --set results.composed=$composed | sed -n 's/^results  *about \([0-9.]*\) MB.*/\1/p')
  "$python" -c "import sys; said, found = float(sys.argv[1]), int(sys.argv[2]) / 1e6; sys.exit(not 0.6 < said / found < 1.7)" "$said" \
    "$(stat -c %s "$work/$composed/results.h5")" || fail "$composed: said $said MB, found $(stat -c %s "$work/$composed/results.h5") bytes"
done
echo "best, none, all: one digest"
