#!/usr/bin/env bash
# All 27 tasks of BIG-Bench Hard, two test examples each, with a real decoder-only model in f32 and bf16: time, memory, and that everything is there.
# Needs LORASWEEP_BBH_DIR (a checkout of the suite), LORASWEEP_CAUSAL_MODEL (a model's directory) and LORASWEEP_CAUSAL_ADAPTERS (20 adapters or more of it:
# tests/golden/make/make_real_adapters.py). Half an hour on two quiet cores with a model of 135 million parameters.
# Usage: real_causal_sweep.sh LORASWEEP
set -euo pipefail
program=$1
if [[ -z ${LORASWEEP_BBH_DIR:-} || -z ${LORASWEEP_CAUSAL_MODEL:-} || -z ${LORASWEEP_CAUSAL_ADAPTERS:-} ]]; then
  echo "skipped: LORASWEEP_BBH_DIR, LORASWEEP_CAUSAL_MODEL or LORASWEEP_CAUSAL_ADAPTERS is not set"
  exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/sweep.toml" <<TOML
schema = 1
[model]
path = "$LORASWEEP_CAUSAL_MODEL"
[adapters]
dir = "$LORASWEEP_CAUSAL_ADAPTERS"
select = "random"
count = 20
[tasks]
path = "$LORASWEEP_BBH_DIR/bbh"
prompt = "{instruction}\n\nQ: {input}\nA:"
completion = " {target}"
limit = 2
[search]
method = "cobyla"
budget = 15
seeds = [1]
[predict]
max_new_tokens = 32
stop = ["\n\n", "Q:"]
TOML
for dtype in f32 bf16; do
  python3 - "$program" run "$work/sweep.toml" --out "$work/$dtype" --set "model.dtype=$dtype" <<'PYTHON' | tee "$work/table"
import resource, subprocess, sys, time
start = time.time()
code = subprocess.call(sys.argv[1:])
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(f"{time.time() - start:.0f} seconds, {used.ru_utime + used.ru_stime:.0f} of CPU, {used.ru_maxrss / 2**10:.0f} MiB at most", flush=True)
sys.exit(code)
PYTHON
  rows=$(grep -c '^[a-z_]* *[0-9]*\.[0-9] ' "$work/table")
  ((rows == 28)) || { echo "$rows rows instead of 27 tasks and their average"; exit 1; }
  "$program" inspect --json "$work/$dtype/results.h5" | grep -q '"complete": true'
done
