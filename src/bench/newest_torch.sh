#!/bin/sh
# newest_torch.sh - print the Python interpreter of PATH that has the newest PyTorch.
#
# Tries python3 and python3.N in every folder of PATH. Without any PyTorch it prints python3, whose
# own error then says what is missing.
IFS=:
for folder in $PATH; do
    for python in "$folder"/python3 "$folder"/python3.[0-9] "$folder"/python3.[0-9][0-9]; do
        version=$("$python" -c 'import torch; print(torch.__version__)' 2> /dev/null) &&
            printf '%s\t%s\n' "$version" "$python"
    done
done | sort -rV | { IFS='	' read -r version python && echo "$python" || echo python3; }
