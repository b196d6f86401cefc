#!/usr/bin/env bash
#
# task.sh PROGRAM LIST DATA MPI MINUTES - one task of a job array: the run in line SLURM_ARRAY_TASK_ID of
# LIST. MPI is the way in which srun starts the processes, as of `srun --mpi=list`; MINUTES lie between
# two checkpoints at most.
#
# Before the time limit Slurm sends SIGTERM to the step (not to this shell); the program finishes its
# training step, writes a checkpoint and ends with status 4, and the task goes back into the queue, to
# go on from there. `scancel` ends this shell, too, so that a cancelled task does not come back. Any
# other failure leaves the queue; the next `make submit` takes the run up again from its checkpoint.
#
set -u
program=$1 list=$2 data=$3 mpi=$4 minutes=$5
IFS=$'\t' read -r seed experiment < <(sed -n "${SLURM_ARRAY_TASK_ID}p" "$list") || {
    echo "task.sh: $list has no line $SLURM_ARRAY_TASK_ID" >&2
    exit 1
}
echo "$(date -u +%FT%TZ) $experiment, seed $seed, on $(hostname)," \
    "$SLURM_NTASKS x $SLURM_CPUS_PER_TASK CPUs, restarts ${SLURM_RESTART_COUNT:-0}"
log=results/${experiment#experiments/}
log=${log%.ini}/seed-$seed.tsv
# Since 22.05 srun does not take over the CPUs of a task by itself. When one rank has ended, the others
# get time to follow, then they are killed; when one is killed, PMIx ends all.
#
# A node that has lost all that ran on it keeps what PMIx had made for each step: a socket, a folder. There
# they are in the way of the restarted job's step of the same number: it does not start, and srun ends
# with status 0. The next step has another number.
for ((step = 0; step <= ${SLURM_RESTART_COUNT:-0}; step++)); do
    srun --ntasks="$SLURM_NTASKS" --cpus-per-task="$SLURM_CPUS_PER_TASK" --mpi="$mpi" --wait=300 \
        "$program" train "$experiment" --seed "$seed" --threads "$SLURM_CPUS_PER_TASK" --data "$data" \
        --checkpoint-minutes "$minutes"
    status=$?
    if [ $status != 0 ] || [ -e "$log" ]; then
        break
    fi
    echo "task.sh: step $step has not started: there is no $log" >&2
    status=1
done
# The last task of an array has the array's own number as its SLURM_JOB_ID, by which Slurm would requeue
# every task of the array, running and finished ones, too.
if [ $status = 4 ]; then
    job=$SLURM_JOB_ID
    [ -z "${SLURM_ARRAY_JOB_ID:-}" ] || job=${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID
    scontrol requeue "$job"
fi
exit $status
