#!/usr/bin/env bash
# Each file of an adapter is opened and read once at the start, by whichever rank, and none at the end; what is made from a
# journal opens those that finished searches drew, once, and none where no search is finished.
# Usage: adapters_read_once.sh LORASWEEP OPEN_LOG_LIBRARY IO_FAULT_LIBRARY DEMO
set -euo pipefail
program=$1 open_log=$2 io_fault=$3 demo=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OPEN_LOG="$work/log" OPEN_LOG_PATH=/adapters/
cp -r "$demo" "$work/demo"
library=$(grep -cv '^ *\(#\|$\)' "$work/demo/adapters.txt")
config=("$work/demo/sweep.toml" --set tasks.limit=2 --set search.budget=3 --set search.seeds=1 --set adapters.count=3 --set run.workers=1)
logged() { rm -f "$OPEN_LOG"; touch "$OPEN_LOG"; LD_PRELOAD="$open_log" "$@" >"$work/out" 2>"$work/err"; }
opened() { sed -n 's/^open //p' "$OPEN_LOG" | sort | uniq -c; }
fail() { echo "$1"; opened; exit 1; }

# All files of WHAT were opened once, FILES of them, and of the weights no byte was read twice (but for the first 16, by which a
# file's format is known, and the length of its header).
once() {
  local what=$1 files=$2
  [[ $(opened | wc -l) == "$files" ]] || fail "$what: not $files files were opened"
  opened | awk '$1 != 1 { exit 1 }' || fail "$what: a file was opened more than once"
  awk '$1 == "read" { read[$3] += $2 } END { for (path in read) print read[path], path }' "$OPEN_LOG" >"$work/read"
  while read -r bytes path; do
    ((bytes <= $(stat -c %s "$path") + 32)) || fail "$what: $bytes bytes were read of $path"
  done <"$work/read"
  (($(grep -c adapter_model "$work/read" || true) == files / 2)) || fail "$what: not the weights of $((files / 2)) adapters were read"
}

logged "$program" run "${config[@]}" --out "$work/run"
once "a run" $((2 * library))
logged "$program" validate "${config[@]}"
once "validate" $((2 * library))

rm "$work/run/results.h5" "$work/run/COMPLETE"
logged "$program" run "${config[@]}" --out "$work/run"
once "a finished run without its results" $((2 * library))

# Killed when some evaluations are there, then continued.
if FAULT_CALL=fdatasync FAULT_PATH=journal FAULT_AT=8 FAULT_KIND=kill LD_PRELOAD="$io_fault" \
  "$program" run "${config[@]}" --out "$work/killed" >"$work/out" 2>"$work/err"; then fail "the run was to be killed"; fi
cp -r "$work/killed" "$work/unfinished"
logged "$program" run "${config[@]}" --out "$work/killed"
once "a continued run" $((2 * library))

logged mpirun --oversubscribe --bind-to none -n 3 "$program" run "${config[@]}" --out "$work/mpi"
once "a run over 3 ranks" $((2 * library))

logged "$program" collect "$work/run" "$work/mpi" --out "$work/collected.h5"
[[ $(opened | wc -l) -gt 0 ]] || fail "collect: composed adapters come from nowhere"
once "collect" "$(opened | wc -l)"
[[ $(opened | wc -l) -lt $((2 * library)) ]] || fail "collect: opened what nobody drew"

if FAULT_CALL=fdatasync FAULT_PATH=journal FAULT_AT=4 FAULT_KIND=kill LD_PRELOAD="$io_fault" \
  "$program" run "${config[@]}" --out "$work/early" >"$work/out" 2>"$work/err"; then fail "the run was to be killed"; fi
logged "$program" collect "$work/early" --out "$work/early.h5" || [[ $? == 3 ]]
[[ $(opened | wc -l) == 0 ]] || fail "collect: opened adapters that it composes nothing of"

digest() { "$program" inspect --json "$1" | sed -n 's/.*"content_sha256": *"\([0-9a-f]*\)".*/\1/p'; }
for results in killed/results.h5 mpi/results.h5 collected.h5; do
  [[ $(digest "$work/$results") == "$(digest "$work/run/results.h5")" ]] || { echo "$results has other content"; exit 1; }
done
echo "$library adapters: every file once"
