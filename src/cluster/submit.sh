#!/usr/bin/env bash
#
# submit.sh PROGRAM FOLDER - submit every run that `make status` calls missing to Slurm.
#
# FOLDER holds the lists of tasks (slurm_queue.h), the output of the tasks, and a copy of the program,
# so that a later build does not change what a queued task runs. The knobs are environment variables,
# which the Makefile explains: EXP SCALE DATA CPUS RANKS SAFETY HOURS AT_ONCE AFTER CHECKPOINT_MINUTES
# SBATCH_OPTIONS DRY_RUN.
#
# With DRY_RUN it prints the commands, quoted for a shell, and submits nothing. If Slurm does not answer
# then, the queue counts as empty.
#
set -euo pipefail
program=$1 folder=$2

die() {
    echo "make submit: $*" >&2
    exit 1
}

# The last job starts a make of its own, which must not inherit the settings of this one.
unset MAKEFLAGS MFLAGS MAKELEVEL
# Processes of Open MPI need PMIx, even a single one, whatever Slurm's default is.
mpi=none
if ldd "$program" | grep libmpi > /dev/null; then
    mpi=${SLURM_MPI_TYPE:-pmix}
elif [ "$RANKS" != 1 ]; then
    die "RANKS=$RANKS needs a program with MPI: make submit MPI=1 RANKS=$RANKS ..."
fi
mkdir -p "$folder/output"
exec 9> "$folder/.submit.lock"
flock -n 9 || die "another make submit is running here; wait until it ends"
# Read the queue first, then the logs: a run that ends in between is found in one of the two.
if [ -n "$DRY_RUN" ]; then
    src/cluster/queue.sh "$folder" > "$folder/queue" 2> /dev/null ||
        echo "# Slurm does not answer; the queue counts as empty"
else
    command -v sbatch > /dev/null ||
        die "sbatch is not installed here; use a login node of a cluster, or DRY_RUN=1"
    [ "$mpi" = none ] || srun --mpi=list 2>&1 | grep -w "$mpi" > /dev/null ||
        die "this Slurm cannot start MPI processes by $mpi; export SLURM_MPI_TYPE with a name from" \
            "\`srun --mpi=list\` that Open MPI supports, or build without MPI"
    src/cluster/queue.sh "$folder" > "$folder/queue" ||
        die "Slurm does not answer, so the queue is unknown; try again later"
fi
tasks=$( (scontrol show config 2> /dev/null || true) | sed -n 's/^MaxArraySize *= *//p')
arrays=$("$program" arrays ${EXP:+"$EXP"} ${SCALE:+--scale "$SCALE"} --queue "$folder/queue" \
    --out "$folder" --threads "$CPUS" --ranks "$RANKS" --safety "$SAFETY" --hours "$HOURS" \
    --tasks $((${tasks:-1001} - 1)))
if [ -z "$arrays" ]; then
    echo "nothing to submit: all runs are present, queued or running"
    exit 0
fi

pinned=$folder/program-$(sha256sum "$program" | cut -c 1-16)
if [ ! -e "$pinned" ]; then
    cp "$program" "$pinned.tmp"
    mv "$pinned.tmp" "$pinned"
fi

# Print the number of the job. With DRY_RUN, print the word JOB, and the command to the script's output.
submit() {
    if [ -n "$DRY_RUN" ]; then
        { printf 'sbatch'; printf ' %q' "$@"; echo; } >&3
        echo JOB
    else
        sbatch --parsable "$@" | cut -d ';' -f 1
    fi
}

exec 3>&1
jobs=
while read -r name count minutes lead mib hours network; do
    # SBATCH_OPTIONS is a list of words: sbatch's own variables do not cover all options.
    # shellcheck disable=SC2086
    job=$(submit --job-name="$name" --array="1-$count${AT_ONCE:+%$AT_ONCE}" --time="$minutes" \
        --signal="TERM@$lead" --requeue --ntasks="$RANKS" --cpus-per-task="$CPUS" \
        --mem-per-cpu="${mib}M" --open-mode=append --output="$folder/output/%x-%a.txt" \
        --chdir="$PWD" $SBATCH_OPTIONS \
        src/cluster/task.sh "$pinned" "$folder/$name.list" "$DATA" "$mpi" "$CHECKPOINT_MINUTES")
    jobs+=:$job
    echo "# $network: $count runs, $hours core-hours predicted, time limit $minutes minutes, job $job"
done <<< "$arrays"

# Last jobs write the same files, so only one runs at a time.
if [ -n "$AFTER" ]; then
    # shellcheck disable=SC2086
    job=$(submit --job-name=kdecay-after --dependency="afterany$jobs,singleton" --time=60 \
        --open-mode=append --output="$folder/output/%x.txt" --chdir="$PWD" $SBATCH_OPTIONS \
        --wrap "make $AFTER")
    echo "# then make $AFTER: job $job"
fi
