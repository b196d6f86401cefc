#!/usr/bin/env bash
#
# mpi.sh KDECAY KDECAY-MPI FOLDER MPIRUN - one digest over ranks, threads, kills and stops.
#
# KDECAY, built without MPI, says what is right: parameters, momentum and BN statistics at the end,
# and every column of the log that tells no time (run-sha256). Ends with "N passed, N failed".
#
set -u
. "$(dirname "$0")/verdict.sh"
alone=$1 program=$2 folder=$3 mpirun="$4 --oversubscribe --bind-to none"
export OMP_WAIT_POLICY=passive # more threads than cores: who waits must not spin

# Arguments of every run: 100 images in steps of 32, so that the last step has 4, in the first 2
# shards of 16 and in no other rank's.
arguments() { # arguments PLACE THREADS
    echo "train $experiment --seed 1 --threads $2 --results $folder/$1/results" \
        "--checkpoints $folder/$1/checkpoints --set data.train_pictures=100" \
        "--set data.test_pictures=50 --set training.batch=32 $more"
}

run() { # run PLACE RANKS THREADS: messages in FOLDER/messages; 0 ranks: the program without MPI
    local start="$mpirun -n $2 $program"
    [ "$2" != 0 ] || start=$alone
    $start $(arguments "$1" "$3") > "$folder/messages" 2>&1
}

log_of() { # log_of PLACE
    echo "$folder/$1/results/${experiment#experiments/}" | sed 's/\.ini$/\/seed-1.tsv/'
}

digests() { # digests PLACE
    sed -n 's/^# \(state\|run\)-sha256: //p' "$(log_of "$1")" 2>/dev/null
}

same() { # same PLACE: why its digests are not the expected ones
    if [ -z "$expected" ] || [ "$(digests "$1")" != "$expected" ]; then
        echo "other bits than without MPI; $(tail -n 1 "$folder/messages")"
    fi
}

# Why the messages are not one line of ours with these words, whatever mpirun adds.
one_line() { # one_line STATUS WORDS
    if [ "$1" = 0 ]; then
        echo "status 0"
    elif [ "$(grep -c '^kdecay: ' "$folder/messages")" != 1 ] ||
        ! grep -q "^kdecay: .*$2" "$folder/messages"; then
        echo "expected one line \"kdecay: ...$2\": $(head -n 4 "$folder/messages")"
    fi
}

rm -rf "$folder"
mkdir -p "$folder"

# ---- Ranks and threads.
more=
for arm in smoke/preact-8/poly-k2.0 smoke/preact-8-bf16/poly-k2.0 search densenet; do
    experiment=experiments/$arm.ini more=
    if [ $arm = search ]; then # the rows that are open follow from all ranks' gradients
        experiment=experiments/smoke/preact-8/poly-k2.0.ini
        more="--set network.weights=search --set network.rows=32 --set network.budget=2000 \
            --set training.epochs=2"
    elif [ $arm = densenet ]; then
        experiment=experiments/smoke/preact-8/poly-k2.0.ini
        more="--set network.family=densenet-bc --set network.depth=10 --set network.growth=12 \
            --set training.epochs=2"
    fi
    name=$(basename "${arm%/*}")
    run "$name" 0 2
    if [ $? = 3 ]; then
        echo "skipped  $name: this CPU has no bf16"
        continue
    fi
    expected=$(digests "$name")
    verdict "$name, without MPI" "$(same "$name")"
    for ranks in 1 2 4; do
        for threads in 1 2; do
            run "$name-$ranks-$threads" $ranks $threads
            verdict "$name, ranks $ranks, threads $threads" "$(same "$name-$ranks-$threads")"
        done
    done
done

# ---- What the log says.
log=$(log_of densenet-4-2)
verdict "4 ranks in the log" "$(
    [ "$(grep -c '^# rank: threads 2, ' "$log")" = 4 ] && grep -q '^# ranks: 4$' "$log" &&
        grep -q '^# threads: 8$' "$log" || grep '^# [rmt]' "$log"
)"
verdict "1 rank is not in the log" "$(grep '^# \(rank\|mpi\)' "$(log_of densenet-1-2)")"
"$alone" audit --results "$folder/densenet-4-2/results" --runs 1 --steps 4 --out "$folder/audit" \
    > "$folder/messages" 2>&1
verdict "first steps of a run on 4 ranks, in one process" \
    "$(grep -q ': 4 steps equal bit for bit' "$folder/messages" || cat "$folder/messages")"

# ---- Stops and kills, each gone on with on another number of ranks.
experiment=experiments/smoke/preact-8/poly-k2.0.ini
more="--set training.epochs=400" # longer than mpirun takes to pass a signal on, on a quiet machine, too
run long 0 2
expected=$(digests long)

start() { # start PLACE RANKS THREADS: in the background, until an epoch is done; sets job
    rm -f "$folder/messages"
    $mpirun -n $2 "$program" $(arguments "$1" "$3") > "$folder/messages" 2>&1 &
    job=$!
    for ((i = 0; i < 1200; i++)); do
        ! grep -q 'train error' "$folder/messages" 2>/dev/null || return
        kill -0 $job 2>/dev/null || return
        sleep 0.05
    done
}

