# scaling.gp - how well training is predicted to scale to 64 MPI ranks, a panel a network, with what
# was measured on one machine.
#
# Input: for each network a line "# panel: NETWORK | BATCH", a block of predictions (ranks, shards,
# images a second and efficiency in %, of the fast and of the slow link) and a block of measurements
# (ranks, cores, images a second, efficiency in %), two blank lines between blocks.
panels_of = int(system("grep -c '^# panel: ' '" . input . "'"))
title_of(p) = system(sprintf( \
    "sed -n 's/^# panel: //p' '%s' | sed -n '%dp' | sed 's/ | .*//'", input, p))
columns = panels_of < 4 ? (panels_of ? panels_of : 1) : 4
rows = ceil(panels_of / real(columns))
height = panels_of == 0 ? 4 : 2.1 + 4.6 * rows
load "figures/style.gp"

if (panels_of == 0) {
    eval nothing("no measurements yet: make bench-ranks")
    exit
}

rate_font = font_of(0.78 * font_size)
rate_of(x) = sprintf(x < 10 ? "%.1f" : "%.0f", x)
# The field c of the first or the last line of predictions of panel p.
field_of(p, c, which) = real(system(sprintf( \
    "awk '/^# panel: / {p++; block = 0} /^$/ {block++} p == %d && !block && /^[0-9]/ {print $%d}' '%s'", \
    p, c, input) . " | " . which . " -n 1"))
first(p, c) = field_of(p, c, "head")
last(p, c) = field_of(p, c, "tail")

set datafile separator "\t"
set logscale x 2
set xrange [0.85:76]
set yrange [0:120<*]
set xtics (1, 4, 16, 64)
set ytics 0, 25, 100
unset key

eval grid_of(rows, columns, 2.2, 1.0, 0.75, 1.35)
do for [p = 1 : panels_of] {
    set xlabel (p > panels_of - columns ? "ranks" : "")
    set ylabel ((p - 1) % columns == 0 ? "efficiency (%)" : "")
    set title title_of(p) font font_of(0.9 * font_size)
    unset label
    set label 1 sprintf("1: %s images/s", rate_of(first(p, 3))) \
        at graph 0.05, graph 0.17 left font rate_font
    set label 2 sprintf("%d: %s or %s", last(p, 1), rate_of(last(p, 3)), rate_of(last(p, 5))) \
        at graph 0.05, graph 0.07 left font rate_font
    if (p == panels_of) {
        set key at screen 0.53, screen 0.01 center bottom maxrows 1 samplen 3
    }
    plot 100 with lines ls 101 lc rgb "#777777" notitle, \
        input index 2 * p - 2 using 1:4 with linespoints ls 3 dt solid pt 7 ps 0.45 \
        title "100 Gb/s, predicted", \
        "" index 2 * p - 2 using 1:6 with linespoints ls 2 pt 5 ps 0.4 title "10 Gb/s, predicted", \
        "" index 2 * p - 1 using 1:4 with points pt 6 ps 1.0 lc rgb "#000000" \
        title "measured"
}
unset multiplot
set output
