# slopes.gp - how fast the learning rate moves: the derivative of four bases, one panel a base.
#
# Input: a row of column names "NAME k = K", then rows of s = t/T and dL/dt in units of
# (L0 - Le) / T, the columns of a base side by side.
height = 10.4
load "figures/style.gp"

ks = "1 1.5 2 3 5"
names = system("head -n 1 '" . input . "' | tr '\t' '\n' | sed -n 's/ k = 1$//p' | tr '\n' ' '")

set datafile separator "\t"
set xrange [0:1]
set yrange [*:0]
set xtics 0.2
set ytics 1
set format x "%.1f"
set format y "%g"
set key bottom left

eval grid_of(2, 2, 1.45, 0.7, 1.0, 1.3)
do for [b = 1 : words(names)] {
    set xlabel (b > 2 ? "progress of training s = t/T" : "")
    set ylabel (b % 2 == 1 ? "dL/dt in (L_0 − L_e)/T" : "")
    set title word(names, b)
    plot for [i = 1 : words(ks)] input using 1 : words(ks) * (b - 1) + i + 1 every ::1 \
        with linespoints ls style_of(real(word(ks, i))) pointinterval 140 \
        title sprintf("k = %s", word(ks, i))
    unset key
}
unset multiplot
set output
