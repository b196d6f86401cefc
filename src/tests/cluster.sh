#!/usr/bin/env bash
#
# cluster.sh KDECAY FOLDER - a campaign of smoke runs in a Slurm of one node, started here for it.
#
# munged, slurmctld and slurmd have keys, sockets, ports, state and logs of their own below FOLDER, and
# leave the machine's own alone. A task is killed, one is stopped by its time limit, and the node loses
# slurmd with all that it runs; then every log must be there, once, with the digests of the same run
# made by hand in one process. Then one task of three that run is stopped by its limit, and the others
# must go on. With a KDECAY that was built with MPI every task has two ranks. Needs root and Slurm's
# packages. Ends with "N passed, N failed", status 1 if any failed.
#
set -u
. "$(dirname "$0")/verdict.sh"
if [ "$(id -u)" != 0 ]; then
    echo "cluster.sh: needs root, since slurmd does" >&2
    exit 1
fi
kdecay=$(realpath "$1")
rm -rf "$2"
mkdir -p "$2"
folder=$(realpath "$2")
project="$folder/a project's copy" # a name that must be quoted
by_hand=$folder/by-hand

# ---- The cluster -----------------------------------------------------------------------------

# Whatever this Slurm has started, by the variable that all of it inherits; not this shell, whose
# environment was given before.
processes() {
    grep -lzxF "SLURM_CONF=$folder/slurm.conf" /proc/[0-9]*/environ 2> /dev/null | cut -d / -f 3 |
        grep -vx $$
}

daemon() { # daemon NAME: its number
    cat "$folder/$1.pid" 2> /dev/null
}

clean_up() {
    local pid
    for pid in $(daemon slurmctld) $(daemon slurmd) $(daemon munged); do
        kill "$pid" 2> /dev/null
    done
    sleep 1
    for pid in $(processes); do
        kill -9 "$pid" 2> /dev/null
    done
}
trap clean_up EXIT
trap 'exit 1' INT TERM

give_up() {
    echo "cluster.sh: $*; see $folder/*.log" >&2
    exit 1
}

wait_for() { # wait_for SECONDS COMMAND...: until the command succeeds
    local end=$((SECONDS + $1))
    shift
    until "$@" > /dev/null 2>&1; do
        [ $SECONDS -lt $end ] || return 1
        sleep 0.3
    done
}

port=$((20000 + $$ % 20000))
ranks=1
if ldd "$kdecay" | grep libmpi > /dev/null; then
    ranks=2
    export OMPI_MCA_mpi_yield_when_idle=1 # more ranks than cores: who waits must not spin
fi
mkdir "$folder/state" "$folder/spool" "$folder/tmp"
cat > "$folder/slurm.conf" << END
ClusterName=kdecay
SlurmctldHost=$(hostname -s)(127.0.0.1)
SlurmctldPort=$port
SlurmdPort=$((port + 1))
SlurmUser=root
AuthInfo=socket=$folder/munge.socket,cred_expire=5
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
TmpFS=$folder/tmp
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
ReturnToService=2
KillWait=5
MaxArraySize=5
NodeName=$(hostname -s) NodeAddr=127.0.0.1 CPUs=$((3 * ranks)) RealMemory=1024 State=UNKNOWN
PartitionName=two-tasks Nodes=ALL Default=YES MaxCPUsPerNode=$((2 * ranks)) MaxTime=INFINITE State=UP
PartitionName=three-tasks Nodes=ALL MaxTime=INFINITE State=UP
END
export SLURM_CONF=$folder/slurm.conf
(umask 077 && head -c 1024 /dev/urandom > "$folder/munge.key")
munged --force --key-file="$folder/munge.key" --socket="$folder/munge.socket" \
    --pid-file="$folder/munged.pid" --log-file="$folder/munged.log" \
    --seed-file="$folder/munged.seed" 2> /dev/null || give_up "munged does not start"
slurmctld -c || give_up "slurmctld does not start"
slurmd || give_up "slurmd does not start"
idle() {
    sinfo --noheader --format %T | grep -qx idle
}
wait_for 30 idle || give_up "the node is not idle: $(sinfo --noheader --format '%T %E')"

# ---- The project and its runs ----------------------------------------------------------------

mkdir -p "$project/build"
git ls-files -z --cached --others --exclude-standard | tar -c --null -T - | tar -x -C "$project"
cp "$kdecay" "$project/build/kdecay"
cd "$project" || exit 1
rm -rf results/smoke experiments/smoke/preact-8-bf16 # bf16: not on every CPU
long=(killed crash limit)
declare -A epochs=([killed]=10 [crash]=25 [limit]=120) # long enough to be broken in

