#!/usr/bin/env bash
# Runs of lorasweep 0.1.0 (tests/golden/v0.1.0) stay usable: a half-finished one is continued to the digest that 0.1.0 reaches, a whole one is
# not computed again, is collected, shown and exported. Its bits are those of AVX2, which every x86-64 processor of today can be held to.
# Usage: runs_of_0_1_0.sh LORASWEEP SWEEP.toml FOLDER
set -euo pipefail
program=$1 config=$2 old=$3
grep -qw avx2 /proc/cpuinfo || { echo "skipped: this processor has no AVX2"; exit 77; }
export LORASWEEP_MAX_ISA=avx2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Both by the rule of today's schema: by their own they differ, because 0.1.0's covers the schema's name and where adapters lay.
python=$(command -v /usr/bin/python3 || command -v python3) || { echo "skipped: no python3"; exit 77; }
"$python" -c 'import h5py' 2>/dev/null || { echo "skipped: no h5py (Debian: python3-h5py)"; exit 77; }
digest() {
  "$program" inspect "$1" >/dev/null || return 1 # the file's own digest is right
  "$python" "$(dirname "$0")/../../tools/verify_content_digest.py" --schema 1.1 "$1" | awk '{print $NF}'
}
fail() { echo "$1"; exit 1; }
equal() { [[ "$2" == "$3" ]] || fail "$1: $2 instead of $3"; }

check() { # composition, tasks, seeds
  local name=$1 expected settings run=$work/$1
  settings=(--set "search.composition=$1" --set "tasks.names=$2" --set "search.seeds=$3" --set tasks.limit=12)
  expected=$(digest "$old/$name/results.h5")
  [[ ${#expected} == 64 ]] || fail "$name: no digest in its results.h5"

  mkdir "$run.half" "$run.whole"
  cp "$old/$name/journal.half" "$run.half/journal"
  "$program" run "$config" --out "$run.half" "${settings[@]}" >"$run.out" 2>&1 || { cat "$run.out"; fail "$name: not continued"; }
  equal "$name, continued" "$(digest "$run.half/results.h5")" "$expected"
  cmp -n "$(stat -c %s "$old/$name/journal.half")" "$old/$name/journal.half" "$run.half/journal" || fail "$name: recorded work was lost"

  cp "$old/$name/journal" "$run.whole/journal"
  local lost=0 # the fixture's adapters lay where nothing lies now
  "$program" collect "$run.whole" -o "$run.collected.h5" >"$run.out" 2>&1 || lost=$?
  [[ $lost == 4 ]] || fail "$name: collected without its adapters ($lost)"
  "$program" collect "$run.whole" -o "$run.collected.h5" --adapters "$(dirname "$config")/adapters" >"$run.out" 2>&1 || { cat "$run.out"; fail "$name: not collected"; }
  equal "$name, collected" "$(digest "$run.collected.h5")" "$expected"
  local records
  records=$(stat -c %s "$run.whole/journal")
  "$program" run "$config" --out "$run.whole" "${settings[@]}" >"$run.out" 2>&1 || { cat "$run.out"; fail "$name: not run"; }
  equal "$name, run again" "$(digest "$run.whole/results.h5")" "$expected"
  equal "$name, size of its journal" "$(stat -c %s "$run.whole/journal")" "$records"
  "$program" status "$run.whole" | grep -q complete || fail "$name: status does not call it complete"

  "$program" export "$old/$name/results.h5" --format csv -o "$run.csv" >/dev/null || fail "$name: not exported"
  "$program" export "$run.half/results.h5" --format csv -o "$run.new.csv" >/dev/null || fail "$name: not exported"
  for table in "$run.csv"/*.csv; do
    [[ "$(basename "$table")" == evaluations.csv ]] || cmp "$table" "$run.new.csv/$(basename "$table")" # it has times
  done
  "$program" export "$old/$name/results.h5" --format adapter -o "$run.adapters" >/dev/null || fail "$name: no adapters exported"
}

check lorahub basket_search,truth_checking 1,2
check exact queue_size 1
echo "runs of 0.1.0: continued, collected, shown and exported"
