# confirmation.gp - the registered pairs: k = 3 minus each other arm, seed by seed.
#
# Input: a block of rows (row, arm, verdict, mean, the ends of its interval), a block of pairs (row,
# seed, difference). While a set is sealed its row is empty and says so; without any row that is
# open the image says so.
height = 6.5
load "figures/style.gp"

rows = int(system(sprintf("grep -c '^[1-9]' '%s'", input)))
open = int(system(sprintf("awk -F '\t' '/^$/ {exit} /^[1-9]/ && $3 != \"sealed\"' '%s' | wc -l", input)))

if (rows == 0 || open == 0) {
    eval nothing("sealed: the registered runs are not complete")
    exit
}

set datafile separator "\t"
set yrange [5.7 : 0.3] noextend
set lmargin at screen 0.24
set rmargin at screen 0.97
set bmargin at screen 0.20
set tmargin at screen 0.88
set xlabel "test error of k = 3 minus that of the arm (points; below 0 is better)"
set key at screen 0.6, screen 0.99 center top maxrows 1
set offsets graph 0.04, graph 0.04, 0, 0
set arrow from 0, graph 0 to 0, graph 1 nohead lc rgb "#000000" lw 0.7 dt solid back
label_of(arm, verdict) = sprintf("%s: %s", arm, verdict)
plot input index 1 using 3:($1 + 0.25) with points lc rgb "#606060" pt 6 ps 0.5 title "one seed", \
    "" index 0 using 4:1:5:6:ytic(label_of(strcol(2), strcol(3))) with xerrorbars ls 1 pt 7 ps 0.8 \
        title "mean and its 95 % t interval"
set output