experiment() { # experiment RUN EPOCHS
    mkdir -p "experiments/smoke/$1"
    printf 'include = ../../families/%s.ini\n' preact-8-smoke schedule-polynomial \
        > "experiments/smoke/$1/poly-k2.0.ini"
    printf '[training]\nepochs = %s\n' "$2" >> "experiments/smoke/$1/poly-k2.0.ini"
}
for name in "${long[@]}"; do
    experiment "$name" "${epochs[$name]}"
done

run_make() {
    make -s -o build/kdecay "$@" 2>&1
}

submit() { # submit [KNOB=VALUE]...: the smoke campaign
    run_make submit SCALE=smoke CPUS=1 RANKS=$ranks AFTER='-o build/kdecay tables' "$@"
}

log() { # log RUN: its path
    echo "results/smoke/$1/poly-k2.0/seed-1.tsv"
}

job() { # job RUN: its task, as 7_3
    local list
    list=$(grep -l "smoke/$1/poly-k2.0.ini" build/slurm/*.list)
    squeue --noheader --array --format '%F_%K %K %j' | awk -v name="$(basename "$list" .list)" \
        -v task="$(grep -n "smoke/$1/poly-k2.0.ini" "$list" | cut -d : -f 1)" \
        '$2 == task && $3 == name {print $1}'
}

state() { # state RUN: of its task, as PENDING
    squeue --noheader --array --jobs "$(job "$1")" --format %T
}

has_state() {
    [ "$(state "$1")" = "$2" ]
}

rows() { # rows RUN: epochs in its log so far
    grep -c '^[0-9]' "$(log "$1").part" 2> /dev/null
}

has_rows() { # has_rows RUN N: N epochs or more
    [ "$(rows "$1")" -ge "$2" ]
}

is_left() { # is_left RUN: neither queued nor running
    [ -z "$(job "$1")" ]
}

empty() {
    [ -z "$(squeue --noheader)" ]
}

programs_of() { # programs_of RUN: the processes that train it
    pgrep -f "^[^ ]*/?program-[0-9a-f]* train experiments/smoke/$1/"
}

# ---- The campaign ----------------------------------------------------------------------------

run_make submit-dry-run SCALE=smoke CPUS=1 RANKS=$ranks > "$folder/dry"
verdict "a dry run shows three arrays and submits nothing" \
    "$([ "$(grep -c '^sbatch .*task.sh' "$folder/dry")" -ge 3 ] && empty || cat "$folder/dry")"

said=$(submit)
wanted=$(find experiments/smoke -name '*.ini' | wc -l)
tasks=$(squeue --noheader --array --format %j | grep -cE '^kdecay-[0-9a-f]{16}$')
verdict "every missing run is a task, in arrays that MaxArraySize allows" \
    "$([ "$tasks" = "$wanted" ] || echo "$tasks tasks for $wanted runs: $said")"
said=$(submit)
verdict "a second submission queues nothing" \
    "$([[ $said == "nothing to submit"* ]] || echo "$said")"
shown=$(run_make status | awk '$1 == "total" && $2 == "smoke" {print $6 + $7, $8}')
verdict "status shows them as queued or running, none as missing" \
    "$([ "$shown" = "$wanted 0" ] || echo "expected $wanted 0, found $shown")"

# 1. A task is killed, of its ranks the last: it leaves the queue, and nothing but a new submission brings it back.
wait_for 120 has_rows killed 2
kill -9 "$(programs_of killed | tail -n 1)"
wait_for 30 is_left killed
shown=$(run_make status | awk '$1 == "smoke/killed/poly-k2.0" {print $5, $7}')
verdict "a killed task is out of the queue" "$([ "$shown" = "0 0" ] || echo "status: $shown")"
said=$(submit)
verdict "only it is submitted again" \
    "$([ "$(grep -c '^# .* runs' <<< "$said")" = 1 ] && grep -q ': 1 runs' <<< "$said" || echo "$said")"

# 2. The node loses all that it runs.
wait_for 120 has_rows crash 3
# At once, so that nobody tells Slurm of another's end; also what slurmd was just starting. Children die
# first: a stopped srun whose parent dies is woken, and cancels its step, the restarted job's then.
lose_all() {
    local pid pids=
    for pid in $(ps -o pid= --sort=-start_time -p "$(processes | paste -sd ,)"); do
        case $(cat "/proc/$pid/comm" 2> /dev/null) in
        slurmctld | munged | '') ;;
        *) kill -STOP "$pid" && pids+=" $pid" ;;
        esac
    done
    # shellcheck disable=SC2086
    [ -z "$pids" ] || { kill -9 $pids; return 1; }
}
wait_for 20 lose_all
verdict "the node has lost all that it ran" \
    "$(programs_of crash > /dev/null && echo "a process goes on")"
