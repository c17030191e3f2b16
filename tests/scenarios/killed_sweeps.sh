#!/usr/bin/env bash
# Sweeps that are killed with SIGKILL at random moments, and resumed with other numbers of ranks, end with the very values of an undisturbed one.
# Usage: killed_sweeps.sh LORASWEEP SWEEP.toml [number of sweeps [more arguments of run]]
set -euo pipefail
program=$1 config=$2 sweeps=${3:-10} more=("${@:4}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
RANDOM=${LORASWEEP_KILL_SEED:-20261124}
echo "seed $RANDOM"

run() { # directory, ranks: in the foreground, or as a process group of its own with `&`
  local launch=()
  if (($2 > 1)); then launch=(mpirun --oversubscribe --bind-to none -n "$2"); fi
  exec setsid "${launch[@]}" "$program" run "$config" "${more[@]}" --out "$1" >"$1.out" 2>>"$1.err"
}
digest() { "$program" inspect --json "$1/results.h5" | sed -n 's/.*"content_sha256": *"\([0-9a-f]*\)".*/\1/p'; }

export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
(run "$work/whole" 1)
expected=$(digest "$work/whole")
[[ ${#expected} == 64 ]] || { echo "no digest: $expected"; exit 1; }

kills=0
for ((i = 1; i <= sweeps; ++i)); do
  out=$work/killed$i
  for ((life = 1; ; ++life)); do
    ranks=$((1 + RANDOM % 4))
    if ((life > 3)); then # it was killed often enough: now it may finish
      (run "$out" "$ranks") || { echo "sweep $i ended with $?"; cat "$out.err"; exit 1; }
      break
    fi
    (run "$out" "$ranks") &
    pid=$!
    sleep "0.$((10 + RANDOM % 90))"
    if ((RANDOM % 2)); then sleep "0.$((10 + RANDOM % 90))"; fi
    if kill -0 "$pid" 2>/dev/null; then
      pkill -KILL -s "$pid" || true # the session: mpirun puts its ranks into groups of their own
      kills=$((kills + 1))
    fi
    wait "$pid" 2>/dev/null && break
    sleep 0.1
  done
  got=$(digest "$out")
  if [[ $got != "$expected" ]]; then
    echo "sweep $i: $got instead of $expected"
    cat "$out.err"
    exit 1
  fi
done
echo "$sweeps sweeps, killed $kills times, all $expected"
((kills >= sweeps)) || { echo "too few kills to prove anything"; exit 1; }
