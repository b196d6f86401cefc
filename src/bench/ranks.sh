#!/bin/bash
# ranks.sh - measure training on 1, 2 and 4 MPI ranks and, for the model of src/report/scaling.h, what a rank
# of up to 64 computes. Writes the table that src/report/benchmarks.h describes to standard output, what
# happens to standard error.
#
#     ranks.sh PROGRAM FOLDER STEPS COMMAND EXPERIMENT...
#
# The program trains each experiment's network on synthetic images; logs go below FOLDER, which is
# emptied. A rate is the median of STEPS epochs after a first one; an epoch is a minibatch, of a part of
# it two. `$MPIRUN -n N` starts N ranks; where it is empty, one rank alone is measured. COMMAND is what
# the table says that it was made by.
set -eu
program=$1 folder=$2 steps=$3 command=$4
shift 4
cpus=$(nproc)
rm -rf "$folder" && mkdir -p "$folder"

# log_of EXPERIMENT RANKS NAME [SECTION.KEY=VALUE]...: train; prints the path of the log
log_of() {
    local experiment=$1 ranks=$2 name=$3 launch=
    shift 3
    [ "$ranks" -eq 1 ] || launch="$MPIRUN -n $ranks"
    $launch "$program" train "$experiment" --seed 1 --threads 1 --results "$folder/$name" \
        --checkpoints "$folder/$name" --set run.scale=smoke --set data.set=made-up \
        --set data.test_pictures=1 --set training.epochs=$((steps + 1)) --set schedule.lr=1e-3 \
        "${@/#/--set=}" > "$folder/said.txt" 2>&1 < /dev/null || { cat "$folder/said.txt" >&2; return 1; }
    find "$folder/$name" -name seed-1.tsv
}

# row EXPERIMENT RANKS SHARDS BATCH STEPS-AN-EPOCH
row() {
    local arm=${1#experiments/} cores=$(($2 < cpus ? $2 : cpus)) log rate
    arm=${arm%.ini}
    log=$(log_of "$1" "$2" "$arm/$2-$3-$4" training.shards=$3 training.batch=$4 \
        data.train_pictures=$(($4 * $5)))
    rate=$(grep -v '^#' "$log" | tail -n +3 | awk -F '\t' '{print $NF}' | sort -g |
        awk '{rate[NR] = $1} END {print (rate[int((NR + 1) / 2)] + rate[int(NR / 2) + 1]) / 2}')
    printf '%s\t%d\t1\t%d\t%d\t%d\t%s\n' "$arm" "$2" "$cores" "$3" "$4" "$rate"
    echo "$arm, ranks $2, shards $3, batch $4: $rate images/s" >&2
}

echo "# kdecay benchmark: training on synthetic images, see src/report/benchmarks.h"
echo "# machine: $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $cpus CPUs"
echo "# program: $("$program" version | head -n 1)"
echo "# compiler: $("$program" version | tail -n 1)"
echo "# date: $(date -u +%Y-%m-%dT%H:%M:%SZ)"
echo "# command: $command"
printf 'experiment\tranks\tthreads\tcores\tshards\tbatch\timages_per_s\n'
for experiment; do
    read -r batch shards < <("$program" describe "$experiment" --ranks 1 --latency 1 --bandwidth 1 \
        --images-per-second 1 | sed -n 's/^A step of \([0-9]*\) images in \([0-9]*\) shards.*/\1 \2/p')
    row "$experiment" 1 "$shards" "$batch" 1
    for ranks in 2 4; do
        [ -z "$MPIRUN" ] || row "$experiment" "$ranks" "$shards" "$batch" 1
    done
    images=$((batch / shards))
    row "$experiment" 1 4 $((4 * images)) 1
    for ((; images >= 1 && batch / images <= 64; images /= 2)); do
        row "$experiment" 1 1 "$images" 2
    done
done