stopped() { # stopped NAME: of the job, at a step, once
    wait $job
    verdict "$1" "$(one_line $? "stopped after step")"
}

start stops 4 1
kill -TERM "$(pgrep -P $job | tail -n 1)" # one rank alone is told
stopped "one rank of 4 is asked to stop"
start stops 2 2
kill -USR1 $job
stopped "mpirun passes SIGUSR1 on to 2 ranks"
verdict "it had gone on after the stop" "$(grep -q '^going on after ' "$folder/messages" ||
    cat "$folder/messages")"
mpirun="$mpirun --mca odls_base_sigkill_timeout 10" # as in the Makefile
start stops 4 1
kill -TERM $job
stopped "mpirun passes SIGTERM on to 4 ranks"
run stops 0 1
verdict "the rest without MPI" "$(same stops)"

for victim in head tail; do # rank 0 and the last one
    rm -rf "$folder/kills"
    start kills 4 1
    kill -KILL "$(pgrep -P $job | $victim -n 1)"
    wait $job 2>/dev/null
    status=$?
    verdict "a rank of 4 is killed ($victim)" "$(
        [ $status != 0 ] && [ ! -e "$(log_of kills)" ] &&
            grep -q 'exited on signal 9' "$folder/messages" || cat "$folder/messages"
    )"
    run kills 2 1
    verdict "gone on with 2 ranks" "$(
        grep -q '^going on after epoch ' "$folder/messages" || echo "the checkpoint was not used"
        same kills
    )"
done
verdict "the ranks that went on are in the log" \
    "$(grep -q '^# resumed: after epoch .*, ranks 2, threads 1, ' "$(log_of kills)" ||
        grep '^# resumed' "$(log_of kills)")"

# One long epoch, with a checkpoint after every step: rank 0, whose clock decides, and the last one.
more="--set training.epochs=1 --set data.train_pictures=9600 --checkpoint-minutes 0"
run epoch 0 2
expected=$(digests epoch)
ranks=4
for victim in head tail; do
    $mpirun -n $ranks "$program" $(arguments epoch-kills 1) > "$folder/messages" 2>&1 &
    job=$!
    saved=$folder/saved
    touch "$saved"
    for ((i = 0; i < 1200; i++)); do # until this start has written a checkpoint
        [ -z "$(find "$folder/epoch-kills" -name '*.safetensors' -newer "$saved" 2>/dev/null)" ] || break
        kill -0 $job 2>/dev/null || break
        sleep 0.05
    done
    kill -KILL "$(pgrep -P $job | $victim -n 1)"
    wait $job 2>/dev/null
    ranks=2
done
verdict "killed twice within an epoch, it had gone on there" \
    "$(grep -q '^going on after step ' "$folder/messages" || cat "$folder/messages")"
run epoch-kills 0 1
verdict "gone on without MPI" "$(
    grep -q '^going on after step ' "$folder/messages" || echo "the checkpoint was not used"
    same epoch-kills
)"

# ---- Complaints, once.
more=
run refused 3 1
verdict "3 ranks" "$(one_line $? "3 ranks cannot share 16 shards .* start one of 1, 2, 4, 8, 16$")"
$mpirun -n 2 "$program" train no.ini --sed 1 > "$folder/messages" 2>&1
verdict "an unknown option" "$(one_line $? "unknown option --sed; did you mean --seed?$")"
$mpirun -n 2 "$program" train no.ini --seed 1 > "$folder/messages" 2>&1
verdict "no experiment" "$(one_line $? "no.ini: cannot be opened")"
$mpirun -n 2 "$program" train experiments/cifar10/preact-20/poly-k2.0.ini --seed 1 \
    --data "$folder" --results "$folder/none" --checkpoints "$folder/none" > "$folder/messages" 2>&1
verdict "no images" "$(one_line $? "not found")"
$mpirun -n 1 "$program" $(arguments refused 1) : -n 1 "$program" $(arguments refused 1) \
    --set schedule.k=7 > "$folder/messages" 2>&1
verdict "two experiments" "$(one_line $? "rank 1 differs from rank 0 in the experiment")"
$mpirun -n 1 "$program" $(arguments refused 1) : \
    -n 1 env ONEDNN_MAX_CPU_ISA=SSE41 "$program" $(arguments refused 1) > "$folder/messages" 2>&1
verdict "two environments" "$(one_line $? "rank 1 differs from rank 0 in the environment")"
$mpirun -n 2 "$alone" $(arguments refused 1) > "$folder/messages" 2>&1
verdict "ranks without MPI" "$(grep -q 'built without MPI' "$folder/messages" || cat "$folder/messages")"
verdict "nothing was left by what was refused" "$(find "$folder/refused" -name '*.tsv' 2>/dev/null)"

rm -rf "$folder"
echo "$passed passed, $failed failed"
[ $failed = 0 ]
