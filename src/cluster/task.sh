#!/usr/bin/env bash
#
# task.sh PROGRAM LIST DATA MPI MINUTES - one task of a job array: train the run in line
# SLURM_ARRAY_TASK_ID of LIST. MPI is the name by which srun starts the processes (`srun --mpi=list`).
# A checkpoint is written at least every MINUTES.
#
# Before the time limit, Slurm sends SIGTERM to the step (not to this shell). The program finishes its
# training step, writes a checkpoint and ends with status 4; the task goes back into the queue and
# resumes from the checkpoint. `scancel` also ends this shell, so a cancelled task does not come back.
# After any other failure the task leaves the queue; the next `make submit` resumes the run.
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
# Since Slurm 22.05, srun does not inherit the CPUs of a task by itself. When one rank has ended, srun
# gives the others time to end (--wait), then kills them. When one rank is killed, PMIx ends all.
#
# A node whose processes were all killed keeps the socket and the folder that PMIx made for each step.
# They block the step of the same number after a restart: the step does not start, and srun ends with
# status 0. So try again: the next step has another number.
for ((step = 0; step <= ${SLURM_RESTART_COUNT:-0}; step++)); do
    srun --ntasks="$SLURM_NTASKS" --cpus-per-task="$SLURM_CPUS_PER_TASK" --mpi="$mpi" --wait=300 \
        "$program" train "$experiment" --seed "$seed" --threads "$SLURM_CPUS_PER_TASK" --data "$data" \
        --checkpoint-minutes "$minutes"
    status=$?
    if [ $status != 0 ] || [ -e "$log" ]; then
        break
    fi
    echo "task.sh: step $step did not start: $log does not exist" >&2
    status=1
done
# The SLURM_JOB_ID of an array's last task is the number of the whole array; requeueing that number would
# requeue every task, running and finished ones included.
if [ $status = 4 ]; then
    job=$SLURM_JOB_ID
    [ -z "${SLURM_ARRAY_JOB_ID:-}" ] || job=${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID
    scontrol requeue "$job"
fi
exit $status
