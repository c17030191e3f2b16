#!/usr/bin/env bash
# A private SLURM cluster of eight nodes (4 CPUs, 2 pretended GPUs each) on this one host, for tests. Needs root; no systemd, no cgroups.
# Four are in the partition debug, the default; the others in frail, whose jobs those of urgent preempt.
# Usage: local_cluster.sh ROOT start PORT [CPUS] | stop | kill-node N | start-node N      ROOT: an own directory with a short name, for sockets lie in it
# Every slurmd has a hostname of its own (a UTS namespace), else Open MPI's shared-memory files of different nodes collide.
set -euo pipefail
root=$1 command=$2 argument=${3:-}
nodes=8 cpus=${4:-4} gpus=2
host=$(hostname -s)
export SLURM_CONF=$root/slurm.conf

write_configuration() { # first port
  cat >"$SLURM_CONF" <<END
ClusterName=local
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$1
AuthType=auth/munge
CredType=cred/munge
# A requeued job waits until its old credential has expired: 2 minutes by default.
AuthInfo=socket=$root/munge/socket,cred_expire=5
SlurmUser=root
SlurmdUser=root
StateSaveLocation=$root/state
SlurmdSpoolDir=$root/spool/%n
# Without a directory a node, mpi/pmix fails on the second one.
TmpFS=$root/tmp/%n
SlurmctldPidFile=$root/pid/slurmctld
SlurmdPidFile=$root/pid/slurmd.%n
SlurmctldLogFile=$root/log/slurmctld.log
SlurmdLogFile=$root/log/slurmd.%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
MpiDefault=pmix
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=2,bf_interval=2,sched_min_interval=0,batch_sched_delay=0
SlurmdParameters=config_overrides
ReturnToService=2
SlurmdTimeout=10
InactiveLimit=0
KillWait=5
OverTimeLimit=0
JobRequeue=1
DependencyParameters=kill_invalid_depend
MailProg=/bin/true
GresTypes=gpu
PropagateResourceLimits=NONE
END
  local i
  for ((i = 1; i <= nodes; ++i)); do
    echo "NodeName=n$i NodeHostname=$host NodeAddr=127.0.0.1 Port=$(($1 + i)) CPUs=$cpus Boards=1 SocketsPerBoard=1 CoresPerSocket=$cpus" \
      "ThreadsPerCore=1 RealMemory=$((1024 * cpus)) Gres=gpu:$gpus State=UNKNOWN"
  done >>"$SLURM_CONF"
  cat >>"$SLURM_CONF" <<END
PartitionName=debug Nodes=n[1-4] Default=YES MaxTime=INFINITE DefaultTime=10 State=UP OverSubscribe=NO
PartitionName=frail Nodes=n[5-8] MaxTime=INFINITE DefaultTime=10 State=UP OverSubscribe=NO
PartitionName=urgent Nodes=n[5-8] MaxTime=INFINITE DefaultTime=10 State=UP OverSubscribe=NO PriorityTier=10
END
  # Only a GPU with a device file is one to SLURM 22.05.
  for ((i = 0; i < gpus; ++i)); do mknod "$root/gpu$i" c 1 3; done
  echo "NodeName=n[1-$nodes] Name=gpu File=$root/gpu[0-$((gpus - 1))]" >"$root/gres.conf"
}

start_node() { # node
  mkdir -p "$root/spool/$1" "$root/tmp/$1"
  unshare --uts -- sh -c "hostname $1 && exec slurmd -N $1 -f '$SLURM_CONF'"
}

await_nodes() { # which, how many
  local i
  for ((i = 0; i < 300; ++i)); do
    if (($(timeout 5 sinfo --noheader --nodes="$1" --Node --responding --states=idle,alloc,mixed --format=%N 2>/dev/null | sort -u | wc -l) == $2)); then
      return
    fi
    sleep 0.1
  done
  echo "not up after 30 s: $1" >&2
  timeout 5 sinfo >&2
  tail -n 5 "$root"/log/*.log >&2
  return 1
}

start() { # first port
  mkdir -p "$root"/{log,pid,state,spool,tmp,munge}
  chmod 755 "$root"
  chmod 711 "$root/munge"
  (umask 077 && head -c 1024 /dev/urandom >"$root/munge/key")
  munged --force --key-file="$root/munge/key" --socket="$root/munge/socket" --pid-file="$root/pid/munged" \
    --log-file="$root/log/munged.log" --seed-file="$root/munge/seed"
  write_configuration "$1"
  slurmctld -c -f "$SLURM_CONF"
  local i
  for ((i = 1; i <= nodes; ++i)); do start_node "n$i"; done
  await_nodes "n[1-$nodes]" "$nodes"
}

# A zombie is not alive, although signals reach it.
is_alive() {
  case $(sed -n 's/^State:\t\(.\).*/\1/p' "/proc/$1/status" 2>/dev/null) in '' | Z | X) return 1 ;; esac
}

# All processes of a node: those with its hostname, that is in the UTS namespace of its slurmd (its step daemons and tasks among them).
node_processes() { # node
  local namespace
  namespace=$(readlink "/proc/$(<"$root/pid/slurmd.$1")/ns/uts" 2>/dev/null) || return 0
  [[ $namespace != "$(readlink /proc/self/ns/uts)" ]] || return 0 # slurmd is gone, and its number is somebody else's on this host
  find /proc/[0-9]*/ns/uts -lname "uts:\\[${namespace//[!0-9]/}\\]" 2>/dev/null | cut --delimiter=/ --fields=3
}

# Without a word: nobody may see another one die and report it, so all are stopped before any is killed. slurmd goes last, for it leads to the others.
kill_node() { # node
  local round pids
  for round in 1 2 3; do
    mapfile -t pids < <(node_processes "$1")
    ((${#pids[@]} > 0)) || return 0
    kill -STOP "${pids[@]}" 2>/dev/null || true
    if ((round > 1)); then kill -KILL "${pids[@]}" 2>/dev/null || true; fi # twice: what was started meanwhile
  done
}

stop() {
  local file pid i
  for ((i = 1; i <= nodes; ++i)); do
    if [[ -s $root/pid/slurmd.n$i ]]; then kill_node "n$i"; fi
  done
  for file in "$root/pid/slurmctld" "$root/pid/munged"; do
    [[ -s $file ]] || continue
    pid=$(<"$file")
    kill -TERM "$pid" 2>/dev/null || continue
    for ((i = 0; i < 100; ++i)); do
      is_alive "$pid" || break
      sleep 0.05
    done
    if is_alive "$pid"; then kill -KILL "$pid" 2>/dev/null || true; fi
  done
}

case $command in
  start) start "$argument" ;;
  stop) stop ;;
  kill-node) kill_node "$argument" ;;
  start-node) start_node "$argument" && await_nodes "$argument" 1 ;;
  *) echo "what is $command?" >&2; exit 2 ;;
esac
