#!/usr/bin/env bash
# Runs a job that loses a rank. What is judged is what the job prints; a line with FAILED is added if the job did not end by itself, or left a
# process that printed "victim PID".
# When a rank dies, Open MPI's own runtime fails now and then (it prints PMIX ERROR) and leaves the job hanging: then, and only then, the job
# is run once more, and that is said.
# Usage: with_lost_ranks.sh COMMAND...
set -u
log=$(mktemp)
trap 'rm -f "$log"' EXIT
limit=25

run() { # sets `hung`
  SECONDS=0
  # timeout(1) ends mpirun by a signal that it passes on; ctest's own limit would leave the ranks behind.
  timeout -k 5 "$limit" "$@" 2>&1 | tee "$log"
  status=${PIPESTATUS[0]}
  hung=$((SECONDS >= limit))
}

run "$@"
if ((hung)) && grep -q 'PMIX ERROR' "$log"; then
  echo "Open MPI's runtime failed when a rank died: once more"
  run "$@"
fi
if ((hung)); then echo "FAILED: the job did not end"; fi
mapfile -t victims < <(sed -n 's/^victim \([0-9]*\)$/\1/p' "$log")
for victim in "${victims[@]}"; do
  if [[ -e /proc/$victim/stat ]] && ! grep -q ') Z' "/proc/$victim/stat"; then
    echo "FAILED: process $victim is left"
    kill -KILL "$victim"
  fi
done
exit "$status"
