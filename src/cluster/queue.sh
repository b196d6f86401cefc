#!/usr/bin/env bash
#
# queue.sh FOLDER - print the tasks of this project in Slurm, one line STATE TASK NAME per task
# (slurm_queue.h).
#
# It asks only for jobs whose list is in FOLDER, whoever submitted them. Without Slurm it prints
# nothing. The status is 1 if Slurm does not answer: then the queue is unknown.
#
set -euo pipefail
names=$(find "$1" -maxdepth 1 -name 'kdecay-*.list' -printf '%f\n' 2> /dev/null | sed 's/\.list$//')
if [ -n "$names" ] && command -v squeue > /dev/null; then
    squeue --noheader --array --format '%t %K %j' --name "$(paste -sd , <<< "$names")"
fi
