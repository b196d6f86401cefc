#!/usr/bin/env bash
#
# faults.sh KDECAY FAULTS.SO FOLDER - what the program does when something around it breaks.
#
# Every case ends either as if nothing had happened, with the bits of an undisturbed run, or with
# status 1 and one line "kdecay: ..." (or "libgomp: ..."); and the same command, called again once
# the fault is gone, goes on to the same bits. Ends with "N passed, N failed, N skipped".
#
set -u
kdecay=$1 faults=$(realpath "$2") folder=$3
. "$(dirname "$0")/verdict.sh"
skipped=0
said='^\(kdecay\|libgomp\): ' # libgomp says itself that it has no memory, and exits with 1

skip() { # skip NAME REASON
    skipped=$((skipped + 1))
    echo "skipped  $1: $2"
}

# A run of seconds: 3 epochs of 4 steps, MINUTES between checkpoints. Messages go to FOLDER/messages.
minutes=10
train() { # train PLACE [PREFIX...]
    local place=$1
    shift
    "$@" "$kdecay" train experiments/smoke/preact-8/poly-k2.0.ini --seed 1 --threads 2 \
        --set data.train_pictures=100 --set data.test_pictures=32 --set training.batch=32 --checkpoint-minutes $minutes \
        --results "$place/results" --checkpoints "$place/checkpoints" > "$folder/messages" 2>&1
}

digest() { # digest PLACE: of the parameters at the end
    sed -n 's/^# state-sha256: //p' "$1/results/smoke/preact-8/poly-k2.0/seed-1.tsv" 2>/dev/null
}

# Why STATUS and the messages are not a proper end; nothing if they are.
complaint() { # complaint STATUS [WORDS]
    if [ "$1" != 1 ]; then
        echo "status $1, expected 1: $(tail -n 1 "$folder/messages")"
    elif [ "$(grep -c "$said" "$folder/messages")" != 1 ] ||
        ! tail -n 1 "$folder/messages" | grep -q "$said.*${2:-}"; then
        echo "expected one line \"kdecay: ...${2:-}\" at the end, found: $(tail -n 2 "$folder/messages")"
    fi
}

# Call again without the fault; why that does not end with the right bits.
recovery() { # recovery PLACE
    train "$1" || echo "called again: $(tail -n 1 "$folder/messages")"
    [ "$(digest "$1")" = "$expected" ] || echo "called again it ends with other bits"
}

rm -rf "$folder"
mkdir -p "$folder"
FAULT_COUNT=$folder/count train "$folder/whole" env LD_PRELOAD="$faults"
expected=$(digest "$folder/whole")
read -r allocations writes < "$folder/count"
verdict "undisturbed: $allocations allocations, $writes calls that write" \
    "$([ -n "$expected" ] || tail -n 1 "$folder/messages")"

# ---- Memory: each of the first 40 allocations, then about 100 of all, one alone or all from it on.
out_of_memory() { # out_of_memory VARIABLE N
    local place=$folder/memory status failure=
    rm -rf "$place"
    train "$place" env "$1=$2" LD_PRELOAD="$faults"
    status=$?
    if [ $status = 0 ]; then
        [ "$(digest "$place")" = "$expected" ] || failure="ends with other bits"
    else
        failure=$(complaint $status)
        [ -n "$failure" ] || [ $((RANDOM % 8)) != 0 ] || failure=$(recovery "$place")
    fi
    [ -z "$failure" ] || echo "$1=$2: $failure"
}

RANDOM=1
for variable in FAULT_ALLOCATION FAULT_MEMORY; do
    failure= count=0 n=1
    while [ -z "$failure" ] && [ $n -le "$allocations" ]; do
        failure=$(out_of_memory $variable $n)
        count=$((count + 1))
        n=$((n < 40 ? n + 1 : n + n / 20 + RANDOM % 20))
    done
    verdict "out of memory at $count of $allocations allocations, $variable" "$failure"
done

# ---- Kills: at calls that write, within a checkpoint's bytes, too, with a checkpoint after every step: at
# each of the first 50 and the last 7, in between at every seventh, which is another one of each checkpoint.
# Nine of the twelve steps end no epoch. The calls before step 1 are half of a checkpoint's; those after
# step 12 are of the log alone.
minutes=0
FAULT_COUNT=$folder/count train "$folder/steps" env LD_PRELOAD="$faults"
epochs=$writes
writes=$(sed -n '2s/.* //p' "$folder/count")
a_save=$(((writes - epochs) / 9))
verdict "checkpoints after steps: $writes calls that write, $a_save each" "$(
    [ "$(digest "$folder/steps")" = "$expected" ] && [ $a_save -gt 0 ] &&
        [ $((writes - epochs)) = $((9 * a_save)) ] || tail -n 1 "$folder/messages"
)"

