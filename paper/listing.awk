# listing.awk - where the functions shown in the paper stand in a C file, as LaTeX.
#
#     awk -v functions="polynomial cosine" -f paper/listing.awk src/decay.c
#
# prints a line \sourcelines{FILE}{FIRST}{LAST} for each function, in the order of the file. The
# paper reads these lines from the source itself, so that what it prints is what is compiled. A
# function is defined by a line that starts in column 1 and holds "NAME("; it ends at the first
# "}" in column 1. A function that is missing is an error.
BEGIN {
    count = split(functions, wanted, " ")
    first = 0
}

first == 0 && /^[a-z]/ && !/;[ \t]*$/ {
    for (i = 1; i <= count; i++) {
        if (wanted[i] != "" && index($0, " " wanted[i] "(") > 0) {
            first = FNR
            wanted[i] = ""
            break
        }
    }
}

first > 0 && /^}/ {
    printf "\\sourcelines{%s}{%d}{%d}\n", FILENAME, first, FNR
    first = 0
}

END {
    bad = first > 0
    for (i = 1; i <= count; i++) {
        if (wanted[i] != "") {
            printf "listing.awk: %s: no definition of %s; name it as in the source\n", FILENAME,
                wanted[i] > "/dev/stderr"
            bad = 1
        }
    }
    exit bad
}
