# filled.awk - a table of the program in LaTeX without the rows that no run fills yet.
#
#     awk -f paper/filled.awk build/tables/table-schedules.tex > build/paper/filled/table-schedules.tex
#
# A row without a run has "& 0 & -- &": its number of runs, no link, and no mean. A second line of
# such a row begins with an empty cell. A heading whose rows are all left out is left out, too, and
# nothing is written where no row is left: the paper then has no such table.
/\\addlinespace/ {
    heading = $0 "\n"
    next
}

/\\multicolumn/ {
    heading = (heading ~ /multicolumn/ ? "" : heading) $0 "\n"
    next
}

body && / \\\\$/ {
    if (!/^ *&/)
        empty = / & 0 & -- & /
    if (empty)
        next
    text = text heading
    heading = ""
    rows++
}

{
    body += /^\\midrule/
    text = text $0 "\n"
}

END {
    if (rows)
        printf "%s", text
}
