# schedules.gp - the learning rate of k-decay over the progress of training, one panel a base.
#
# Input: a row of column names, then rows of s = t/T, five columns of the polynomial base (N = 1,
# L0 = 0.1, Le = 1e-4) and five of the cosine base (L0 = 0.1, Le = 0) for the k below.
load "figures/style.gp"

ks = "1 1.5 2 3 5"

set datafile separator "\t"
set xlabel "progress of training s = t/T"
set xrange [0:1]
set yrange [0:0.105]
set xtics 0.2
set ytics 0.02
set format x "%.1f"
set format y "%.2f"
set key bottom left

eval sprintf(panels, 0.17, 0.91)
set title "polynomial base, N = 1"
set ylabel "learning rate L_k"
plot for [i = 1 : words(ks)] input using 1 : 1 + i every ::1 with linespoints \
    ls style_of(real(word(ks, i))) pointinterval 40 title sprintf("k = %s", word(ks, i))
set title "cosine base"
unset ylabel
unset key
plot for [i = 1 : words(ks)] input using 1 : 6 + i every ::1 with linespoints \
    ls style_of(real(word(ks, i))) pointinterval 40
unset multiplot
set output
