# shellcheck shell=bash disable=SC2154  # variables of slurm_test.sh
# Shells that are jobs: --mem-per-cpu of theirs against our --mem, a PMIx server of theirs, sbatch options in variables.

SubmittedFromAnAllocation() {
  salloc --quiet -N1 -n1 --mem-per-cpu=300 env SBATCH_ARRAY_INX=1-2 SBATCH_JOB_NAME=other SBATCH_WAIT=1 SQUEUE_STATES=PENDING SLURM_RESTART_COUNT=7 \
    "$program" submit "$config" --out "$runs/allocation" --nodes 2 --workers-per-node 2 --time 5 "${small[@]}" --set 'slurm.extra=["--mem=1000"]' \
    >/dev/null 2>>"$runs/submit.err"
  within 120 complete "$runs/allocation"
  is_as_expected "$runs/allocation"
  logs_hold "$runs/allocation" ': restart 0, 5 ranks'
}

SubmittedFromAStepOfPmix() {
  srun --quiet --mpi=pmix -n1 "$program" submit "$config" --out "$runs/step" --time 5 "${small[@]}" >/dev/null 2>>"$runs/submit.err"
  within 120 complete "$runs/step"
  is_as_expected "$runs/step"
  # And the script alone, by hand, from such a step.
  rm "$runs"/step/{COMPLETE,journal,results.h5}
  srun --quiet --mpi=pmix -n1 --mem-per-cpu=300 env LORASWEEP_SEARCH_BUDGET=3 OMPI_COMM_WORLD_RANK=3 SQUEUE_STATES=PENDING TMPDIR=/gone \
    sbatch "$runs/step/job.sh" >/dev/null
  within 120 complete "$runs/step"
  is_as_expected "$runs/step"
}

SubmittedWithoutAnyEnvironment() {
  # shellcheck disable=SC2016  # for another shell
  printf '#!/bin/sh\ntest -n "$LOADED" && exec %s "$@"\n' "$program" >"$runs/loaded.sh"
  chmod +x "$runs/loaded.sh"
  submit --out "$runs/bare" --nodes 2 --time 5 "${small[@]}" --set slurm.launcher=srun --set 'slurm.extra=["--export=NONE"]' \
    --set "slurm.setup=[\"export LOADED=yes OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1\"]" \
    --set "slurm.command=[\"$runs/loaded.sh\"]" >/dev/null
  within 120 complete "$runs/bare"
  is_as_expected "$runs/bare"
}

# What srun does where MpiDefault is none: single processes, each of which would do the whole sweep.
StepsWithoutPmixAreRefused() {
  local status=0
  srun --quiet --mpi=none -n3 "$program" run "$config" --out "$runs/singles" "${small[@]}" >/dev/null 2>"$runs/singles.err" || status=$?
  same "$status" 2
  same "$(grep -c 'this process is one of 3 .*none of the others' "$runs/singles.err")" 3
  [[ ! -e $runs/singles/journal ]] || fail "one of them has begun"
}
