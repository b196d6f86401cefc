# area.gp - the mean learning-rate factor against k, one curve a base; and where the linear base has
# the area that others have as published, with k = 1.
#
# Input: a row of column names, then rows of k and the mean factor of each base.
height = 8.0
load "figures/style.gp"

names = system("head -n 1 '" . input . "' | cut -f 2- | tr '\t' ' '")
published = "rex tanh knee"
called(name) = name eq "tanh" ? "HTD" : name eq "rex" ? "REX" : "Knee"

set datafile separator "\t"
set logscale x
set xrange [0.5:10]
set yrange [0:1]
set xtics (0.5, 1, 1.5, 2, 3, 4, 5, 6, 8, 10)
set ytics 0.1
set format y "%.1f"
set xlabel "k"
set ylabel "mean factor"
set bmargin screen 1.3 / height
set lmargin screen 0.085
set rmargin screen 0.81
set key at screen 0.825, graph 1.0 left top samplen 4

# The linear base has the area k / (k + 1).
twin(area) = area / (1 - area)
of_k1(value) = column(1) == 1 ? value : NaN
note(name) = sprintf("%s %.2f", called(name), twin(column(name)))

plot for [i = 1 : words(names)] input using 1 : i + 1 every ::1 with linespoints \
        ls style_of_base(word(names, i)) pointinterval 12 title word(names, i), \
    for [name in published] input using (of_k1(1)) : name : (twin(column(name)) - 1) : (0) \
        with vectors nohead ls 15 lc rgb "#404040" notitle, \
    for [name in published] input using (of_k1(twin(column(name)))) : (0) : (0) : name \
        with vectors nohead ls 15 lc rgb "#404040" notitle, \
    for [name in published] input using (of_k1(twin(column(name)))) : (0.02) : (note(name)) \
        with labels rotate by 90 left offset -1.1, 0 notitle, \
    for [name in published] input using (of_k1(twin(column(name)))) : name \
        with points pt 6 ps 1.3 lw 1.6 lc rgb "#000000" notitle
set output
