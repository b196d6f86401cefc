#!/usr/bin/env bash
#
# submit.sh PROGRAM FOLDER - everything that `make status` calls missing, into Slurm's queue.
#
# FOLDER keeps the lists of tasks (slurm_queue.h), a copy of the program, so that no build changes what
# a queued task runs, and what the tasks print. Knobs come through the environment; the Makefile names
# and explains them: EXP SCALE DATA CPUS RANKS SAFETY HOURS AT_ONCE AFTER CHECKPOINT_MINUTES SBATCH_OPTIONS
# DRY_RUN.
#
# With DRY_RUN the commands are printed, as a shell would read them, and nothing is submitted; where
# Slurm does not answer its queue is taken as empty then.
#
set -euo pipefail
program=$1 folder=$2

die() {
    echo "make submit: $*" >&2
    exit 1
}

# What a job would take from this make is no concern of the make that the last job starts.
unset MAKEFLAGS MFLAGS MAKELEVEL
# Open MPI's processes, a single one too, want PMIx, whatever Slurm's default is.
mpi=none
if ldd "$program" | grep libmpi > /dev/null; then
    mpi=${SLURM_MPI_TYPE:-pmix}
elif [ "$RANKS" != 1 ]; then
    die "RANKS=$RANKS needs a program with MPI: make submit MPI=1 RANKS=$RANKS ..."
fi
mkdir -p "$folder/output"
exec 9> "$folder/.submit.lock"
flock -n 9 || die "another one is at work here; wait for its end"
# First the queue, then the logs: a run that ends in between is in the one or in the other.
if [ -n "$DRY_RUN" ]; then
    src/cluster/queue.sh "$folder" > "$folder/queue" 2> /dev/null ||
        echo "# Slurm does not answer: as if nothing were queued"
else
    command -v sbatch > /dev/null ||
        die "there is no sbatch here; go to a login node of a cluster, or see DRY_RUN=1"
    [ "$mpi" = none ] || srun --mpi=list 2>&1 | grep -w "$mpi" > /dev/null ||
        die "this Slurm cannot start MPI processes by $mpi: export SLURM_MPI_TYPE as one of" \
            "\`srun --mpi=list\` that Open MPI knows, or build without MPI"
    src/cluster/queue.sh "$folder" > "$folder/queue" ||
        die "Slurm does not answer, and what is queued already is unknown; try again later"
fi
tasks=$( (scontrol show config 2> /dev/null || true) | sed -n 's/^MaxArraySize *= *//p')
campaign=$("$program" campaign ${EXP:+"$EXP"} ${SCALE:+--scale "$SCALE"} --queue "$folder/queue" \
    --out "$folder" --threads "$CPUS" --ranks "$RANKS" --safety "$SAFETY" --hours "$HOURS" \
    --tasks $((${tasks:-1001} - 1)))
if [ -z "$campaign" ]; then
    echo "nothing to submit: all runs are present, queued or running"
    exit 0
fi

pinned=$folder/program-$(sha256sum "$program" | cut -c 1-16)
if [ ! -e "$pinned" ]; then
    cp "$program" "$pinned.tmp"
    mv "$pinned.tmp" "$pinned"
fi

# Prints the job's number; with DRY_RUN the word JOB, and the command to the script's own output.
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
    # a list of words, as sbatch's own SBATCH_... variables cannot hold all options
    # shellcheck disable=SC2086
    job=$(submit --job-name="$name" --array="1-$count${AT_ONCE:+%$AT_ONCE}" --time="$minutes" \
        --signal="TERM@$lead" --requeue --ntasks="$RANKS" --cpus-per-task="$CPUS" \
        --mem-per-cpu="${mib}M" --open-mode=append --output="$folder/output/%x-%a.txt" \
        --chdir="$PWD" $SBATCH_OPTIONS \
        src/cluster/task.sh "$pinned" "$folder/$name.list" "$DATA" "$mpi" "$CHECKPOINT_MINUTES")
    jobs+=:$job
    echo "# $network: $count runs, $hours core-hours predicted, at most $minutes minutes at a time, job $job"
done <<< "$campaign"

# One at a time, as they write the same files; `make` waits for nothing else.
if [ -n "$AFTER" ]; then
    # shellcheck disable=SC2086
    job=$(submit --job-name=kdecay-after --dependency="afterany$jobs,singleton" --time=60 \
        --open-mode=append --output="$folder/output/%x.txt" --chdir="$PWD" $SBATCH_OPTIONS \
        --wrap "make $AFTER")
    echo "# then make $AFTER: job $job"
fi
