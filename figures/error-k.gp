# error-k.gp - test error after the last epoch against k, one panel for each group of desk arms that
# differ in k alone.
#
# Input: for each panel a line "# panel: WHAT | EPOCHS | N", a block of arms (k, n, mean, and the
# ends of its interval) and a block of runs (k, error); blocks are separated by two blank lines.
title_of(p) = system(sprintf( \
    "sed -n 's/^# panel: //p' '%s' | sed -n '%dp' | sed 's/ | /\\n/g'", input, p))
panels_of = int(system("grep -c '^# panel: ' '" . input . "'"))
columns = panels_of == 0 ? 1 : panels_of < 3 ? panels_of : 3
rows = ceil(panels_of / real(columns))
height = panels_of == 0 ? 4 : 1.9 + 5.3 * rows
load "figures/style.gp"

if (panels_of == 0) {
    eval nothing("no runs yet")
    exit
}

set datafile separator "\t"
set autoscale noextend
set offsets 0.35, 0.35, graph 0.08, graph 0.08
set xtics 1
set format "%g"
unset key

eval grid_of(rows, columns, 2.5, 1.4, 1.15, 2.2)
do for [p = 1 : panels_of] {
    set xlabel (p > panels_of - columns ? "k" : "")
    set ylabel ((p - 1) % columns == 0 ? "test error (%)" : "")
    set title title_of(p) font font_of(0.9 * font_size)
    if (p == panels_of) {
        set key at screen 0.53, screen 0.01 center bottom
    }
    plot input index 2 * p - 1 using ($1 + 0.1):2 with points pt 6 ps 0.4 lc rgb "#606060" title "single runs", \
        "" index 2 * p - 2 using 1:3 with lines ls 3 notitle, \
        "" index 2 * p - 2 using (valid(4) ? $1 : NaN):3:4:5 with yerrorbars ls 1 dt solid pt 7 ps 0.6 \
        title "mean and its 95 % t interval", \
        "" index 2 * p - 2 using 1:3 with points ls 1 ps 0.6 notitle
}
unset multiplot
set output
