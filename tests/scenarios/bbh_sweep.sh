#!/usr/bin/env bash
# All 27 tasks of BIG-Bench Hard, ten test examples each, with the demo's tiny model. Needs LORASWEEP_BBH_DIR: a checkout of the suite.
# Usage: bbh_sweep.sh LORASWEEP SWEEP.toml
set -euo pipefail
program=$1 config=$2
if [[ -z ${LORASWEEP_BBH_DIR:-} ]]; then
  echo "skipped: LORASWEEP_BBH_DIR does not name a checkout of BIG-Bench Hard"
  exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
mpirun --oversubscribe --bind-to none -n 3 "$program" run "$config" --out "$work/bbh" --set "tasks.path=$LORASWEEP_BBH_DIR/bbh" \
  --set tasks.limit=10 --set 'tasks.prompt={instruction}\n\nQ: {input}\nA:' | tee "$work/table"
rows=$(grep -c '^[a-z_]* *[0-9]*\.[0-9] ' "$work/table")
((rows == 28)) || { echo "$rows rows instead of 27 tasks and their average"; exit 1; }
"$program" inspect --json "$work/bbh/results.h5" | grep -q '"complete": true'
