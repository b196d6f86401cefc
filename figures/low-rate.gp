# low-rate.gp - the share of training spent below 10 % of the range of the learning rate, against k.
#
# Input: a row of column names, then rows of k and the share for each base.
height = 6.5
load "figures/style.gp"

names = system("head -n 1 '" . input . "' | cut -f 2- | tr '\t' ' '")

set datafile separator "\t"
set logscale xy
set xrange [0.5:10]
set yrange [0.4:100]
set xtics (0.5, 1, 1.5, 2, 3, 4, 5, 6, 8, 10)
set ytics (0.5, 1, 2, 5, 10, 20, 50, 100)
set xlabel "k"
set ylabel "training below 10 % of the range (%)"
set bmargin screen 1.3 / height
set lmargin screen 0.085
set rmargin screen 0.81
set key at screen 0.825, graph 1.0 left top samplen 4

plot for [i = 1 : words(names)] input using 1 : (100 * column(i + 1)) every ::1 with linespoints \
    ls style_of_base(word(names, i)) pointinterval 10 title word(names, i)
set output
