#!/usr/bin/env bash
# Runs the same sweeps with two builds, from one folder, and compares what their results hold: a change that is to
# change no result is held to that.
# Usage: tools/compare_builds.sh OLD/lorasweep NEW/lorasweep [SCHEMA]      (SCHEMA: the older build's, default 1.1)
#   LORASWEEP_BBH_DIR=/path/to/BIG-Bench-Hard   also the 27 tasks of that suite, ten examples each
#   LORASWEEP_MAX_ISA=avx2                      holds a build that knows this variable to lesser kernels
# Needs python3-h5py. Prints a line a sweep; exit status 1 if one differs.
set -euo pipefail
old=$(realpath "$1") new=$(realpath "$2") schema=${3:-1.1}
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r "$root/demo" "$work/demo"
cd "$work"

declare -A sweeps=(
  [lorahub]="--set search.composition=lorahub"
  [exact]="--set search.composition=exact"
  [bf16]="--set model.dtype=bf16"
)
if [[ -n ${LORASWEEP_BBH_DIR:-} ]]; then
  sweeps[bbh]="--set tasks.path=$LORASWEEP_BBH_DIR/bbh --set tasks.limit=10 --set 'tasks.prompt={instruction}\\n\\nQ: {input}\\nA:'"
fi

digest() { # PROGRAM NAME
  local arguments
  eval "arguments=(${sweeps[$2]})"
  "$1" run demo/sweep.toml --out "$2" "${arguments[@]}" >"$2.log" 2>&1 || { tail -5 "$2.log" >&2; return 1; }
  python3 "$root/tools/verify_content_digest.py" --schema "$schema" "$2/results.h5" | grep -oE '[0-9a-f]{64}' | head -n 1
  rm -rf "$2"
}
status=0
for name in "${!sweeps[@]}"; do
  before=$(digest "$old" "$name") after=$(digest "$new" "$name")
  verdict=equal
  [[ -n "$before" && "$before" == "$after" ]] || { verdict=DIFFERENT status=1; }
  echo "$name: $verdict (${before:-none}, ${after:-none})"
done
exit "$status"
