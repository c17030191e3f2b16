#!/usr/bin/env bash
# mpirun binds a rank to one core, and all its threads share it: the start says so, and how to start it otherwise.
# Usage: threads_on_cores.sh LORASWEEP SWEEP.toml
set -euo pipefail
program=$1 config=$2
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "$1"; cat "$work/err"; exit 1; }
# Ranks and threads, then mpirun's options.
sweep() {
  local ranks=$1 threads=$2
  shift 2
  rm -rf "$work/run"
  mpirun -n "$ranks" "$@" "$program" run "$config" --out "$work/run" --set "run.threads=$threads" --set tasks.names=queue_size \
    --set tasks.limit=2 --set search.budget=2 --set search.seeds=1 >/dev/null 2>"$work/err" || fail "not run: -n $ranks $*"
}
warnings() { grep -c 'threads have to share cores' "$work/err" || true; }

(($(nproc) >= 2)) || { echo "skipped: one core only"; exit 77; }
mpirun -n 2 --oversubscribe --bind-to core true 2>/dev/null || { echo "skipped: mpirun cannot bind here"; exit 77; }

sweep 2 2 --oversubscribe --bind-to core
[[ $(warnings) == 1 ]] || fail "two threads on one core: $(warnings) warnings"
for word in 'rank 1 on' '2 threads on 1 core' '--bind-to none' '--map-by slot:PE=2'; do
  grep -qe "$word" "$work/err" || fail "the warning does not say: $word"
done
grep -q '1 worker over MPI, 2 threads each' "$work/err" || fail "the log does not say how many threads"

sweep 2 2 --oversubscribe --bind-to none
[[ $(warnings) == 0 ]] || fail "a warning although the rank is not bound"
sweep 2 1 --oversubscribe --bind-to core
[[ $(warnings) == 0 ]] || fail "a warning although a core suffices"
one=$(taskset -cp $$ | sed 's/.*: //; s/[-,].*//')
sweep 3 1 --oversubscribe --bind-to none taskset -c "$one"
[[ $(warnings) == 1 ]] || fail "two ranks on one core: $(warnings) warnings"
grep -q 'ranks 1 to 2 on .* 2 threads on 1 core' "$work/err" || fail "the ranks are not named"
echo "threads that share cores: said, and only they"
