#!/usr/bin/env bash
#
# check.sh PAGE KEPT          - compare the data of the page in folder PAGE with the list KEPT
# check.sh --list PAGE        - print such a list, as sha256sum does
#
# The data, PAGE/data/, are copies and pure functions of tables, logs and experiments. One line says
# what holds. Status 0 if all are equal, or if there is no page or no list to compare; else 1.
#
set -euo pipefail
export LC_ALL=C

list() { cd "$1" && find data -type f -print0 | sort -z | xargs -0 sha256sum; }

if [ "${1-}" = --list ]; then
    list "$2"
    exit
fi
if [ ! -d "$1/data" ]; then
    echo "page: skipped, $1 was not made; make page makes it"
elif [ ! -f "$2" ]; then
    echo "page: skipped, $2 does not exist; make keep-page writes it"
else
    differ=$({ diff <(list "$1") "$2" || true; } | sed -n 's/^[<>] [0-9a-f]*  //p' | sort -u)
    if [ -n "$differ" ]; then
        echo "page: $(wc -l <<< "$differ") files of $1 are not those of $2, first $(head -n 1 <<< "$differ")"
        exit 1
    fi
    echo "page: $(wc -l < "$2") data files of $1 have the digests of $2"
fi
