#!/usr/bin/env bash
# Sweeps on a real SLURM, from submit to results: over nodes, as an array, out of time, on dying nodes, preempted, cancelled, refused, and
# from shells that are jobs themselves.
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
is_larger() { [[ -e $1 ]] && (($(stat -c %s "$1") > $2)); }
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
whole_minute() { # seeds
  if [[ ! -e $runs/minute/COMPLETE ]]; then "$program" run "$config" --out "$runs/minute" --set "search.seeds=$1" >/dev/null 2>&1; fi
  digest "$runs/minute"
}
whole_short() {
  if [[ ! -e $runs/short/COMPLETE ]]; then "$program" run "$config" --out "$runs/short" >/dev/null 2>&1; fi
  digest "$runs/short"
}

# A few seconds.
tiny=(--set search.seeds=1 --set tasks.limit=10 --set 'predict.baselines=[]')
whole_tiny() {
  if [[ ! -e $runs/tiny/COMPLETE ]]; then "$program" run "$config" --out "$runs/tiny" "${tiny[@]}" >/dev/null 2>&1; fi
  digest "$runs/tiny"
}

# A program that notes on which rank it was started and with which GPUs, and ends as SCRIPT says. A line of its journal is a result.
pretend() { # name, script
  cat >"$runs/$1.sh" <<END
#!/usr/bin/env bash
case \$1 in
  --version) exit ;;
  inspect) echo "  \"evaluations\": \$(wc -l <"\$3")" && exit ;;
esac
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
    echo "### $runs/dry/sweep.toml"
    cat "$runs/dry/sweep.toml"
    echo
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
  within 120 complete "$runs/two"
  logs_hold "$runs/two" '4 workers over MPI'
  same "$(digest "$runs/two")" "$(whole_short)"
  "$program" status "$runs/two" | grep -q '^run  *complete'
}

SrunStartsTheRanks() {
  submit --out "$runs/srun" --nodes 2 --workers-per-node 2 --time 5 --set slurm.launcher=srun >/dev/null
  within 120 complete "$runs/srun"
  logs_hold "$runs/srun" '4 workers over MPI'
  same "$(digest "$runs/srun")" "$(whole_short)"
}

ArrayIsCollected() {
  local jobs
  mapfile -t jobs < <(submit --out "$runs/array" --array 3 --time 5)
  same "${#jobs[@]}" 2
  within 120 complete "$runs/array"
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
  expected=$(whole_minute "$seeds")
  job=$(submit --out "$runs/time" --time 2 --set slurm.signal_before=50 --set "search.seeds=$seeds")
  scontrol update JobId="$job" TimeLimit=1 # less than submit allows, for a test that ends soon
  within 240 complete "$runs/time"
  logs_hold "$runs/time" 'told to stop'
  logs_hold "$runs/time" "job $job: restart 1"
  same "$(digest "$runs/time")" "$expected"
}

