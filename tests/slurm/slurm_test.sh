#!/usr/bin/env bash
# Sweeps on a real SLURM, from submit to results: over nodes, as an array, out of time, on dying nodes, cancelled, refused.
# Usage: slurm_test.sh LORASWEEP SWEEP.toml [case...]      reports as GoogleTest does; 77: skipped
# shellcheck disable=SC2016  # text in single quotes is for other shells
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
program=$1 config=$2
shift 2

skip() {
  echo "[  SKIPPED ] Slurm: $1 (0 ms)"
  exit 77
}
((EUID == 0)) || skip "a private SLURM cluster needs root"
for tool in slurmctld slurmd munged sbatch mpirun unshare; do
  PATH=$PATH:/usr/sbin command -v "$tool" >/dev/null || skip "there is no $tool here"
done
unshare --uts true 2>/dev/null || skip "namespaces are not allowed here"
export PATH=$PATH:/usr/sbin

root=$(mktemp -d /tmp/sl-XXXXXX)
trap '"$here/local_cluster.sh" "$root" stop; rm -rf "$root"' EXIT
export SLURM_CONF=$root/slurm.conf OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
mknod "$root/probe" c 1 3 2>/dev/null || skip "device files are not allowed here"
"$here/local_cluster.sh" "$root" start $((20000 + $$ % 10000))
runs=$root/runs
mkdir "$runs"