lost() { # lost N: why the run that was killed at call N, and goes on, has lost a step that was saved
    local from steps
    from=$(sed -n 's/^going on after \(step\|epoch\) \([0-9]*\) .*/\1 \2/p' "$folder/messages")
    case $from in
        step*) steps=${from#step } ;;
        epoch*) steps=$((4 * ${from#epoch })) ;;
        *) steps=0 ;;
    esac
    [ $steps -ge $(($1 / a_save < 12 ? $1 / a_save : 12)) ] || echo "call $1: goes on from step $steps"
}

failure= n=1 kills=0
while [ -z "$failure" ] && [ $n -le "$writes" ]; do
    rm -rf "$folder/kill"
    train "$folder/kill" env FAULT_KILL=$n LD_PRELOAD="$faults" 2>/dev/null # bash's "Killed"
    status=$?
    [ $status = 137 ] || failure="call $n: status $status, expected 137"
    [ -n "$failure" ] || failure=$(recovery "$folder/kill"; lost $n)
    n=$((n + (n < 50 || n + 7 > writes - 7 ? 1 : 7)))
    kills=$((kills + 1))
done
minutes=10
verdict "killed at $kills of $writes calls that write: no saved step is trained again" "$failure"

# ---- Disk: the first checkpoint fits (about 620 KiB), the second one beside it does not.
disk_full() {
    local place=$folder/disk failure=
    mkdir -p "$place"
    mount -t tmpfs -o size=1000k kdecay-test "$place" 2>/dev/null || return 2
    train "$place"
    failure=$(complaint $? "No space left on device")
    if [ -z "$failure" ]; then
        [ -z "$(find "$place" -name '*.tmp')" ] || failure="a part of a file was left"
        mount -o remount,size=4000k "$place"
        failure=$failure$(recovery "$place")
        grep -q "going on after epoch 1 " "$folder/messages" || failure="the first epoch was lost"
    fi
    umount "$place"
    echo "$failure"
}

if [ "$(id -u)" = 0 ] && failure=$(disk_full); then
    verdict "disk full at the second checkpoint" "$failure"
else
    skip "disk full at the second checkpoint" "only root can mount a small tmpfs"
fi

limited() ( # a file of at most 100 KiB, for anyone
    trap '' XFSZ
    ulimit -f 100
    "$@"
)
train "$folder/limit" limited
failure=$(complaint $? "File too large")
[ -n "$failure" ] || failure=$(recovery "$folder/limit")
verdict "no file above 100 KiB" "$failure"

# ---- Permissions. Root may write everywhere but for this capability.
bound=
[ "$(id -u)" != 0 ] || bound="setpriv --bounding-set -dac_override,-dac_read_search"
for part in results checkpoints; do
    place=$folder/read-only-$part
    mkdir -p "$place/$part"
    chmod 555 "$place/$part"
    train "$place" $bound
    failure=$(complaint $? "Permission denied")
    chmod 755 "$place/$part"
    [ -n "$failure" ] || failure=$(recovery "$place")
    verdict "read-only folder of $part" "$failure"
done

# Once a log is there, a folder that cannot be listed is no empty folder.
chmod 000 "$folder/whole/results/smoke"
$bound "$kdecay" audit --results "$folder/whole/results" --out "$folder/audit" > "$folder/messages" 2>&1
verdict "unreadable folder of logs" "$(complaint $? "the folder cannot be read")"
chmod 755 "$folder/whole/results/smoke"

# ---- Images.
images() { # images NAME WORDS
    $bound "$kdecay" train experiments/cifar10/preact-20/poly-k2.0.ini --seed 1 --data "$data" \
        --results "$folder/results" --checkpoints "$folder/checkpoints" > "$folder/messages" 2>&1
    verdict "$1" "$(complaint $? "$2")"
}
data=$folder/data
images "no images" "not found"
mkdir -p "$data"
for n in 1 2 3 4 5; do head -c 30730000 /dev/zero > "$data/data_batch_$n.bin"; done
cp "$data/data_batch_1.bin" "$data/test_batch.bin"
images "images that are not CIFAR" "differ from the official ones"
chmod 000 "$data/data_batch_2.bin"
images "unreadable images" "Permission denied"
rm -f "$data/data_batch_2.bin"
images "missing images" "No such file"
mkdir "$data/data_batch_2.bin"
images "a folder instead of images" "is it a folder"
rmdir "$data/data_batch_2.bin"
head -c 30729999 /dev/zero > "$data/data_batch_2.bin"
images "images that were cut" "30729999"

rm -rf "$folder"
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
