#!/usr/bin/env bash
# Runs of lorasweep 0.1.0 (tests/golden/v0.1.0) stay usable: a half-finished one is continued to the digest that 0.1.0 reaches, a whole one is
# not computed again, is collected, shown and exported. A half-finished one of `exact` is refused by name: its arithmetic changed since. Its bits are those of AVX2, which every x86-64 processor of today can be held to.
# Usage: runs_of_0_1_0.sh LORASWEEP SWEEP.toml FOLDER
set -euo pipefail
program=$1 config=$2 old=$3
grep -qw avx2 /proc/cpuinfo || { echo "skipped: this processor has no AVX2"; exit 77; }
export LORASWEEP_MAX_ISA=avx2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Both by the rule of schema 1.1, which covers all that 0.1.0 knew but where adapters lay: composed adapters, too, so that today's
# files must hold all of them.
python=$(command -v /usr/bin/python3 || command -v python3) || { echo "skipped: no python3"; exit 77; }
"$python" -c 'import h5py' 2>/dev/null || { echo "skipped: no h5py (Debian: python3-h5py)"; exit 77; }
digest() {
  "$program" inspect "$1" >/dev/null || return 1 # the file's own digest is right
  "$python" "$(dirname "$0")/../../tools/verify_content_digest.py" --schema 1.1 "$1" | awk '{print $NF}'
}
own_digest() { "$program" inspect --json "$1" | sed -n 's/.*"content_sha256": *"\([0-9a-f]*\)".*/\1/p'; }

# Tables of two files agree in all that the first one knows, but for times and places.
same_tables() {
  "$python" - "$1" "$2" <<'EOF'
import csv, pathlib, sys
old, new = (pathlib.Path(folder) for folder in sys.argv[1:])
elsewhere = {"attempt", "t_finished_utc", "duration_s", "worker_rank", "source", "format"}
compared = 0
for name in ("summary", "evaluations", "predictions", "adapters"):
    before, after = (list(csv.DictReader((folder / (name + ".csv")).open())) for folder in (old, new))
    known = [column for column in before[0] if column not in elsewhere and any(row[column] not in ("", "unknown", "none") for row in before)]
    compared += len(known)
    if [[row[c] for c in known] for row in before] != [[row[c] for c in known] for row in after]:
        sys.exit(name + " differs")
sys.exit(compared < 40)
EOF
}
fail() { echo "$1"; exit 1; }
equal() { [[ "$2" == "$3" ]] || fail "$1: $2 instead of $3"; }

check() { # composition, tasks, seeds, continued|refused
  local name=$1 expected settings run=$work/$1
  settings=(--set "search.composition=$1" --set "tasks.names=$2" --set "search.seeds=$3" --set tasks.limit=12)
  expected=$(digest "$old/$name/results.h5")
  [[ ${#expected} == 64 ]] || fail "$name: no digest in its results.h5"

  mkdir "$run.half" "$run.whole"
  cp "$old/$name/journal.half" "$run.half/journal"
  local half=0
  "$program" run "$config" --out "$run.half" "${settings[@]}" --set results.composed=all >"$run.out" 2>&1 || half=$?
  if [[ $4 == continued ]]; then
    [[ $half == 0 ]] || { cat "$run.out"; fail "$name: not continued"; }
    equal "$name, continued" "$(digest "$run.half/results.h5")" "$expected"
  else
    [[ $half == 4 ]] || { cat "$run.out"; fail "$name: not refused ($half)"; }
    for word in "$run.half/journal" "search.composition = $name" "numerics.revision was 1" "0.1.0"; do
      grep -qF "$word" "$run.out" || { cat "$run.out"; fail "$name: refused without a word of $word"; }
    done
    [[ ! -e "$run.half/results.h5" ]] || fail "$name: refused, but there are results"
  fi
  cmp -n "$(stat -c %s "$old/$name/journal.half")" "$old/$name/journal.half" "$run.half/journal" || fail "$name: recorded work was lost"

  cp "$old/$name/journal" "$run.whole/journal"
  local lost=0 # the fixture's adapters lay where nothing lies now
  "$program" collect "$run.whole" -o "$run.collected.h5" >"$run.out" 2>&1 || lost=$?
  [[ $lost == 4 ]] || fail "$name: collected without its adapters ($lost)"
  "$program" collect "$run.whole" -o "$run.none.h5" --composed none >"$run.out" 2>&1 || { cat "$run.out"; fail "$name: not collected without adapters"; }
  "$program" collect "$run.whole" -o "$run.collected.h5" --composed all --adapters "$(dirname "$config")/adapters" >"$run.out" 2>&1 || { cat "$run.out"; fail "$name: not collected"; }
  equal "$name, collected" "$(digest "$run.collected.h5")" "$expected"
  equal "$name, whatever it holds" "$(own_digest "$run.none.h5")" "$(own_digest "$run.collected.h5")"
  local records
  records=$(stat -c %s "$run.whole/journal")
  "$program" run "$config" --out "$run.whole" "${settings[@]}" --set results.composed=all >"$run.out" 2>&1 || { cat "$run.out"; fail "$name: not run"; }
  equal "$name, run again" "$(digest "$run.whole/results.h5")" "$expected"
  equal "$name, size of its journal" "$(stat -c %s "$run.whole/journal")" "$records"
  "$program" status "$run.whole" | grep -q complete || fail "$name: status does not call it complete"

  "$program" export "$old/$name/results.h5" --format csv -o "$run.csv" >/dev/null || fail "$name: not exported"
  "$program" export "$run.whole/results.h5" --format csv -o "$run.new.csv" >/dev/null || fail "$name: not exported"
  same_tables "$run.csv" "$run.new.csv" || fail "$name: exported otherwise"
  "$program" export "$old/$name/results.h5" --format adapter -o "$run.adapters" >/dev/null || fail "$name: no adapters exported"
  # Composed again where the file holds none: the adapters that 0.1.0 wrote. A recipe names its results.
  "$program" export "$run.none.h5" --format adapter --adapters "$(dirname "$config")/adapters" -o "$run.again" >/dev/null || fail "$name: not composed again"
  diff -r --exclude=recipe.json "$run.adapters" "$run.again" || fail "$name: composed again, adapters differ"
}

check lorahub basket_search,truth_checking 1,2 continued
check exact queue_size 1 refused
echo "runs of 0.1.0: continued, collected, shown and exported"
