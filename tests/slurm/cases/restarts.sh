# shellcheck shell=bash disable=SC2154,SC2016  # variables of slurm_test.sh; text in single quotes is for other shells
# Jobs whose time is up, whose launcher dies, that bring nothing, and how they come back.

OutOfTimeItIsRequeuedAndContinues() {
  touch "$runs/slow"
  local job
  job=$(submit --out "$runs/time" --time 2 --set slurm.signal_before=50 "${small[@]}" --set "slurm.setup=[\"$(lasting)\"]")
  scontrol update JobId="$job" TimeLimit=1 # less than submit allows, for a test that ends soon
  within 120 logs_hold "$runs/time" 'told to stop'
  rm "$runs/slow"
  within 120 complete "$runs/time"
  logs_hold "$runs/time" "job $job: restart 1"
  grep -q "\"job\": \"$job\", \"restart\": 1, \"cause\": \"time limit\"" "$runs/time/starts.jsonl"
  is_as_expected "$runs/time"
}

# Requeued tasks keep their limit. Where requeueing is forbidden, as for task 2 once, an array of one task follows.
EveryTaskOfAnArrayOutOfTimeContinues() {
  touch "$runs/slow"
  mkdir "$runs/once"
  cat >"$runs/once/scontrol" <<SCRIPT
#!/bin/sh
if [ "\$1" = requeue ] && [ "\$SLURM_ARRAY_TASK_ID" = 2 ] && mkdir "$runs/once/forbidden" 2>/dev/null; then exit 1; fi
exec $(command -v scontrol) "\$@"
SCRIPT
  chmod +x "$runs/once/scontrol"
  local jobs task successor results
  mapfile -t jobs < <(submit --out "$runs/tasks" --array 3 --time 5 "${small[@]}" \
    --set "slurm.setup=[\"$(lasting)\", \"PATH=$runs/once:\$PATH\"]")
  # What SLURM sends ahead of the limit.
  for task in 1 2 3; do
    within 120 has_results "$runs/tasks/part-$task"
    scancel --batch --signal=USR1 "${jobs[0]}_$task"
  done
  within 120 logs_hold "$runs/tasks" 'its successor is'
  successor=$(sed -n 's/.*its successor is \([0-9]*\).*/\1/p' "$runs"/tasks/*.out | head -n 1)
  within 120 grep -q "${successor}_2" "$runs/tasks/part-2/starts.jsonl"
  results=$(evaluations "$runs/tasks/part-2")
  within 120 has_more_results_than "$results" "$runs/tasks/part-2"
  scancel --batch --signal=USR1 "${successor}_2"
  within 120 grep -q "${successor}_2.*\"restart\": 2" "$runs/tasks/part-2/starts.jsonl"
  rm "$runs/slow"
  within 240 complete "$runs/tasks"
  is_as_expected "$runs/tasks"
  for task in 1 3; do grep -q "\"job\": \"${jobs[0]}_$task\", \"restart\": 1, \"cause\": \"time limit\"" "$runs/tasks/part-$task/starts.jsonl"; done
  for start in 1 2; do grep -q "\"job\": \"${successor}_2\", \"restart\": $start, \"cause\": \"time limit\"" "$runs/tasks/part-2/starts.jsonl"; done
}

# The first start brings a result, the second none; neither has another cause than its time limit.
RestartsAtTheTimeLimitAreFreeWhileTheyBringResults() {
  pretend slow '[[ -e $out/journal ]] || echo >>"$out/journal"; trap "exit 75" USR1; while :; do sleep 1 & wait "$!"; done'
  local job
  job=$(submit --out "$runs/slow" --time 5 --set "slurm.command=[\"$runs/slow.sh\"]" --set slurm.max_restarts=0)
  within 60 eval '[[ $(grep -c "^0 " "$runs/slow/ranks" 2>/dev/null) == 1 ]]'
  scancel --batch --signal=USR1 "$job"
  within 60 eval '[[ $(grep -c "^0 " "$runs/slow/ranks") == 2 ]]'
  scancel --batch --signal=USR1 "$job"
  within 60 logs_hold "$runs/slow" '1 starts in a row brought no result, and slurm.max_restarts is 0'
  within 20 left_queue "$job"
}

RestartsAreCounted() {
  pretend tired 'exit 75'
  local job
  job=$(submit --out "$runs/tired" --time 5 --set "slurm.command=[\"$runs/tired.sh\"]" --set slurm.max_restarts=1)
  within 90 logs_hold "$runs/tired" '2 starts in a row brought no result, and slurm.max_restarts is 1'
  within 20 left_queue "$job"
  same "$(grep -c '^0 ' "$runs/tired/ranks")" 2
}

WrongInputsAreNotTriedAgain() {
  pretend wrong 'exit 4'
  local job
  job=$(submit --out "$runs/wrong" --time 5 --set "slurm.command=[\"$runs/wrong.sh\"]")
  within 90 left_queue "$job"
  logs_hold "$runs/wrong" 'lorasweep ended with 4'
  same "$(grep -c '^0 ' "$runs/wrong/ranks")" 1
}

ALauncherThatDiesEndsTheJob() {
  mkdir "$runs/dead"
  printf '#!/bin/sh\necho "no daemon could be started" >&2\nexit 213\n' >"$runs/dead/mpirun"
  chmod +x "$runs/dead/mpirun"
  local job
  job=$(submit --out "$runs/launcher" --time 5 --set "slurm.setup=[\"PATH=$runs/dead:\$PATH\"]")
  within 90 left_queue "$job"
  logs_hold "$runs/launcher" 'mpirun ended before lorasweep did anything'
  same "$(grep -c 'no daemon could be started' "$runs"/launcher/*.out)" 1
  same "$(state_of "$job")" FAILED
  "$program" status "$runs/launcher" | grep -q 'mpirun ended before lorasweep did anything'
}

WhereNothingCanBeRequeuedASuccessorIsSubmitted() {
  mkdir "$runs/bin"
  printf '#!/bin/sh\nexit 1\n' >"$runs/bin/scontrol"
  chmod +x "$runs/bin/scontrol"
  pretend heir 'if (($(grep -c "^0 " "$out/ranks") == 1)); then exit 75; fi; echo >"$out/COMPLETE"'
  submit --out "$runs/heir" --time 5 --set "slurm.command=[\"$runs/heir.sh\"]" --set "slurm.setup=[\"PATH=$runs/bin:\$PATH\"]" >/dev/null
  within 90 complete "$runs/heir"
  logs_hold "$runs/heir" 'its successor is'
  grep -q '"kind": "successor"' "$runs/heir/jobs.jsonl"
}

CancelledItStaysCancelled() {
  touch "$runs/slow"
  local job arguments=(--out "$runs/cancel" --time 5 "${small[@]}" --set "slurm.setup=[\"$(lasting)\"]")
  job=$(submit "${arguments[@]}")
  within 120 has_results "$runs/cancel"
  if submit "${arguments[@]}"; then fail "submitted twice"; fi
  "$program" cancel "$runs/cancel" >/dev/null 2>&1
  within 90 left_queue "$job"
  sleep 3
  left_queue "$job"
  same "$(state_of "$job")" CANCELLED
  logs_hold "$runs/cancel" 'SLURM ends this job'
  "$program" status "$runs/cancel" | grep -q '^run  *unfinished'
  # And it can be taken up again, from its directory alone.
  rm "$runs/slow"
  "$program" submit "$runs/cancel" >/dev/null 2>&1
  within 120 complete "$runs/cancel"
  is_as_expected "$runs/cancel"
}
