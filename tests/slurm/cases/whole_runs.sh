# shellcheck shell=bash disable=SC2154,SC2016  # variables of slurm_test.sh; text in single quotes is for other shells
# Sweeps that end by themselves: over nodes, as arrays, with GPUs.

OneJobOverTwoNodes() {
  submit --out "$runs/two" --nodes 2 --workers-per-node 2 --time 5 "${small[@]}" >/dev/null
  within 120 complete "$runs/two"
  logs_hold "$runs/two" '4 workers over MPI'
  is_as_expected "$runs/two"
  "$program" status "$runs/two" | grep -q '^run  *complete'
}

SrunStartsTheRanks() {
  submit --out "$runs/srun" --nodes 2 --workers-per-node 2 --time 5 "${small[@]}" --set slurm.launcher=srun >/dev/null
  within 120 complete "$runs/srun"
  logs_hold "$runs/srun" '4 workers over MPI'
  is_as_expected "$runs/srun"
}

ArrayIsCollected() {
  local jobs
  mapfile -t jobs < <(submit --out "$runs/array" --array 3 --time 5 "${small[@]}")
  same "${#jobs[@]}" 2
  within 120 complete "$runs/array"
  is_as_expected "$runs/array"
  [[ -e $runs/array/lorasweep-array-part-${jobs[0]}_2.out ]] || fail "no log of part 2"
  same "$("$program" status "$runs/array" | grep -c '^part-[123]  *complete')" 3
}

MissingPartsAreNamed() {
  local jobs
  mapfile -t jobs < <(submit --out "$runs/missing" --array 3 --time 5 "${small[@]}" --set 'slurm.setup=["((SLURM_ARRAY_TASK_ID != 2)) || exit 9"]')
  within 90 left_queue "${jobs[1]}"
  [[ ! -e $runs/missing/COMPLETE ]] || fail "complete without part 2"
  logs_hold "$runs/missing" 'part 2 has not started'
  logs_hold "$runs/missing" 'missing seeds'
  same "$("$program" inspect --json "$runs/missing/results.h5" | grep -c '"complete": false')" 1
}

AtMostSoManyTasksRunAtATime() {
  pretend few 'mkdir "${out%/*}/running" || echo >"${out%/*}/together"; sleep 1; rmdir "${out%/*}/running"; echo >"$out/COMPLETE"'
  submit --out "$runs/few" --array 3%1 --time 5 --set "slurm.command=[\"$runs/few.sh\"]" >/dev/null
  within 60 eval '(($(ls -d "$runs"/few/part-?/COMPLETE 2>/dev/null | wc -l) == 3))'
  [[ ! -e $runs/few/together ]] || fail "two tasks ran at a time"
}

EveryWorkerHasAGpuOfItsOwn() {
  pretend gpu 'echo >"$out/COMPLETE"'
  submit --out "$runs/gpu" --nodes 2 --gpus-per-node 2 --time 5 --set "slurm.command=[\"$runs/gpu.sh\"]" >/dev/null
  within 90 complete "$runs/gpu"
  within 10 eval '(($(wc -l <"$runs/gpu/ranks") == 5))'
  same "$(grep -v '^0 ' "$runs/gpu/ranks" | cut -d' ' -f2- | sort -u | wc -l)" 4
  same "$(grep -v '^0 ' "$runs/gpu/ranks" | cut -d' ' -f3 | sort | tr '\n' ' ')" '0 0 1 1 '
}