# Requeued tasks keep their limit. Where requeueing is forbidden, as for task 2 once, an array of one task follows.
EveryTaskOfAnArrayOutOfTimeContinues() {
  local expected jobs seeds task
  seeds=$(a_minute_of_seeds)
  expected=$(whole_minute "$seeds")
  mkdir -p "$root/once"
  cat >"$root/once/scontrol" <<END
#!/bin/sh
if [ "\$1" = requeue ] && [ "\$SLURM_ARRAY_TASK_ID" = 2 ] && mkdir "$root/once/forbidden" 2>/dev/null; then exit 1; fi
exec $(command -v scontrol) "\$@"
END
  chmod +x "$root/once/scontrol"
  mapfile -t jobs < <(submit --out "$runs/tasks" --array 3 --time 5 --set "search.seeds=$seeds" \
    --set "slurm.setup=[\"PATH=$root/once:\$PATH\"]")
  # What SLURM sends ahead of the limit, as soon as there is something to lose: however fast the machine is, no task has ended by then.
  for task in 1 2 3; do
    within 120 is_larger "$runs/tasks/part-$task/journal" 100000
    scancel --batch --signal=USR1 "${jobs[0]}_$task"
  done
  within 120 logs_hold "$runs/tasks" 'its successor is'
  local successor size
  successor=$(sed -n 's/.*its successor is \([0-9]*\).*/\1/p' "$runs"/tasks/*.out | head -n 1)
  within 60 grep -q "${successor}_2" "$runs/tasks/part-2/starts.jsonl"
  size=$(stat -c %s "$runs/tasks/part-2/journal")
  within 60 is_larger "$runs/tasks/part-2/journal" $((size + 20000))
  scancel --batch --signal=USR1 "${successor}_2"
  within 300 complete "$runs/tasks"
  same "$(digest "$runs/tasks")" "$expected"
  for task in 1 3; do grep -q "\"job\": \"${jobs[0]}_$task\", \"restart\": 1, \"cause\": \"time limit\"" "$runs/tasks/part-$task/starts.jsonl"; done
  grep -q "\"job\": \"${successor}_2\", \"restart\": 1, \"cause\": \"time limit\"" "$runs/tasks/part-2/starts.jsonl"
  grep -q "\"job\": \"${successor}_2\", \"restart\": 2, \"cause\": \"time limit\"" "$runs/tasks/part-2/starts.jsonl"
}

# The first start brings a result, the second none; neither has another cause than its time limit.
RestartsAtTheTimeLimitAreFreeWhileTheyBringResults() {
  pretend slow '[[ -e $out/journal ]] || echo >>"$out/journal"; trap "exit 75" USR1; while :; do sleep 1 & wait "$!"; done'
  local job
  job=$(submit --out "$runs/slow" --time 5 --set "slurm.command=[\"$runs/slow.sh\"]" --set slurm.max_restarts=0)
  within 40 eval '[[ $(grep -c "^0 " "$runs/slow/ranks" 2>/dev/null) == 1 ]]'
  scancel --batch --signal=USR1 "$job"
  within 60 eval '[[ $(grep -c "^0 " "$runs/slow/ranks") == 2 ]]'
  scancel --batch --signal=USR1 "$job"
  within 40 logs_hold "$runs/slow" '1 starts in a row brought no result, and slurm.max_restarts is 0'
  within 20 left_queue "$job"
}

PreemptedItContinues() {
  local expected job
  expected=$(whole)
  job=$(submit --out "$runs/preempted" --nodes 4 --set slurm.max_restarts=0 --time 5 "${long[@]}")
  within 120 has_begun "$runs/preempted"
  sbatch --parsable --partition=urgent --nodes=4 --exclusive --output=/dev/null --wrap=true >/dev/null
  within 240 complete "$runs/preempted"
  same "$(digest "$runs/preempted")" "$expected"
  grep -q "\"job\": \"$job\", \"restart\": 1, \"cause\": \"preemption\"" "$runs/preempted/starts.jsonl"
  "$program" status "$runs/preempted" | grep -q '1 restart: 1 preemption'
}

# Shells that are jobs: --mem-per-cpu of theirs against our --mem, a PMIx server of theirs, sbatch options in variables.
SubmittedFromAnAllocation() {
  salloc --quiet -N1 -n1 --mem-per-cpu=300 env SBATCH_ARRAY_INX=1-2 SBATCH_JOB_NAME=other SBATCH_WAIT=1 SQUEUE_STATES=PENDING SLURM_RESTART_COUNT=7 \
    "$program" submit "$config" --out "$runs/allocation" --nodes 2 --workers-per-node 2 --time 5 "${tiny[@]}" --set 'slurm.extra=["--mem=1000"]' \
    >/dev/null 2>>"$root/submit.err"
  within 120 complete "$runs/allocation"
  same "$(digest "$runs/allocation")" "$(whole_tiny)"
  logs_hold "$runs/allocation" ': restart 0, 5 ranks'
}
SubmittedFromAStepOfPmix() {
  srun --quiet --mpi=pmix -n1 "$program" submit "$config" --out "$runs/step" --time 5 "${tiny[@]}" >/dev/null 2>>"$root/submit.err"
  within 120 complete "$runs/step"
  same "$(digest "$runs/step")" "$(whole_tiny)"
  # And the script alone, by hand, from such a step.
  rm "$runs"/step/{COMPLETE,journal,results.h5}
  srun --quiet --mpi=pmix -n1 --mem-per-cpu=300 env LORASWEEP_SEARCH_BUDGET=3 OMPI_COMM_WORLD_RANK=3 SQUEUE_STATES=PENDING TMPDIR=/gone \
    sbatch "$runs/step/job.sh" >/dev/null
  within 120 complete "$runs/step"
  same "$(digest "$runs/step")" "$(whole_tiny)"
}
SubmittedWithoutAnyEnvironment() {
  printf '#!/bin/sh\ntest -n "$LOADED" && exec %s "$@"\n' "$program" >"$runs/loaded.sh"
  chmod +x "$runs/loaded.sh"
  submit --out "$runs/bare" --nodes 2 --time 5 "${tiny[@]}" --set slurm.launcher=srun --set 'slurm.extra=["--export=NONE"]' \
    --set "slurm.setup=[\"export LOADED=yes OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1\"]" \
    --set "slurm.command=[\"$runs/loaded.sh\"]" >/dev/null
  within 120 complete "$runs/bare"
  same "$(digest "$runs/bare")" "$(whole_tiny)"
}

ALauncherThatDiesEndsTheJob() {
  mkdir -p "$root/dead"
  printf '#!/bin/sh\necho "no daemon could be started" >&2\nexit 213\n' >"$root/dead/mpirun"
  chmod +x "$root/dead/mpirun"
  local job
  job=$(submit --out "$runs/launcher" --time 5 --set "slurm.setup=[\"PATH=$root/dead:\$PATH\"]")
  within 90 left_queue "$job"
  logs_hold "$runs/launcher" 'mpirun ended before lorasweep did anything'
  same "$(grep -c 'no daemon could be started' "$runs"/launcher/*.out)" 1
  same "$(state_of "$job")" FAILED
  "$program" status "$runs/launcher" | grep -q 'mpirun ended before lorasweep did anything'
}

AtMostSoManyTasksRunAtATime() {
  pretend few 'mkdir "${out%/*}/running" || echo >"${out%/*}/together"; sleep 1; rmdir "${out%/*}/running"; echo >"$out/COMPLETE"'
  submit --out "$runs/few" --array 3%1 --time 5 --set "slurm.command=[\"$runs/few.sh\"]" >/dev/null
  within 60 eval '(($(ls -d "$runs"/few/part-?/COMPLETE 2>/dev/null | wc -l) == 3))'
  [[ ! -e $runs/few/together ]] || fail "two tasks ran at a time"
}

WhatSbatchRefusesLeavesNothingBehind() {
  if submit --out "$runs/deep/er/refused" --partition nowhere --time 5; then fail "submitted"; fi
  [[ ! -e $runs/deep ]] || fail "a refused submission left something behind"
  # One of two: the other is taken back, and what an earlier submission left stays as it was.
  submit --out "$runs/again" --array 2 --time 5 --set 'slurm.extra=["--hold"]' >/dev/null
  "$program" cancel "$runs/again" >/dev/null 2>&1
  cp -r "$runs/again" "$root/before"
  mkdir -p "$root/refusing"
  printf '#!/bin/sh\ncase "$*" in *collect.sh*) echo refused >&2; exit 1 ;; esac\nexec %s "$@"\n' "$(command -v sbatch)" >"$root/refusing/sbatch"
  chmod +x "$root/refusing/sbatch"
  if PATH=$root/refusing:$PATH submit --out "$runs/again" --array 2 --time 6 --set 'slurm.extra=["--hold"]'; then fail "submitted"; fi
  diff -r "$root/before" "$runs/again"
  within 20 eval '[[ -z $(squeue --noheader --name=lorasweep-again-part) ]]'
}

PercentSignsInAPathAreOnlyThat() {
  submit --out "$runs/top5%_j50%j/run" --time 5 "${tiny[@]}" >/dev/null
  within 120 complete "$runs/top5%_j50%j/run"
  ls "$runs/top5%_j50%j/run"/lorasweep-run-all-*.out >/dev/null
}

AProgramThatWasReplacedIsSaid() {
  cp "$program" "$root/lorasweep"
  local job
  job=$("$root/lorasweep" submit "$config" --out "$runs/replaced" --time 5 "${tiny[@]}" --set 'slurm.extra=["--hold"]' 2>>"$root/submit.err")
  echo >>"$root/lorasweep"
  scontrol release "$job"
  within 120 complete "$runs/replaced"
  logs_hold "$runs/replaced" 'another program than the one that submitted'
}

# However fast the machine is, the others do not finish before SLURM sees that the node is dead (SlurmdTimeout).
killed_node() { # run, node to kill
  local expected job seeds
  seeds=$(a_minute_of_seeds)
  expected=$(whole_minute "$seeds")
  job=$(submit --out "$runs/$1" --nodes 2 --time 5 --set "search.seeds=$seeds")
  within 120 has_begun "$runs/$1"
  local nodes victim
  mapfile -t nodes < <(timeout 10 scontrol show hostnames "$(timeout 10 squeue --noheader --jobs="$job" --format=%N)")
  victim=${nodes[$2]}
  "$here/local_cluster.sh" "$root" kill-node "$victim"
  within 240 complete "$runs/$1"
  logs_hold "$runs/$1" "job $job: restart [1-9]" || fail "not started again"
  same "$(digest "$runs/$1")" "$expected"
  within 30 left_queue "$job"
  "$here/local_cluster.sh" "$root" start-node "$victim"
}
NodeOfWorkersDies() { killed_node worker-node 1; }
NodeOfTheSchedulerDies() { killed_node scheduler-node 0; }

CancelledItStaysCancelled() {
  local job
  job=$(submit --out "$runs/cancel" --time 5 "${long[@]}")
  within 120 has_begun "$runs/cancel"
  if submit --out "$runs/cancel" --time 5 "${long[@]}"; then fail "submitted twice"; fi
  "$program" cancel "$runs/cancel" >/dev/null 2>&1
  within 90 left_queue "$job"
  sleep 3
  left_queue "$job"
  same "$(state_of "$job")" CANCELLED
  logs_hold "$runs/cancel" 'SLURM ends this job'
  "$program" status "$runs/cancel" | grep -q '^run  *unfinished'
  # And it can be taken up again, from its directory alone.
  "$program" submit "$runs/cancel" >/dev/null 2>&1
  within 120 complete "$runs/cancel"
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
  within 90 complete "$runs/gpu"
  within 10 eval '(($(wc -l <"$runs/gpu/ranks") == 5))'
  same "$(grep -v '^0 ' "$runs/gpu/ranks" | cut -d' ' -f2- | sort -u | wc -l)" 4
  same "$(grep -v '^0 ' "$runs/gpu/ranks" | cut -d' ' -f3 | sort | tr '\n' ' ')" '0 0 1 1 '
}

WrongInputsAreNotTriedAgain() {
  pretend wrong 'exit 4'
  local job
  job=$(submit --out "$runs/wrong" --time 5 --set "slurm.command=[\"$runs/wrong.sh\"]")
  within 90 left_queue "$job"
  logs_hold "$runs/wrong" 'lorasweep ended with 4'
  same "$(grep -c '^0 ' "$runs/wrong/ranks")" 1
}

RestartsAreCounted() {
  pretend tired 'exit 75'
  local job
  job=$(submit --out "$runs/tired" --time 5 --set "slurm.command=[\"$runs/tired.sh\"]" --set slurm.max_restarts=1)
  within 90 logs_hold "$runs/tired" '2 starts in a row brought no result, and slurm.max_restarts is 1'
  within 20 left_queue "$job"
  same "$(grep -c '^0 ' "$runs/tired/ranks")" 2
}

WhereNothingCanBeRequeuedASuccessorIsSubmitted() {
  mkdir "$root/bin"
  printf '#!/bin/sh\nexit 1\n' >"$root/bin/scontrol"
  chmod +x "$root/bin/scontrol"
  pretend heir 'if (($(grep -c "^0 " "$out/ranks") == 1)); then exit 75; fi; echo >"$out/COMPLETE"'
  submit --out "$runs/heir" --time 5 --set "slurm.command=[\"$runs/heir.sh\"]" --set "slurm.setup=[\"PATH=$root/bin:\$PATH\"]" >/dev/null
  within 90 complete "$runs/heir"
  logs_hold "$runs/heir" 'its successor is'
  grep -q '"kind": "successor"' "$runs/heir/jobs.jsonl"
}

cases=("$@")
if ((${#cases[@]} == 0)); then
  cases=(DryRunShowsWhatIsSubmitted MoreGpusThanThereAreIsAnError EveryWorkerHasAGpuOfItsOwn WrongInputsAreNotTriedAgain
    OneJobOverTwoNodes SrunStartsTheRanks ArrayIsCollected MissingPartsAreNamed CancelledItStaysCancelled
    SubmittedFromAnAllocation SubmittedFromAStepOfPmix SubmittedWithoutAnyEnvironment ALauncherThatDiesEndsTheJob
    AtMostSoManyTasksRunAtATime WhatSbatchRefusesLeavesNothingBehind PercentSignsInAPathAreOnlyThat AProgramThatWasReplacedIsSaid
    WhereNothingCanBeRequeuedASuccessorIsSubmitted RestartsAreCounted RestartsAtTheTimeLimitAreFreeWhileTheyBringResults
    OutOfTimeItIsRequeuedAndContinues EveryTaskOfAnArrayOutOfTimeContinues PreemptedItContinues NodeOfWorkersDies
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