fail() {
  echo "failed: $*"
  return 1
}
within() { # seconds, words: until they succeed
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < end)) || fail "not in time: $*" || return 1
    sleep 0.5
  done
}
digest() { "$program" inspect --json "$1/results.h5" | sed -n 's/.*"content_sha256": *"\([0-9a-f]*\)".*/\1/p'; }
submit() { "$program" submit "$config" "$@" 2>>"$root/submit.err"; }
complete() { [[ -e $1/COMPLETE ]]; }
left_queue() { [[ -z $(timeout 10 squeue --noheader --jobs="$1" 2>/dev/null) ]]; }
has_begun() { [[ -s $1/journal ]] && (($(stat -c %s "$1/journal") > 200000)); }
logs_hold() { grep -q "$2" "$1"/*.out 2>/dev/null; }
state_of() { timeout 10 scontrol show job "$1" | sed -n 's/.*JobState=\([A-Z]*\).*/\1/p'; }
same() { [[ $1 == "$2" ]] || fail "'$1' instead of '$2'"; }

# A sweep that takes a minute or so, and what it ends with when nothing happens to it.
seeds=$(seq --separator=, 20)
long=(--set "search.seeds=$seeds")
whole() {
  local begin=$SECONDS
  if [[ ! -e $runs/whole/COMPLETE ]]; then
    "$program" run "$config" --out "$runs/whole" "${long[@]}" >/dev/null 2>&1
    echo "$((SECONDS - begin))" >"$runs/whole.seconds"
  fi
  digest "$runs/whole"
}
# As many seeds as keep one worker busy for a minute: processors differ, and the time limit does not.
a_minute_of_seeds() {
  whole >/dev/null
  local took times
  took=$(($(cat "$runs/whole.seconds") + 1)) # with two workers
  times=$(((30 + took - 1) / took))
  seq --separator=, $((20 * (times > 5 ? 5 : times)))
}
whole_short() {
  if [[ ! -e $runs/short/COMPLETE ]]; then "$program" run "$config" --out "$runs/short" >/dev/null 2>&1; fi
  digest "$runs/short"
}

# A program that notes on which rank it was started and with which GPUs, and ends as SCRIPT says.
pretend() { # name, script
  cat >"$runs/$1.sh" <<END
#!/usr/bin/env bash
out=\$4
echo "\${OMPI_COMM_WORLD_RANK:-\$SLURM_PROCID} \$SLURMD_NODENAME \${CUDA_VISIBLE_DEVICES:-none}" >>"\$out/ranks"
[[ \${OMPI_COMM_WORLD_RANK:-\$SLURM_PROCID} == 0 ]] || exit 0
$2
END
  chmod +x "$runs/$1.sh"
}

DryRunShowsWhatIsSubmitted() {
  local arguments=(--out "$runs/dry" --array 3 --time 5 --partition debug)
  submit "${arguments[@]}" --dry-run >"$root/dry"
  [[ ! -e $runs/dry ]] || fail "a dry run left something behind"
  local jobs
  mapfile -t jobs < <(submit "${arguments[@]}")
  {
    echo "### $runs/dry/job.sh"
    cat "$runs/dry/job.sh"
    echo
    echo "### $runs/dry/collect.sh"
    cat "$runs/dry/collect.sh"
    echo
    echo "### commands"
    echo "sbatch --parsable $runs/dry/job.sh"
    echo "sbatch --parsable --dependency=afterany:JOB $runs/dry/collect.sh"
  } | diff "$root/dry" -
  timeout 10 scontrol write batch_script "${jobs[0]}" - | diff - "$runs/dry/job.sh"
  timeout 10 scontrol write batch_script "${jobs[1]}" - | diff - "$runs/dry/collect.sh"
  if command -v shellcheck >/dev/null; then shellcheck "$runs/dry/job.sh" "$runs/dry/collect.sh"; fi
  "$program" cancel "$runs/dry" 2>/dev/null | sort -n | diff - <(printf '%s\n' "${jobs[@]}")
}

OneJobOverTwoNodes() {
  submit --out "$runs/two" --nodes 2 --workers-per-node 2 --time 5 >/dev/null
  within 60 complete "$runs/two"
  logs_hold "$runs/two" '4 workers over MPI'
  same "$(digest "$runs/two")" "$(whole_short)"
  "$program" status "$runs/two" | grep -q '^run  *complete'
}

SrunStartsTheRanks() {
  submit --out "$runs/srun" --nodes 2 --workers-per-node 2 --time 5 --set slurm.launcher=srun >/dev/null
  within 60 complete "$runs/srun"
  logs_hold "$runs/srun" '4 workers over MPI'
  same "$(digest "$runs/srun")" "$(whole_short)"
}

ArrayIsCollected() {
  local jobs
  mapfile -t jobs < <(submit --out "$runs/array" --array 3 --time 5)
  same "${#jobs[@]}" 2
  within 90 complete "$runs/array"
  same "$(digest "$runs/array")" "$(whole_short)"
  [[ -e $runs/array/lorasweep-array-part-${jobs[0]}_2.out ]] || fail "no log of part 2"
  same "$("$program" status "$runs/array" | grep -c '^part-[123]  *complete')" 3
}

MissingPartsAreNamed() {
  local jobs
  mapfile -t jobs < <(submit --out "$runs/missing" --array 3 --time 5 --set 'slurm.setup=["((SLURM_ARRAY_TASK_ID != 2)) || exit 9"]')
  within 90 left_queue "${jobs[1]}"
  [[ ! -e $runs/missing/COMPLETE ]] || fail "complete without part 2"
  logs_hold "$runs/missing" 'part 2 has not started'
  logs_hold "$runs/missing" 'missing seeds'
  same "$("$program" inspect --json "$runs/missing/results.h5" | grep -c '"complete": false')" 1
}

OutOfTimeItIsRequeuedAndContinues() {
  local expected job seeds
  seeds=$(a_minute_of_seeds)
  "$program" run "$config" --out "$runs/minute" --set "search.seeds=$seeds" >/dev/null 2>&1
  expected=$(digest "$runs/minute")
  job=$(submit --out "$runs/time" --time 1 --set slurm.signal_before=50 --set "search.seeds=$seeds")
  within 240 complete "$runs/time"
  logs_hold "$runs/time" 'told to stop'
  logs_hold "$runs/time" "job $job: restart 1"
  same "$(digest "$runs/time")" "$expected"
}

killed_node() { # run, node to kill
  local expected job
  expected=$(whole)
  job=$(submit --out "$runs/$1" --nodes 2 --time 5 "${long[@]}")
  within 60 has_begun "$runs/$1"
  local nodes victim
  mapfile -t nodes < <(timeout 10 scontrol show hostnames "$(timeout 10 squeue --noheader --jobs="$job" --format=%N)")
  victim=${nodes[$2]}
  "$here/local_cluster.sh" "$root" kill-node "$victim"
  within 240 complete "$runs/$1"
  logs_hold "$runs/$1" "job $job: restart [1-9]"
  same "$(digest "$runs/$1")" "$expected"
  within 30 left_queue "$job"
  "$here/local_cluster.sh" "$root" start-node "$victim"
}
NodeOfWorkersDies() { killed_node worker-node 1; }
NodeOfTheSchedulerDies() { killed_node scheduler-node 0; }

CancelledItStaysCancelled() {
  local job
  job=$(submit --out "$runs/cancel" --time 5 "${long[@]}")
  within 60 has_begun "$runs/cancel"
  if submit --out "$runs/cancel" --time 5 "${long[@]}"; then fail "submitted twice"; fi
  "$program" cancel "$runs/cancel" >/dev/null 2>&1
  within 40 left_queue "$job"
  sleep 3
  left_queue "$job"
  same "$(state_of "$job")" CANCELLED
  logs_hold "$runs/cancel" 'SLURM ends this job'
  "$program" status "$runs/cancel" | grep -q '^run  *unfinished'
  # And it can be taken up again, from its directory alone.
  "$program" submit "$runs/cancel" >/dev/null 2>&1
  within 90 complete "$runs/cancel"
  same "$(digest "$runs/cancel")" "$(whole)"
}

MoreGpusThanThereAreIsAnError() {
  local status=0
  "$program" submit "$config" --out "$runs/gpus" --gpus-per-node 9 2>"$root/refusal" || status=$?
  same "$status" 2
  grep -q 'Requested node configuration is not available' "$root/refusal"
}

EveryWorkerHasAGpuOfItsOwn() {
  pretend gpu 'echo >"$out/COMPLETE"'
  submit --out "$runs/gpu" --nodes 2 --gpus-per-node 2 --time 5 --set "slurm.command=[\"$runs/gpu.sh\"]" >/dev/null
  within 40 complete "$runs/gpu"
  within 10 eval '(($(wc -l <"$runs/gpu/ranks") == 5))'
  same "$(grep -v '^0 ' "$runs/gpu/ranks" | cut -d' ' -f2- | sort -u | wc -l)" 4
  same "$(grep -v '^0 ' "$runs/gpu/ranks" | cut -d' ' -f3 | sort | tr '\n' ' ')" '0 0 1 1 '
}

WrongInputsAreNotTriedAgain() {
  pretend wrong 'exit 4'
  local job
  job=$(submit --out "$runs/wrong" --time 5 --set "slurm.command=[\"$runs/wrong.sh\"]")
  within 40 left_queue "$job"
  logs_hold "$runs/wrong" 'lorasweep ended with 4'
  same "$(grep -c '^0 ' "$runs/wrong/ranks")" 1
}

RestartsAreCounted() {
  pretend tired 'exit 75'
  local job
  job=$(submit --out "$runs/tired" --time 5 --set "slurm.command=[\"$runs/tired.sh\"]" --set slurm.max_restarts=1)
  within 90 logs_hold "$runs/tired" 'restarted 1 times, which is slurm.max_restarts'
  within 20 left_queue "$job"
  same "$(grep -c '^0 ' "$runs/tired/ranks")" 2
}

WhereNothingCanBeRequeuedASuccessorIsSubmitted() {
  mkdir "$root/bin"
  printf '#!/bin/sh\nexit 1\n' >"$root/bin/scontrol"
  chmod +x "$root/bin/scontrol"
  pretend heir 'if (($(grep -c "^0 " "$out/ranks") == 1)); then exit 75; fi; echo >"$out/COMPLETE"'
  submit --out "$runs/heir" --time 5 --set "slurm.command=[\"$runs/heir.sh\"]" --set "slurm.setup=[\"PATH=$root/bin:\$PATH\"]" >/dev/null
  within 40 complete "$runs/heir"
  logs_hold "$runs/heir" 'its successor is'
  grep -q '"kind": "successor"' "$runs/heir/jobs.jsonl"
}

cases=("$@")
if ((${#cases[@]} == 0)); then
  cases=(DryRunShowsWhatIsSubmitted MoreGpusThanThereAreIsAnError EveryWorkerHasAGpuOfItsOwn WrongInputsAreNotTriedAgain
    OneJobOverTwoNodes SrunStartsTheRanks ArrayIsCollected MissingPartsAreNamed CancelledItStaysCancelled
    WhereNothingCanBeRequeuedASuccessorIsSubmitted RestartsAreCounted OutOfTimeItIsRequeuedAndContinues NodeOfWorkersDies
    NodeOfTheSchedulerDies)
fi

failed=0
for case in "${cases[@]}"; do
  echo "[ RUN      ] Slurm.$case"
  begin=$(date +%s%3N)
  # A shell of its own, for set -e does not work inside a condition.
  set +e
  (set -e && "$case")
  status=$?
  set -e
  took="$(($(date +%s%3N) - begin)) ms"
  if ((status == 0)); then
    echo "[       OK ] Slurm.$case ($took)"
  else
    echo "[  FAILED  ] Slurm.$case ($took)"
    failed=$((failed + 1))
    tail -n 30 "$runs"/*/*.out "$root/submit.err" 2>/dev/null || true
    timeout 10 squeue || true
  fi
  timeout 10 scancel --user=root 2>/dev/null || true
done
((failed == 0))
