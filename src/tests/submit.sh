#!/usr/bin/env bash
#
# submit.sh KDECAY FOLDER - make submit's scripts against a sbatch, squeue, scontrol and srun that only
# write down how they were called. Works below FOLDER; ends with "N passed, N failed".
#
set -u
. "$(dirname "$0")/verdict.sh"
kdecay=$(realpath "$1")
mkdir -p "$2/a project's \$copy/build" "$2/bin"
folder=$(realpath "$2")
cp -R Makefile src paper "$folder/a project's \$copy/"
cp "$kdecay" "$folder/a project's \$copy/build/kdecay"
cd "$folder/a project's \$copy" || exit 1

same() { # same EXPECTED FOUND
    [ "$1" = "$2" ] || echo "expected \"$1\", found \"$2\""
}

# ---- A project of three arms and a Slurm that remembers -----------------------------------------

arm() { # arm NAME SCALE DEPTH [K]
    local images='cifar10'
    [ "$2" != smoke ] || images=$'made-up\ntrain_pictures = 500\ntest_pictures = 200'
    mkdir -p "$(dirname "experiments/$1")"
    cat > "experiments/$1.ini" << END
[run]
scale = $2
[data]
set = $images
augmentation = none
[network]
family = preact
depth = $3
[training]
epochs = 2
batch = 64
last_batch = keep
momentum = 0.9
nesterov = yes
weight_decay = 1e-4
[schedule]
decay = polynomial
lr = 0.1
lr_end = 1e-4
k = ${4:-1}
END
}
mkdir results
arm study/small/one full 8
arm study/small/two full 8 2
arm study/deep/one full 14
arm other/one smoke 8

fake() { # fake NAME: a command whose body comes from standard input
    { printf '#!/bin/bash\nhere=%q\n' "$folder"; cat; } > "$folder/bin/$1"
    chmod +x "$folder/bin/$1"
}
fake sbatch << 'END'
printf '[%s]' "$@" >> "$here/submitted"
echo >> "$here/submitted"
wc -l < "$here/submitted"
END
fake squeue << 'END'
printf '[%s]' "$@" > "$here/asked"
[ ! -e "$here/down" ] || { echo "squeue: error: no controller" >&2; exit 1; }
cat "$here/queued" 2> /dev/null || true
END
fake scontrol << 'END'
[ "$1" != show ] || echo "MaxArraySize            = 9"
[ "$1" != requeue ] || printf '[%s]' "$@" >> "$here/requeued"
END
fake srun << 'END'
[ "$1" != --mpi=list ] || { printf 'MPI plugin types are...\n\tnone\n%s' "$(cat "$here/mpi")"; exit; }
printf '[%s]' "$@" > "$here/launched"
echo step >> "$here/steps"
[ "$(wc -l < "$here/steps")" != "$(cat "$here/step that starts")" ] || touch "results/a b/seed-4.tsv"
exit "$(cat "$here/status")"
END
fake ldd << 'END'
echo "$(cat "$here/linked") => /lib/a.so"
END
touch "$folder/linked" "$folder/mpi"
export PATH=$folder/bin:$PATH

run_make() {
    make -s -o build/kdecay CPUS=3 "$@" 2>&1
}

submitted() { # the arrays so far: name and range
    sed -nE 's/^(\[--parsable\])?\[--job-name=(kdecay-[0-9a-f]*)\]\[--array=([^]]*)\].*/\2 \3/p' \
        "$folder/submitted"
}

# ---- A dry run -----------------------------------------------------------------------------------

data="$folder/d'a \"t\" a"
said=$(run_make submit-dry-run SCALE=full DATA="$data" SBATCH_OPTIONS='--partition=long -A x')
verdict "a dry run submits nothing" "$([ -e "$folder/submitted" ] && cat "$folder/submitted")"
: > "$folder/submitted"
eval "$(grep '^sbatch .*task.sh' <<< "$said")" > /dev/null
verdict "what it prints is a command: 18 tasks in arrays of 8 at most" \
    "$(same "1-4 1-6 1-8" "$(submitted | cut -d ' ' -f 2 | sort | paste -sd ' ')")"
