#!/usr/bin/env bash
# Sweeps on a real SLURM, from submit to results: over nodes, as an array, out of time, on dying nodes, preempted, cancelled, refused, and
# from shells that are jobs themselves. Several cases at a time, for each waits for SLURM most of its time.
# Usage: slurm_test.sh LORASWEEP SWEEP.toml SLOW_DISK.so [case...]      reports as GoogleTest does; 77: skipped
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
program=$1 config=$2 slow_disk=$3
shift 3
at_once=${CASES_AT_ONCE:-8}

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

fail() {
  echo "failed: $*"
  return 1
}
within() { # seconds, words: until they succeed
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < end)) || fail "not in time: $*" || return 1
    sleep 0.3
  done
}
same() { [[ $1 == "$2" ]] || fail "'$1' instead of '$2'"; }

# Every case has a directory of its own, $runs.
submit() { "$program" submit "$config" "$@" 2>>"$runs/submit.err"; }
digest() { "$program" inspect --json "$1/results.h5" | sed -n 's/.*"content_sha256": *"\([0-9a-f]*\)".*/\1/p'; }
complete() { [[ -e $1/COMPLETE ]]; }
evaluations() { "$program" inspect --json "$1/journal" 2>/dev/null | sed -n 's/^ *"evaluations": \([0-9]*\).*/\1/p'; }
has_more_results_than() {
  local count
  count=$(evaluations "$2")
  ((${count:-0} > $1))
}
has_results() { has_more_results_than 0 "$1"; }
logs_hold() { grep -q "$2" "$1"/*.out 2>/dev/null; }
left_queue() { [[ -z $(timeout 10 squeue --noheader --jobs="$1" 2>/dev/null) ]]; }
state_of() { timeout 10 scontrol show job "$1" | sed -n 's/.*JobState=\([A-Z_]*\).*/\1/p'; }
is_not_running() { [[ $(state_of "$1") != RUNNING ]]; }

# A sweep of a few seconds, and what it ends with when nothing happens to it.
small=(--set search.seeds=1 --set tasks.limit=10)
expected() {
  (
    flock 9
    if ! complete "$root/small"; then "$program" run "$config" --out "$root/small" "${small[@]}" >/dev/null 2>&1; fi
  ) 9>"$root/small.lock"
  digest "$root/small"
}
is_as_expected() { same "$(digest "$1")" "$(expected)"; }

# Lines of slurm.setup with which a sweep lasts for as long as $runs/slow is there.
lasting() { echo "export LD_PRELOAD=$slow_disk SLOW_DISK_WHILE=$runs/slow"; }

# A program that notes on which rank it was started and with which GPUs, and ends as SCRIPT says. A line of its journal is a result.
pretend() { # name, script
  cat >"$runs/$1.sh" <<SCRIPT
#!/usr/bin/env bash
case \$1 in
  --version) exit ;;
  inspect) echo "  \"evaluations\": \$(wc -l <"\$3")" && exit ;;
esac
out=\$4
echo "\${OMPI_COMM_WORLD_RANK:-\$SLURM_PROCID} \$SLURMD_NODENAME \${CUDA_VISIBLE_DEVICES:-none}" >>"\$out/ranks"
[[ \${OMPI_COMM_WORLD_RANK:-\$SLURM_PROCID} == 0 ]] || exit 0
$2
SCRIPT
  chmod +x "$runs/$1.sh"
}

for file in "$here"/cases/*.sh; do
  # shellcheck source=/dev/null
  . "$file"
done

# Those that last longest begin first.
cases=("$@")
if ((${#cases[@]} == 0)); then
  cases=(OutOfTimeItIsRequeuedAndContinues NodeOfWorkersDies NodeOfTheSchedulerDies EveryTaskOfAnArrayOutOfTimeContinues
    RestartsAtTheTimeLimitAreFreeWhileTheyBringResults PreemptedItContinues WhereNothingCanBeRequeuedASuccessorIsSubmitted
    RestartsAreCounted CancelledItStaysCancelled SubmittedFromAStepOfPmix SubmittedFromAnAllocation SubmittedWithoutAnyEnvironment
    ArrayIsCollected MissingPartsAreNamed AtMostSoManyTasksRunAtATime OneJobOverTwoNodes SrunStartsTheRanks
    EveryWorkerHasAGpuOfItsOwn WrongInputsAreNotTriedAgain ALauncherThatDiesEndsTheJob PercentSignsInAPathAreOnlyThat
    AProgramThatWasReplacedIsSaid StepsWithoutPmixAreRefused WhatSbatchRefusesLeavesNothingBehind DryRunShowsWhatIsSubmitted
    MoreGpusThanThereAreIsAnError)
fi

# Reports when it has ended, in one piece.
run_case() { # name
  local case=$1 runs=$root/$1 status=0 begin took
  mkdir "$runs"
  begin=$(date +%s%3N)
  # A shell of its own, for set -e does not work inside a condition.
  set +e
  (set -e && "$case") >"$runs.said" 2>&1
  status=$?
  took="$(($(date +%s%3N) - begin)) ms"
  {
    echo "[ RUN      ] Slurm.$case"
    cat "$runs.said"
    if ((status == 0)); then
      echo "[       OK ] Slurm.$case ($took)"
    else
      echo "[  FAILED  ] Slurm.$case ($took)"
      touch "$root/failed"
      tail -n 30 "$runs"/*/*.out "$runs/submit.err" 2>/dev/null
      timeout 10 squeue
      # The nodes are for the others.
      timeout 10 squeue --noheader --format='%A %Z' | sed -n "s|^\([0-9]*\) $runs/.*|\1|p" | xargs --no-run-if-empty timeout 10 scancel
    fi
  } >"$runs.report"
  flock "$root/small.lock" cat "$runs.report"
}

for case in "${cases[@]}"; do
  while (($(jobs -rp | wc -l) >= at_once)); do wait -n || true; done
  run_case "$case" &
done
wait
[[ ! -e $root/failed ]]
