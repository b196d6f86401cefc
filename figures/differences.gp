# differences.gp - a forest plot of every paired difference of the desk runs, a line each, a heading
# above each family.
#
# Input: for each family a line "# family: PANEL | WHAT" and a block of arms (label, pairs, mean
# difference, ends of its interval); blocks are separated by two blank lines.
height = 12.6
load "figures/style.gp"

count = int(system("grep -c '^# family: ' '" . input . "'"))
if (count == 0) {
    eval nothing("no runs yet")
    exit
}
panel_of(f) = int(system(sprintf("sed -n 's/^# family: //p' '%s' | sed -n '%dp'", input, f)))
what_of(f) = system(sprintf("sed -n 's/^# family: [0-9]* | //p' '%s' | sed -n '%dp'", input, f))
rows_of(f) = int(system(sprintf("awk '/^# family: /{ f++ } /^\"/ && f == %d { n++ } END { print n + 0 }' '%s'", \
    f, input)))
# the line of a family's heading in its panel
array start[count]
array last[2]
do for [p = 1 : 2] { last[p] = 0 }
do for [f = 1 : count] {
    start[f] = last[panel_of(f)] + 1
    last[panel_of(f)] = start[f] + rows_of(f) + 0.6
}
lines = last[1] > last[2] ? last[1] : last[2]

set datafile separator "\t"
set datafile commentschars "#"
unset grid
set grid xtics back ls 101
set border 1 ls 100
unset ytics
set yrange [lines + 0.4 : 0.2]
set xlabel "difference, points"
set format x "%g"
set bmargin screen 1.3 / height
set tmargin screen 0.985
unset key

enough = 6 # pairs: fewer cannot reach p = 0.05
cut(x, low, high) = x < low ? low : x > high ? high : x
font_small = font_of(0.86 * font_size)
# "CIFAR-10, preact-20, 30 epochs, k = 2": the usual set and network go without saying
after(text, start) = strstrt(text, start) == 1 ? text[strlen(start) + 1 : *] : text
network(label) = after(after(label, "preact-20, "), "preact-20-")
short(label) = strstrt(label, "CIFAR-100, ") == 1 ? "CIFAR-100, " . network(label[12 : *]) \
    : network(after(label, "CIFAR-10, "))
shown(label, pairs) = sprintf("%s  (%d)", short(label), pairs)

set multiplot
do for [p = 1 : 2] {
    unset label
    set lmargin screen (p == 1 ? 0.3 : 0.765)
    set rmargin screen (p == 1 ? 0.61 : 0.985)
    low = p == 1 ? -4.5 : -9.5
    high = p == 1 ? 4.5 : 47
    set xrange [low : high]
    step = p == 1 ? 1 : 10
    set xtics step
    do for [f = 1 : count] {
        if (panel_of(f) == p) {
            set label what_of(f) at screen (p == 1 ? 0.012 : 0.63), first start[f] left \
                font font_of(0.9 * font_size)
        }
    }
    set arrow 1 from 0, graph 0 to 0, graph 1 nohead lc rgb "#000000" lw 0.8 dt solid
    # an empty label and not NaN: gnuplot 5.4 dies of a lone label that is undefined
    plot for [f = 1 : count] input index f - 1 using (low):(start[f] + 1 + $0) \
            :(panel_of(f) == p ? shown(strcol(1), $2) : "") with labels right offset -0.6, 0 font font_small, \
        for [f = 1 : count] "" index f - 1 using (panel_of(f) == p && valid(4) && $2 < enough ? cut($4, low, high) : NaN) \
            :(start[f] + 1 + $0):(cut($5, low, high) - cut($4, low, high)):(0) with vectors nohead lc rgb "#a8a8a8" lw 1.5 dt solid, \
        for [f = 1 : count] "" index f - 1 using (panel_of(f) == p && valid(4) && $2 >= enough ? cut($4, low, high) : NaN) \
            :(start[f] + 1 + $0):(cut($5, low, high) - cut($4, low, high)):(0) with vectors nohead lc rgb "#08519c" lw 2.4 dt solid, \
        for [f = 1 : count] "" index f - 1 using (panel_of(f) == p && $2 < enough ? $3 : NaN):(start[f] + 1 + $0) \
            with points pt 6 ps 0.55 lw 1.3 lc rgb "#606060", \
        for [f = 1 : count] "" index f - 1 using (panel_of(f) == p && $2 >= enough ? $3 : NaN):(start[f] + 1 + $0) \
            with points pt 7 ps 0.7 lc rgb "#08519c"
}
unset multiplot
set output
