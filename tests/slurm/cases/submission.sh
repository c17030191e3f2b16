# shellcheck shell=bash disable=SC2154,SC2016  # variables of slurm_test.sh; text in single quotes is for other shells
# What `submit` shows, sends, refuses and leaves behind.

DryRunShowsWhatIsSubmitted() {
  local arguments=(--out "$runs/dry" --array 3 --time 5 --partition debug)
  submit "${arguments[@]}" --dry-run >"$runs/whole"
  # What it will take comes last, and says that nobody measured how long.
  sed '/^### expected$/,$d' "$runs/whole" | sed '$d' >"$runs/shown"
  local words
  words=$(sed -n '/^### expected$/,$p' "$runs/whole" | awk 'NR > 1 {printf "%s ", $1}')
  [[ $words == "time memory disk " ]] || fail "expected are: $words"
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
  } | diff "$runs/shown" -
  timeout 10 scontrol write batch_script "${jobs[0]}" - | diff - "$runs/dry/job.sh"
  timeout 10 scontrol write batch_script "${jobs[1]}" - | diff - "$runs/dry/collect.sh"
  if command -v shellcheck >/dev/null; then shellcheck "$runs/dry/job.sh" "$runs/dry/collect.sh"; fi
  "$program" cancel "$runs/dry" 2>/dev/null | sort -n | diff - <(printf '%s\n' "${jobs[@]}")
}

MoreGpusThanThereAreIsAnError() {
  local status=0
  "$program" submit "$config" --out "$runs/gpus" --gpus-per-node 9 2>"$runs/refusal" || status=$?
  same "$status" 2
  grep -q 'Requested node configuration is not available' "$runs/refusal"
}

WhatSbatchRefusesLeavesNothingBehind() {
  if submit --out "$runs/deep/er/refused" --partition nowhere --time 5; then fail "submitted"; fi
  [[ ! -e $runs/deep ]] || fail "a refused submission left something behind"
  # One of two: the other is taken back, and what an earlier submission left stays as it was.
  submit --out "$runs/again" --array 2 --time 5 --set 'slurm.extra=["--hold"]' >/dev/null
  "$program" cancel "$runs/again" >/dev/null 2>&1
  cp -r "$runs/again" "$runs/before"
  mkdir "$runs/refusing"
  printf '#!/bin/sh\ncase "$*" in *collect.sh*) echo refused >&2; exit 1 ;; esac\nexec %s "$@"\n' "$(command -v sbatch)" >"$runs/refusing/sbatch"
  chmod +x "$runs/refusing/sbatch"
  if PATH=$runs/refusing:$PATH submit --out "$runs/again" --array 2 --time 6 --set 'slurm.extra=["--hold"]'; then fail "submitted"; fi
  diff -r "$runs/before" "$runs/again"
  within 20 eval '[[ -z $(squeue --noheader --name=lorasweep-again-part) ]]'
}

PercentSignsInAPathAreOnlyThat() {
  submit --out "$runs/top5%_j50%j/run" --time 5 "${small[@]}" >/dev/null
  within 120 complete "$runs/top5%_j50%j/run"
  ls "$runs/top5%_j50%j/run"/lorasweep-run-all-*.out >/dev/null
}

AProgramThatWasReplacedIsSaid() {
  cp "$program" "$runs/lorasweep"
  local job
  job=$("$runs/lorasweep" submit "$config" --out "$runs/replaced" --time 5 "${small[@]}" --set 'slurm.extra=["--hold"]' 2>>"$runs/submit.err")
  echo >>"$runs/lorasweep"
  scontrol release "$job"
  within 120 complete "$runs/replaced"
  logs_hold "$runs/replaced" 'another program than the one that submitted'
}