expected="[--time=1440][--signal=TERM@600][--requeue][--ntasks=1][--cpus-per-task=3]"
expected+="[--mem-per-cpu=128M][--open-mode=append][--output=build/slurm/output/%x-%a.txt]"
expected+="[--chdir=$PWD][--partition=long][-A][x][src/cluster/task.sh]"
found=$(sed 's/^\[[^]]*\]\[[^]]*\]//; s/\[build.slurm.program-.*//' "$folder/submitted" | sort -u)
verdict "the options of all arrays, in a folder of an odd name" "$(same "$expected" "$found")"
verdict "the images' folder, of an odd name" \
    "$(same 3 "$(grep -cF ".list][$data][none]" "$folder/submitted")")"
verdict "the minutes between checkpoints" "$(same 3 "$(grep -cF "[$data][none][10]" "$folder/submitted")")"
rm "$folder/submitted"

# ---- Submissions -----------------------------------------------------------------------------------

run_make submit EXP=experiments/study/small AT_ONCE=2 AFTER=tables > "$folder/said"
verdict "a folder: its twelve runs, two at a time, and the last job behind both arrays" \
    "$(same "1-4%2 1-8%2 [--dependency=afterany:1:2,singleton]" \
        "$(submitted | cut -d ' ' -f 2 | sort | paste -sd ' ') $(grep -o '\[--dep[^]]*\]' "$folder/submitted")")"
runs=$(submitted | while read -r name range; do cut -f 2,1 "build/slurm/$name.list"; done | sort)
expected=$(for seed in 1 2 3 4 5 6; do
    printf "$seed\texperiments/study/small/%s.ini\n" one two
done)
verdict "each run once" "$(same "$expected" "$runs")"

# Slurm has eleven of them now: ten wait, one runs. The twelfth has failed.
submitted | while read -r name range; do
    for task in $(seq "${range:2:1}"); do echo "PD $task $name"; done
done | sed '1s/PD/R/; $d' > "$folder/queued"
: > "$folder/submitted"
run_make submit EXP=experiments/study/small AFTER= > "$folder/said"
verdict "what is in the queue is not submitted again" "$(same "1-1" "$(submitted | cut -d ' ' -f 2)")"
verdict "squeue is asked for this project's jobs alone" \
    "$(grep -qE '\[--name\]\[(kdecay-[0-9a-f]{16},?)+\]$' "$folder/asked" || cat "$folder/asked")"
