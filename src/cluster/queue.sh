#!/usr/bin/env bash
#
# queue.sh FOLDER - the tasks of this project in Slurm, a line STATE TASK NAME each (slurm_queue.h).
#
# Only jobs whose list is in FOLDER are asked for, whoever submitted them. Without Slurm there are
# none. Status 1 if Slurm does not answer: then nobody knows what is queued.
#
set -euo pipefail
names=$(find "$1" -maxdepth 1 -name 'kdecay-*.list' -printf '%f\n' 2> /dev/null | sed 's/\.list$//')
if [ -n "$names" ] && command -v squeue > /dev/null; then
    squeue --noheader --array --format '%t %K %j' --name "$(paste -sd , <<< "$names")"
fi
