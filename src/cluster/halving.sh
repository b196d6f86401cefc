#!/usr/bin/env bash
# halving.sh - successive halving over ordinary runs.
#
#     src/cluster/halving.sh DRAWS RESULTS SEED TRAIN...
#
# DRAWS is a folder of experiments: in DRAWS/eN the arms that train for N epochs, by the same names in
# each. All arms of the fewest epochs are trained, by `TRAIN FILE --seed SEED`; the better half, by the
# training loss of the last epoch (of equal ones the lower number), is trained for the next number of
# epochs, and so on. A run that diverged is the worst. Finished runs are not made again, so that the
# same command goes on after a stop. RESULTS is the folder of the logs.
set -euo pipefail
draws=$1 results=$2 seed=$3
train=("${@:4}")

# The training loss in the last row of a log, by the column's name.
loss_of() {
    awk -F '\t' '/^# status: diverged/ {loss = "inf"} /^#/ {next}
        !column {for (i = 1; i <= NF; i++) if ($i == "train_loss") column = i; next}
        {loss = $column} END {print loss}' "$1"
}

arms=
for rung in $(ls -d "$draws"/e* | sort -V); do
    if [ -z "$arms" ]; then
        arms=$(basename -s .ini -a "$rung"/*.ini | sort -V)
    else
        arms=$(head -n $((($(wc -l <<< "$arms") + 1) / 2)) <<< "$ranked" | cut -f 2 | sort -V)
    fi
    ranked=
    for arm in $arms; do
        "${train[@]}" "$rung/$arm.ini" --seed "$seed" < /dev/null
        log=$results/${rung#*experiments/}/$arm/seed-$seed.tsv
        ranked+=$(printf '%s\t%s' "$(loss_of "$log")" "$arm")$'\n'
    done
    ranked=$(sort -t $'\t' -k 1,1g -k 2,2V <<< "${ranked%$'\n'}")
    echo "seed $seed, $(basename "$rung"): $(cut -f 2 <<< "$ranked" | tr '\n' ' ')(the best first)"
done
