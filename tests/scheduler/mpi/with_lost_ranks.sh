#!/usr/bin/env bash
# Runs a job that loses a rank. When a rank dies, Open MPI's own runtime fails now and then (it prints PMIX ERROR) and leaves the job hanging:
# then, and only then, the job is run once more, and that is said. What is judged is what the job prints.
# Usage: with_lost_ranks.sh COMMAND...
set -u
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# timeout(1) ends mpirun by a signal that it passes on; ctest's own limit would leave the ranks behind.
timeout -k 5 25 "$@" 2>&1 | tee "$log"
status=${PIPESTATUS[0]}
if ((status == 124 || status == 137)) && grep -q 'PMIX ERROR' "$log"; then
  echo "Open MPI's runtime failed when a rank died: once more"
  timeout -k 5 25 "$@"
  status=$?
fi
exit "$status"
