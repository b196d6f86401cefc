# thesis-cells.gp - each cell of the thesis: the error that it calls original, the matched baseline
# and its own with k-decay, as a dumbbell.
#
# Input: for each image set a line "# panel: SET" and a block of cells (label, original, matched or
# NaN, ours, k); blocks are separated by two blank lines.
height = 7.0
load "figures/style.gp"

set datafile separator "\t"
unset grid
set grid xtics back ls 101
set xlabel "test error (%)"
set format x "%g"
set yrange [7.6:0.4]
set ytics scale 0
row(i) = i + 1

gains(first, second, known) = !known ? sprintf("%.2f", first) \
    : abs(first - second) < 0.005 ? sprintf("%.2f", second) : sprintf("%.2f → %.2f", first, second)

set multiplot
set key at screen 0.53, screen 0.99 center top maxrows 1 samplen 1 width -3
set tmargin screen 0.83
set bmargin screen 0.175
left(p) = p == 0 ? 0.175 : 0.68
right(p) = p == 0 ? 0.485 : 0.985
do for [p = 0 : 1] {
    set lmargin screen left(p)
    set rmargin screen right(p)
    set title system(sprintf("sed -n 's/^# panel: //p' '%s' | sed -n '%dp'", input, p + 1)) \
        offset 0, -0.6
    set xrange [(p == 0 ? 3.4 : 16.5) : (p == 0 ? 7.5 : 28.6)]
    step = p == 0 ? 1 : 2
    set xtics step
    if (p == 1) { unset key }
    plot input index p using 4:(row($0)):($2 - $4):(0) with vectors nohead lc rgb "#bbbbbb" \
            lw 1.2 dt solid notitle, \
        "" index p using 4:(row($0)):(valid(3) ? $3 - $4 : NaN):(0):ytic(1) with vectors nohead \
            lc rgb "#000000" lw 4 dt solid notitle, \
        "" index p using 2:(row($0)):ytic(1) with points pt 6 ps 0.75 lw 1.4 lc rgb "#777777" \
            title "original, as the thesis cites it", \
        "" index p using (valid(3) ? $3 : NaN):(row($0)) with points pt 5 ps 0.7 \
            lc rgb "#e69f00" title "matched baseline", \
        "" index p using 4:(row($0)) with points pt 7 ps 0.75 lc rgb "#08306b" \
            title "thesis, k-decay", \
        "" index p using 2:(row($0)):(gains($2 - $4, real(strcol(3)) - $4, strcol(3) ne "NaN")) \
            with labels left offset 1.1, 0 font font_of(0.85 * font_size) notitle
}
unset multiplot
set output
