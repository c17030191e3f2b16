#!/usr/bin/env bash
# Whole sweeps under mpirun that lose a process or meet a slow disk, with the waits that users have: the job ends within 10 s of the death or
# the stop of what it cannot do without, and a sync of 60 s ends nothing. Takes some three minutes; tests/scheduler/mpi/waiting_test.cpp
# has the same and more with waits of a second.
# Usage: lost_processes.sh LORASWEEP SWEEP.toml slow_sync.so        (skipped, code 77, unless LORASWEEP_LONG_TESTS is 1)
set -euo pipefail
program=$1 config=$2 slow_sync=$3
if [[ ${LORASWEEP_LONG_TESTS:-0} != 1 ]]; then
  echo "skipped: LORASWEEP_LONG_TESTS=1 runs it"
  exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
failures=0

# A sweep that lasts: rank 0 waits for its disk for some seconds in the middle, or there is much to do.
launch() { # seconds of the sync, budget of a search, directory, mpirun's options
  local sync=$1 budget=$2 out=$3
  shift 3
  exec setsid mpirun "$@" --oversubscribe --bind-to none -n 3 env LD_PRELOAD="$slow_sync" LORASWEEP_SLOW_SYNC="$sync" \
    LORASWEEP_SLOW_SYNC_AFTER=40000 "$program" run "$config" --out "$out" --set search.budget="$budget" >"$out.out" 2>"$out.err"
}
ranks() { # of the job, rank 0 first
  pgrep -s "$1" -f "$program run" | while read -r pid; do
    printf '%s %s\n' "$(tr '\0' '\n' <"/proc/$pid/environ" | sed -n 's/^OMPI_COMM_WORLD_RANK=//p')" "$pid"
  done | sort -n | awk 'NF == 2 { print $2 }'
}
await_journal() { # bytes
  while [[ ! -e $2/journal ]] || (($(stat -c %s "$2/journal") <= $1)); do sleep 0.1; done
}
check() { # what, whether
  if (($2)); then echo "ok: $1"; else echo "FAILED: $1"; failures=1; fi
}

# Whom to lose, by what signal, and with what options of mpirun.
lose() { # name, signal, victims (indices of ranks), seconds of the sync, budget, mpirun's options
  local name=$1 out=$work/$1 signal=$2 victims=$3 sync=$4 budget=$5
  shift 5
  (launch "$sync" "$budget" "$out" "$@") &
  local job=$!
  await_journal 40000 "$out"
  local all
  mapfile -t all < <(ranks "$job")
  local start=$SECONDS
  for victim in $victims; do kill -"$signal" "${all[victim]}"; done
  local code=0
  wait "$job" || code=$?
  local left=1 took
  while ((left > 0 && SECONDS - start < 10)); do # a launcher may end before the ranks have
    left=$(for pid in "${all[@]}"; do if [[ -e /proc/$pid ]]; then echo "$pid"; fi; done | wc -l)
    sleep 0.1
  done
  took=$((SECONDS - start))
  check "$name: ended after $took s with $code, $left processes left" "$((took <= 10 && left == 0))"
}

(launch 60 40 "$work/slow" --enable-recovery) || failures=1
check "a sync of 60 s ends nothing" "$([[ -e $work/slow/COMPLETE ]] && echo 1 || echo 0)"
check "and nobody is called lost" "$(grep -q 'is silent\|is lost' "$work/slow.err" && echo 0 || echo 1)"
lose rank_0_killed_with_recovery KILL 0 30 40 --enable-recovery
lose rank_0_stopped_with_recovery STOP 0 30 40 --enable-recovery
lose all_workers_killed_with_recovery KILL "1 2" 0 40000 --enable-recovery
lose all_workers_stopped_with_recovery STOP "1 2" 0 40000 --enable-recovery
lose rank_0_killed KILL 0 30 40
lose rank_0_stopped STOP 0 30 40
exit "$failures"
