#!/usr/bin/env bash
#
# task.sh PROGRAM LIST DATA - one task of a job array: the run in line SLURM_ARRAY_TASK_ID of LIST.
#
# Before the time limit Slurm sends SIGTERM to the step (not to this shell); the program finishes its
# training step, writes a checkpoint and ends with status 4, and the task goes back into the queue, to
# go on from there. `scancel` ends this shell, too, so that a cancelled task does not come back. Any
# other failure leaves the queue; the next `make submit` takes the run up again from its checkpoint.
#
set -u
program=$1 list=$2 data=$3
IFS=$'\t' read -r seed experiment < <(sed -n "${SLURM_ARRAY_TASK_ID}p" "$list") || {
    echo "task.sh: $list has no line $SLURM_ARRAY_TASK_ID" >&2
    exit 1
}
echo "$(date -u +%FT%TZ) $experiment, seed $seed, on $(hostname)," \
    "$SLURM_NTASKS x $SLURM_CPUS_PER_TASK CPUs, restarts ${SLURM_RESTART_COUNT:-0}"
# Since 22.05 srun does not take over the CPUs of a task by itself. When one rank has ended, the others
# get time to follow, then they are killed.
srun --ntasks="$SLURM_NTASKS" --cpus-per-task="$SLURM_CPUS_PER_TASK" --wait=300 \
    "$program" train "$experiment" --seed "$seed" --threads "$SLURM_CPUS_PER_TASK" --data "$data"
status=$?
if [ $status = 4 ]; then
    scontrol requeue "$SLURM_JOB_ID"
fi
exit $status
