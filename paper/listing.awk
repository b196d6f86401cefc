# listing.awk - where the functions shown in the paper stand in the C files, as LaTeX.
#
#     awk -f paper/listing.awk paper/supplement.tex src/experiment/decay.c ...
#
# For each line "\listing{FILE}{NAME}" of the paper this prints a line
# "\listingat{FILE}{NAME}{FIRST}{LAST}", with the lines of the function NAME in FILE. The paper reads
# these lines from the source itself, so that what it prints is what is compiled. A function is
# defined by a line that starts in column 1 and holds "NAME("; it ends at the first "}" in column 1.
# A function that is missing is an error.
FILENAME ~ /\.tex$/ {
    if (match($0, /^\\listing\{[^}]*\}\{[^}]*\}/)) {
        split(substr($0, RSTART, RLENGTH), part, /[{}]+/)
        wanted[part[2], part[3]] = 1
    }
    next
}

FNR == 1 {
    name = ""
}

name == "" && /^[a-z]/ && !/;[ \t]*$/ {
    for (key in wanted) {
        split(key, part, SUBSEP)
        if (part[1] == FILENAME && index($0, " " part[2] "(") > 0) {
            name = part[2]
            first = FNR
        }
    }
}

name != "" && /^}/ {
    printf "\\listingat{%s}{%s}{%d}{%d}\n", FILENAME, name, first, FNR
    delete wanted[FILENAME, name]
    name = ""
}

END {
    for (key in wanted) {
        split(key, part, SUBSEP)
        printf "listing.awk: %s: no definition of %s; name it as in the source\n", part[1],
            part[2] > "/dev/stderr"
        bad = 1
    }
    exit bad
}