sleep 22 # Slurm misses only jobs that began before BatchStartTimeout and MessageTimeout, 10 s each
slurmd -b || give_up "slurmd does not start again"

# 3. The time limit comes near.
wait_for 300 has_state limit RUNNING
wait_for 300 has_rows limit $(($(rows limit) + 2)) # going on: before, SIGTERM kills
number=$(job limit)
scontrol update "JobId=$number" TimeLimit=1
wait_for 90 has_state limit PENDING
verdict "a task that is stopped before its limit goes back into the queue" \
    "$(has_state limit PENDING || echo "state $(state limit)")"
scontrol update "JobId=$number" TimeLimit=10

wait_for 900 empty
verdict "the queue becomes empty" "$(empty || squeue --noheader --array)"

# ---- The logs --------------------------------------------------------------------------------

digests() { # digests LOG: of weights and of all columns that do not tell the time
    sed -n 's/^# \(state\|run\)-sha256: //p' "$1" 2> /dev/null
}

for experiment in $(find experiments/smoke -name '*.ini' | sort); do
    run=${experiment#experiments/}
    run=${run%.ini}
    "$kdecay" train "$experiment" --seed 1 --threads 1 --results "$by_hand/results" \
        --checkpoints "$by_hand/checkpoints" 2> "$folder/by-hand.log" || cat "$folder/by-hand.log"
    expected=$(digests "$by_hand/results/$run/seed-1.tsv")
    found=$(digests "results/$run/seed-1.tsv")
    verdict "$run: the digests of the run made by hand" \
        "$([ -n "$expected" ] && [ "$expected" = "$found" ] || echo "found ${found:-none}")"
done
for name in "${long[@]}"; do
    verdict "the run \"$name\" went on from its checkpoint" \
        "$(grep -q '^# resumed: ' "$(log $name)" || echo "its log tells of no stop")"
done
if [ $ranks != 1 ]; then
    verdict "every log tells of two ranks, after a stop, too" \
        "$(find results/smoke -name '*.tsv' -exec grep -L '^# ranks: 2$' {} +
           grep -rh '^# resumed: ' results/smoke | grep -v ', ranks 2, ')"
fi
verdict "no log is left half, none was made twice" \
    "$(find results/smoke -type f | sort | grep -v '/seed-1\.tsv$'
       [ "$(find results/smoke -name '*.tsv' | wc -l)" = "$wanted" ] || echo "other than $wanted logs")"
verdict "the last job made the tables" \
    "$(grep -q smoke/crash build/tables/runs.txt 2> /dev/null || cat build/slurm/output/kdecay-after.txt)"
said=$(run_make collect "FROM=$by_hand/results")
verdict "the runs made by hand agree when they are collected" \
    "$(grep -qx "0 copied, 0 known, $wanted agree, 0 refused" <<< "$said" || echo "$said")"

# ---- One task of an array ----------------------------------------------------------------------

of_job() { # of_job TASK FIELD: as Restarts
    scontrol --oneliner show job "$1" | grep -o "\<$2=[^ ]*" | cut -d = -f 2
}

# Three run, and one comes near its limit. The last one has the array's own number.
for stopped in 1 3; do
    for task in 1 2 3; do
        experiment "task-$task" 1000 # more than there is time for
    done
    said=$(submit AFTER= SBATCH_OPTIONS=--partition=three-tasks)
    for task in 1 2 3; do
        wait_for 120 has_rows "task-$task" 2 || echo "task $task does not run: $said"
    done
    number=$(job "task-$stopped")
    array=${number%_*}
    [ $stopped = 1 ] || verdict "the last task of an array has the array's own number" \
        "$([ "$(of_job "$number" JobId)" = "$array" ] || of_job "$number" JobId)"
    scontrol update "JobId=$number" TimeLimit=1
    wait_for 90 has_state "task-$stopped" PENDING
    sleep 2 # for what else goes back
    expected='' found=''
    for task in 1 2 3; do
        expected+="$([ $task = $stopped ] && echo PENDING 1 || echo RUNNING 0), "
        found+="$(of_job "${array}_$task" JobState) $(of_job "${array}_$task" Restarts), "
    done
    verdict "task $stopped of 3, stopped before its limit, goes back alone" \
        "$([ "$expected" = "$found" ] || echo "state and restarts: expected $expected found $found")"
    scancel "$array"
    wait_for 60 empty || give_up "the array does not end: $(squeue --noheader --array)"
    rm -r experiments/smoke/task-* results/smoke/task-*
done

echo "$passed passed, $failed failed"
[ $failed = 0 ]
