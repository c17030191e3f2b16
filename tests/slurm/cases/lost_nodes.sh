# shellcheck shell=bash disable=SC2154  # variables of slurm_test.sh
# Nodes that are taken away, by death or by a job that is more urgent. These cases have nodes of their own, each its own of them.

PreemptedItContinues() {
  touch "$runs/slow"
  local job
  job=$(submit --out "$runs/preempted" --partition frail --nodes 4 --set slurm.max_restarts=0 --time 5 "${small[@]}" \
    --set "slurm.setup=[\"$(lasting)\"]" --set 'slurm.extra=["--exclusive"]')
  within 240 has_results "$runs/preempted"
  sbatch --parsable --partition=urgent --nodes=4 --exclusive --output=/dev/null --wrap=true >/dev/null
  within 60 is_not_running "$job"
  rm "$runs/slow"
  within 120 complete "$runs/preempted"
  is_as_expected "$runs/preempted"
  grep -q "\"job\": \"$job\", \"restart\": 1, \"cause\": \"preemption\"" "$runs/preempted/starts.jsonl"
  "$program" status "$runs/preempted" | grep -q '1 restart: 1 preemption'
}

killed_node() { # run, node to kill
  touch "$runs/slow"
  local job nodes victim
  job=$(submit --out "$runs/$1" --partition frail --nodes 2 --time 5 "${small[@]}" \
    --set "slurm.setup=[\"$(lasting)\"]" --set 'slurm.extra=["--exclusive"]')
  within 240 has_results "$runs/$1"
  mapfile -t nodes < <(timeout 10 scontrol show hostnames "$(timeout 10 squeue --noheader --jobs="$job" --format=%N)")
  victim=${nodes[$2]}
  "$here/local_cluster.sh" "$root" kill-node "$victim"
  within 120 is_not_running "$job"
  "$here/local_cluster.sh" "$root" start-node "$victim"
  within 120 logs_hold "$runs/$1" "job $job: restart [1-9]"
  rm "$runs/slow"
  within 120 complete "$runs/$1"
  is_as_expected "$runs/$1"
  within 30 left_queue "$job"
}
NodeOfWorkersDies() { killed_node worker-node 1; }
NodeOfTheSchedulerDies() { killed_node scheduler-node 0; }
