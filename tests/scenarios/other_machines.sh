#!/usr/bin/env bash
# Ranks that are not the same machine: one that packs or computes with other instructions than the others is refused by name, with exit code 2,
# before anything is written; ranks that are alike go on, whatever they are.
# Usage: other_machines.sh LORASWEEP SWEEP.toml
set -euo pipefail
program=$1 config=$2
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_btl_vader_single_copy_mechanism=none
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
host=$(uname -n)
small=(--set tasks.names=queue_size --set tasks.limit=3 --set search.seeds=1 --set search.budget=3)

fail() { echo "$1"; exit 1; }
start() { # dtype, and for each rank a setting of its environment or "-"
  local dtype=$1 setting command=() ranks=0
  shift
  rm -rf "$work/run"
  for setting in "$@"; do
    ((ranks++ == 0)) || command+=(:)
    command+=(-n 1)
    [[ $setting == - ]] || command+=(-x "$setting")
    command+=("$program" run "$config" --out "$work/run" --set "model.dtype=$dtype" "${small[@]}")
  done
  rc=0
  timeout -k 5 60 mpirun --oversubscribe --bind-to none "${command[@]}" >"$work/out" 2>&1 || rc=$?
}

refused() { # dtype, the rank that must be named, settings
  local dtype=$1 named=$2 began=$SECONDS
  shift 2
  start "$dtype" "$@"
  [[ $rc == 2 ]] || { cat "$work/out"; fail "$dtype, $*: ended with $rc"; }
  grep -q "rank $named on $host.*rank 0 on $host" "$work/out" || { cat "$work/out"; fail "$dtype, $*: rank $named and rank 0 are not named"; }
  [[ ! -e $work/run ]] || fail "$dtype, $*: something was written"
  ((SECONDS - began < 20)) || fail "$dtype, $*: not refused promptly"
}
accepted() { # dtype, settings
  start "$@"
  [[ $rc == 0 && -e $work/run/COMPLETE ]] || { cat "$work/out"; fail "$*: ended with $rc"; }
  grep -aq '"check":"[0-9a-f]\{16\}"' "$work/run/journal" || fail "$*: no check value is recorded"
}

lesser=(LORASWEEP_MAX_ISA=portable ONEDNN_MAX_CPU_ISA=SSE41 DNNL_MAX_CPU_ISA=SSE41)
grep -qw avx512bw /proc/cpuinfo && lesser+=(LORASWEEP_MAX_ISA=avx2 ONEDNN_MAX_CPU_ISA=AVX2)
grep -qw avx512_bf16 /proc/cpuinfo && lesser+=(LORASWEEP_MAX_ISA=avx512 ONEDNN_MAX_CPU_ISA=AVX512_CORE)
for dtype in f32 bf16; do
  accepted "$dtype" - - -
  for less in "${lesser[@]}"; do
    refused "$dtype" 1 "$less" - -
    refused "$dtype" 2 - - "$less"
  done
  refused "$dtype" 1 - "${lesser[0]}" "${lesser[0]}"
  accepted "$dtype" "${lesser[0]}" "${lesser[0]}" "${lesser[0]}"
done
echo "ranks that are not the same machine: refused by name, ${#lesser[@]} limits, both element types"
