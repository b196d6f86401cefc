#!/usr/bin/env bash
#
# halving.sh KDECAY FOLDER - successive halving by src/cluster/halving.sh, on synthetic images.
#
# Ends with "N passed, N failed".
#
set -u
. "$(dirname "$0")/verdict.sh"
program=$(realpath "$1") script=$(realpath src/cluster/halving.sh) folder=$2

rm -rf "$folder"
for epochs in 1 2 10; do
    mkdir -p "$folder/experiments/search/draws/e$epochs"
    for draw in 2 3 4 10; do # 10 stands behind 9 as a number, not as a word
        cat > "$folder/experiments/search/draws/e$epochs/r$draw.ini" <<INI
[run]
scale = smoke
[data]
set = made-up
train_pictures = 64
test_pictures = 16
augmentation = none
[network]
family = preact
depth = 8
channels = 4
weights = bank
budget = 300
rows_draw = $draw
[training]
epochs = $epochs
batch = 32
last_batch = keep
momentum = 0.9
nesterov = yes
weight_decay = 1e-4
[schedule]
decay = linear
lr = 0.05
lr_end = 0.001
INI
    done
done
cd "$folder" || exit 1
halve() {
    "$script" experiments/search/draws results 3 "$program" train --threads 1 \
        --checkpoints checkpoints > output.txt 2> messages.txt
}
runs() { # runs EPOCHS: draws that have a log, lowest number first
    ls "results/search/draws/e$1" 2>/dev/null | sort -V | tr '\n' ' '
}
logs() {
    find results -name '*.tsv' -exec sha256sum {} + | sort
}
# The so many draws of least loss: column 4 of the last row, which the log's format fixes.
best() { # best EPOCHS COUNT
    for log in results/search/draws/e$1/*/seed-3.tsv; do
        echo "$(grep -v '^#' "$log" | tail -n 1 | cut -f 4) $(basename "$(dirname "$log")")"
    done | sort -g | head -n "$2" | cut -d ' ' -f 2 | sort -V | tr '\n' ' '
}

halve
verdict "halving ends" "$([ $? = 0 ] || tail -n 1 messages.txt)"
verdict "all draws have the fewest epochs" "$([ "$(runs 1)" = "r2 r3 r4 r10 " ] || runs 1)"
verdict "the better half goes on" "$([ "$(runs 2)" = "$(best 1 2)" ] || echo "$(runs 2), not $(best 1 2)")"
verdict "the best one goes on" "$([ "$(runs 10)" = "$(best 2 1)" ] || echo "$(runs 10), not $(best 2 1)")"
verdict "it says which" "$([ "$(tail -n 1 output.txt)" = "seed 3, e10: $(best 2 1)(the best first)" ] ||
    tail -n 1 output.txt)"
before=$(logs)
halve
verdict "the same command makes nothing again" "$([ "$(logs)" = "$before" ] || echo "other logs")"

bits() {
    find results -name '*.tsv' -exec grep -H '^# run-sha256' {} + | sort
}
before=$(bits)
rm -r results/search/draws/e2 results/search/draws/e10 results/search/draws/e1/r3 checkpoints 2>/dev/null
halve
verdict "what is missing is made, with the same bits" "$([ "$(bits)" = "$before" ] || echo "other bits")"

# A draw that diverges is the worst, whatever its loss was.
rm -r results/search/draws/e2 results/search/draws/e10
log=results/search/draws/e1/$(best 1 1)
log=${log% }/seed-3.tsv
sed -i 's/^# status: finished/# status: diverged at step 2/' "$log"
halve
verdict "a run that diverged does not go on" "$(
    [ "$(runs 2 | wc -w)" = 2 ] || runs 2
    case " $(runs 2)" in *" $(basename "$(dirname "$log")") "*) runs 2 ;; esac)"

# A run that fails ends the search.
"$script" experiments/search/draws results 4 false > output.txt 2>&1
verdict "a run that fails ends it" "$([ $? != 0 ] && [ ! -s output.txt ] || cat output.txt)"
cd - > /dev/null && rm -rf "$folder"
echo "$passed passed, $failed failed"
[ $failed = 0 ]
