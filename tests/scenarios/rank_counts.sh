#!/usr/bin/env bash
# The demo ends with the same values in one process and over 2, 3 and 5 MPI ranks.
# Usage: rank_counts.sh LORASWEEP SWEEP.toml [more arguments of run]
set -euo pipefail
program=$1 config=$2 more=("${@:3}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
digest() { "$program" inspect --json "$1/results.h5" | sed -n 's/.*"content_sha256": *"\([0-9a-f]*\)".*/\1/p'; }

"$program" run "$config" "${more[@]}" --out "$work/1" >"$work/1.out"
expected=$(digest "$work/1")
[[ ${#expected} == 64 ]] || { echo "no digest: $expected"; exit 1; }
grep -q basket_search "$work/1.out"
for ranks in 1 2 3 5; do
  mpirun --oversubscribe --bind-to none -n "$ranks" "$program" run "$config" "${more[@]}" --out "$work/mpi$ranks" >"$work/mpi$ranks.out"
  got=$(digest "$work/mpi$ranks")
  [[ $got == "$expected" ]] || { echo "-n $ranks: $got instead of $expected"; exit 1; }
  diff <(grep -v '^results:' "$work/1.out") <(grep -v '^results:' "$work/mpi$ranks.out")
done
echo "one process and -n 1, 2, 3, 5: all $expected"
