#!/usr/bin/env bash
#
# determinism.sh FOLDER - one digest of the final state (parameters, momentum, BN statistics) over
# threads, kills, compilers, optimisation, valgrind and sanitizers.
#
# Each variant is built into FOLDER/NAME, trains a smoke experiment and prints a line: variant,
# digest, verdict. The bits depend on the environment key alone (onednn.h): what runs with another
# instruction set is compared with a run of the plain program there, and that one, by the audit,
# with the kept log within the audit's tolerance. Ends with "N passed, N failed".
#
set -u
folder=$1
arm=smoke/preact-8/poly-k2.0
passed=0 failed=0

verdict() { # verdict VARIANT DIGEST EXPECTED [COMPLAINT]
    if [ -n "$2" ] && [ "$2" = "$3" ] && [ -z "${4:-}" ]; then
        passed=$((passed + 1))
        printf '%-28s %.16s  ok\n' "$1" "$2"
    else
        failed=$((failed + 1))
        printf '%-28s %.16s  differs from %.16s %s\n' "$1" "${2:-no digest}" "$3" "${4:-}"
        tail -n 3 "$folder/messages"
    fi
}

build() { # build NAME CC CFLAGS
    make --no-print-directory OUT="$folder/$1" CC="$2" CFLAGS="$3" "$folder/$1/kdecay" >&2
}

# Train in FOLDER/runs/NAME from the beginning, or go on there. Standard error: FOLDER/messages.
go_on() { # go_on NAME PROGRAM THREADS [ARGUMENTS...]
    local name=$1 program=$2 threads=$3
    shift 3
    $program train experiments/$arm.ini --seed 1 --threads "$threads" "$@" \
        --results "$folder/runs/$name" --checkpoints "$folder/runs/$name/checkpoints" \
        > "$folder/messages" 2>&1
}

digest() { # digest NAME
    sed -n 's/^# state-sha256: //p' "$folder/runs/$1/$arm/seed-1.tsv" 2>/dev/null
}

run() { # run NAME PROGRAM THREADS [ARGUMENTS...]; prints the digest
    rm -rf "$folder/runs/$1"
    go_on "$@" && digest "$1"
}

rm -rf "$folder/runs"
mkdir -p "$folder/runs"
build gcc-O3 gcc "-O3 -g"
plain=$folder/gcc-O3/kdecay
start=$(date +%s%N)
expected=$(run threads-1 "$plain" 1)
milliseconds=$((($(date +%s%N) - start) / 1000000))
verdict "gcc -O3, 1 thread" "$expected" "$expected"

for threads in 2 3 4; do
    verdict "gcc -O3, $threads threads" "$(run threads-$threads "$plain" $threads)" "$expected"
done

# Killed at 20 random moments of as long as a run takes; where it ends, it starts again.
RANDOM=1
kills() { # kills NAME DIGEST [ARGUMENTS...]
    local name=$1 right=$2 kills=0 history=1 pid h
    shift 2
    while [ $kills -lt 20 ]; do
        go_on $name-$history "$plain" $((RANDOM % 4 + 1)) "$@" 2>/dev/null &
        pid=$!
        sleep "$(printf '%d.%03d' $((RANDOM * milliseconds / 32768 / 1000)) \
            $((RANDOM * milliseconds / 32768 % 1000)))"
        pkill -KILL -P $pid 2>/dev/null && kills=$((kills + 1))
        wait $pid 2>/dev/null
        [ -z "$(digest $name-$history)" ] || history=$((history + 1))
    done
    for ((h = 1; h <= history; h++)); do
        go_on $name-$h "$plain" 2 "$@"
        verdict "20 kills, $name, run $h of $history" "$(digest $name-$h)" "$right"
    done
}
kills epochs "$expected"

# The same within one epoch of all the images of those three, with checkpoints of its own.
long="--set training.epochs=1 --set data.train_pictures=3000"
kills one-epoch "$(run long "$plain" 2 $long)" $long --checkpoint-minutes 0.001

build gcc-O0 gcc "-O0 -g"
verdict "gcc -O0" "$(run gcc-O0 "$folder/gcc-O0/kdecay" 2)" "$expected"
build clang-O0 clang "-O0 -g"
verdict "clang -O0" "$(run clang-O0 "$folder/clang-O0/kdecay" 2)" "$expected"
build clang-O3 clang "-O3 -g"
verdict "clang -O3" "$(run clang-O3 "$folder/clang-O3/kdecay" 2)" "$expected"

# Sanitizers end the program with an error at the first finding. ThreadSanitizer knows OpenMP's
# barriers from libomp's tool Archer; oneDNN is not instrumented and is left out.
build asan clang "-O1 -g -fsanitize=address"
verdict "AddressSanitizer" "$(run asan "$folder/asan/kdecay" 2)" "$expected"
build ubsan clang "-O1 -g -fsanitize=undefined -fno-sanitize-recover=all"
verdict "UndefinedBehaviorSanitizer" "$(run ubsan "$folder/ubsan/kdecay" 2)" "$expected"
build tsan clang "-O1 -g -fsanitize=thread"
export TSAN_OPTIONS=ignore_noninstrumented_modules=1 OMP_TOOL_LIBRARIES=libarcher.so
verdict "ThreadSanitizer, 3 threads" "$(run tsan "$folder/tsan/kdecay" 3)" "$expected"

# Another instruction set is another environment. The audit compares it with the kept log.
export ONEDNN_MAX_CPU_ISA=AVX2
narrow=$(run avx2 "$plain" 2)
note=$("$plain" audit --replay "$folder/runs/avx2" --out "$folder/audit" |
    grep "$folder/runs/avx2/$arm")
verdict "AVX2: another environment" "$narrow" "$narrow" \
    "$(echo "$note" | grep -q "another environment" || echo "the audit says: $note")"
echo "    $note"
verdict "AVX2, 3 threads" "$(run avx2-3 "$plain" 3)" "$narrow"

# Valgrind knows no AVX-512, and is slow: two steps. Its long doubles have 64 bits, so that rates
# differ in their last digits, but not as the floats that the optimizer takes.
small="--set data.train_pictures=64 --set data.test_pictures=32 --set training.batch=32 \
    --set training.epochs=1"
expected=$(run small "$plain" 2 $small)
memcheck="valgrind --quiet --error-exitcode=9 --leak-check=full --show-leak-kinds=definite \
    --errors-for-leak-kinds=definite"
verdict "valgrind, AVX2" "$(run valgrind "$memcheck $plain" 2 $small)" "$expected"

echo "$passed passed, $failed failed"
[ $failed = 0 ]
