# error-parameters.gp - test error after the last epoch against the numbers to be stored: Weight Blocks
# and ordinary networks, a point type a series.
#
# Input: a line "# panel: WHAT | EPOCHS | N", then for each series a line "# series: NAME" and a block
# of its arms (stored, n, mean, standard deviation); blocks are separated by two blank lines.
height = 8.0
load "figures/style.gp"

names = system("sed -n 's/^# series: //p' '" . input . "' | tr '\n' ' '")
if (words(names) == 0) {
    eval nothing("no runs yet")
    exit
}

set datafile separator "\t"
set autoscale noextend
set offsets 0, 0, graph 0.05, graph 0.05
set logscale x
set xrange [2e3 : 1e6]
set format x "10^{%T}"
set mxtics 10
set format y "%g"
set xlabel "numbers to be stored"
set ylabel "test error (%)"
set title system("sed -n 's/^# panel: //p' '" . input . "' | sed 's/ | /, /g'")
set tmargin screen 0.92
set lmargin screen 0.085
set rmargin screen 0.97
set bmargin screen 1.3 / height
set key inside right top

# one style for each series, whichever of them are there
style_of_series(name) = name eq "expansion" ? 2 : name eq "bank" ? 3 : 1

plot for [s = 1 : words(names)] input index s - 1 using (valid(4) ? $1 : NaN) : 3 : 4 with yerrorbars \
        ls style_of_series(word(names, s)) dt solid lw 0.8 ps 0 notitle, \
    for [s = 1 : words(names)] input index s - 1 using 1 : 3 with linespoints \
        ls style_of_series(word(names, s)) title word(names, s)
set output