verdict "status tells running, queued and missing apart" "$(same "running queued missing 1 10 7" \
    "$(run_make status | awk '/^arm/ {printf "%s %s %s ", $6, $7, $8}
        $1 == "total" && $2 == "full" {print $6, $7, $8}')")"
submitted | while read -r name range; do echo "CG 1 $name"; done >> "$folder/queued"
: > "$folder/submitted"
said=$(run_make submit EXP=experiments/study/small/one.ini)
said+=$(run_make submit EXP=experiments/study/small/)
verdict "nothing left: nothing submitted, not even a last job" "$(cat "$folder/submitted")"
verdict "and it says so, twice" "$(same 2 "$(grep -o 'nothing to submit' <<< "$said" | wc -l)")"

# A run whose log another process holds, and one that was only stopped.
: > "$folder/queued"
mkdir -p results/other/one
touch results/other/one/seed-1.tsv.part
exec 8> results/other/one/.seed-1.tsv.lock
flock 8
said=$(run_make submit SCALE=smoke AFTER=)
verdict "a run that a process holds is left to it" "$(cat "$folder/submitted")"
exec 8>&-
run_make submit SCALE=smoke AFTER= > "$folder/said"
verdict "one that was stopped is submitted" "$(same 1-1 "$(submitted | cut -d ' ' -f 2)")"

touch "$folder/down"
: > "$folder/submitted"
said=$(run_make submit SCALE=full)
verdict "without an answer of Slurm nothing is submitted" \
    "$([ $? != 0 ] && [[ $said == *"Slurm does not answer"* ]] && ! [ -s "$folder/submitted" ] || echo "$said")"
rm "$folder/down"
said=$(run_make submit EXP=experiments/none)
verdict "a folder without experiments is an error" \
    "$([ $? != 0 ] && [[ $said == *"experiments/none: no experiment"* ]] || echo "$said")"

# Without Slurm: one run after another, seed by seed. TRAIN only says what it would train.
arm desk/a/k1 desk 8
arm desk/a/k2 desk 8 2
arm desk/ab/k1 desk 8 3
said=$(run_make run-desk TRAIN=echo EXP=./experiments//desk/a/ | head -n 3)
verdict "run-desk trains a folder, seed by seed, and no neighbour" "$(same \
    "experiments/desk/a/k1.ini 1 experiments/desk/a/k2.ini 1 experiments/desk/a/k1.ini 2" \
    "$(echo $said | sed 's/ --seed//g')")"
verdict "or all" "$(same 18 "$(run_make run-desk TRAIN=echo | wc -l)")"
for wrong in experiments/desk/none experiments/study; do
    said=$(run_make run-desk TRAIN=echo EXP=$wrong)
    verdict "but no folder without desk arms, $wrong" \
        "$([ $? != 0 ] && [[ $said == *"$wrong: no experiment of this scale"* ]] || echo "$said")"
done
echo damaged > "results/seed-1.tsv"
said=$(run_make run-desk TRAIN=echo)
verdict "nor with a damaged log" "$([ $? != 0 ] && [[ $said == *"seed-1.tsv"* ]] || echo "$said")"
rm results/seed-1.tsv
rm -r experiments/desk

# Programs with MPI and without, where Slurm has PMIx and where it hasn't.
kinds() { # of srun's --mpi, of the tasks submitted
    sed -nE 's/.*\[([^]]*)\]\[10\]$/\1/p' "$folder/submitted" | sort -u
}
: > "$folder/submitted"
said=$(run_make submit SCALE=full RANKS=2)
verdict "ranks need MPI" "$([ $? != 0 ] && [[ $said == *"MPI=1 RANKS=2"* ]] || echo "$said")"
echo libmpi.so.40 > "$folder/linked"
for ranks in 1 2; do
    said=$(run_make submit SCALE=full RANKS=$ranks)
    verdict "MPI needs PMIx, ranks $ranks" \
        "$([ $? != 0 ] && [[ $said == *"cannot start MPI processes by pmix"* ]] || echo "$said")"
done
verdict "what was refused is not submitted" "$(cat "$folder/submitted")"
printf '\tpmix\nspecific pmix plugin versions available: pmix_v4\n' > "$folder/mpi"
run_make submit EXP=experiments/study/deep RANKS=2 AFTER= > "$folder/said"
verdict "processes are started by PMIx" "$(same pmix "$(kinds)")"
: > "$folder/submitted"
SLURM_MPI_TYPE=pmix_v4 run_make submit EXP=experiments/study/small RANKS=2 AFTER= > "$folder/said"
verdict "or as the user says" "$(same pmix_v4 "$(kinds)")"

# ---- A task --------------------------------------------------------------------------------------------

printf '4\texperiments/a b.ini\n5\texperiments/c.ini\n' > "$folder/list"
mkdir "results/a b"
echo 1 > "$folder/step that starts"
task() { # task STATUS: of the program
    echo "$1" > "$folder/status"
    rm -f "$folder/requeued" "$folder/steps" "results/a b/seed-4.tsv"
    SLURM_ARRAY_TASK_ID=${2:-1} SLURM_NTASKS=2 SLURM_CPUS_PER_TASK=3 SLURM_JOB_ID=77 \
        src/cluster/task.sh build/program "$folder/list" "$data" pmix 2.5 > "$folder/said" 2>&1
}
task 4
verdict "a run that was asked to stop goes back" "$(same '[requeue][77]' "$(cat "$folder/requeued")")"
SLURM_ARRAY_JOB_ID=77 task 4
verdict "alone, where its number is its array's" "$(same '[requeue][77_1]' "$(cat "$folder/requeued")")"
expected='[--ntasks=2][--cpus-per-task=3][--mpi=pmix][--wait=300][build/program][train][experiments/a b.ini]'
expected+="[--seed][4][--threads][3][--data][$data][--checkpoint-minutes][2.5]"
verdict "its command" "$(same "$expected" "$(cat "$folder/launched")")"
for status in 0 1 3 137; do
    task $status
    verdict "status $status is the task's own, and final" \
        "$(same $status $?; ls "$folder/requeued" 2> /dev/null)"
done
echo 2 > "$folder/step that starts"
task 0
verdict "a step that does not start" "$(same "1 1" "$? $(wc -l < "$folder/steps")")"
SLURM_RESTART_COUNT=2 task 0
verdict "nor one that began before its node was lost, but the next" \
    "$(same "0 2" "$? $(wc -l < "$folder/steps")")"
SLURM_RESTART_COUNT=2 task 3
verdict "a failure is not repeated" "$(same "3 1" "$? $(wc -l < "$folder/steps")")"
rm "$folder/launched"
task 0 3
verdict "a task without a line" "$([ $? = 1 ] && ! [ -e "$folder/launched" ] || cat "$folder/said")"

echo "$passed passed, $failed failed"
[ $failed = 0 ]
