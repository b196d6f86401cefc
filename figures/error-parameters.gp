# error-parameters.gp - test error after the last epoch of Weight Blocks and of ordinary networks,
# against the numbers to be stored and against the multiply-adds of a forward pass.
#
# Input: a line "# panel: WHAT | EPOCHS | N", then for each series a line "# series: NAME" and a block
# of its arms (label, stored, multiply-adds, n, mean, standard deviation); blocks are separated by two
# blank lines.
height = 7.4
load "figures/style.gp"

names = system("sed -n 's/^# series: //p' '" . input . "' | tr '\n' ' '")
if (words(names) == 0) {
    eval nothing("no runs yet")
    exit
}

set datafile separator "\t"
set logscale xy
set yrange [11:62]
set ytics (12, 15, 20, 30, 40, 60)
set format y "%g"
set mxtics 10
style_of_series(name) = name eq "expansion" ? 2 : name eq "bank" ? 3 : name eq "search" ? 5 : \
    name eq "null-control" ? 6 : 1
legend_of(name) = name eq "null-control" ? "null control" : name
# Points that are no curve: null controls are the ordinary network by another name, searches have one size.
is_curve(name) = name ne "null-control" && name ne "search"
on_curve(name, value) = is_curve(name) ? value : NaN
font_small = font_of(0.8 * font_size)

eval sprintf(panels, 0.27, 0.97)
set xrange [1e3 : 1e6]
set format x "10^{%T}"
set xlabel "numbers to be stored"
set ylabel "test error (%)"
unset key
plot for [s = 1 : words(names)] input index s - 1 using 2:5:6 with yerrorbars \
        ls style_of_series(word(names, s)) dt solid lw 0.8 ps 0, \
    for [s = 1 : words(names)] input index s - 1 using 2:(on_curve(word(names, s), $5)) with lines \
        ls style_of_series(word(names, s)), \
    for [s = 1 : words(names)] input index s - 1 using 2:5 with points \
        ls style_of_series(word(names, s)), \
    for [s = 1 : words(names)] input index s - 1 using 2:5:(word(names, s) ne "expansion" || $2 > 2e5 ? "" \
        : strcol(1)) with labels font font_small left offset 0.7, 0.55, \
    for [s = 1 : words(names)] input index s - 1 using 2:5:(word(names, s) eq "bank" ? strcol(1) : "") \
        with labels font font_small right offset -0.8, -0.3, \
    for [s = 1 : words(names)] input index s - 1 using 2:5:(word(names, s) ne "search" ? "" \
        : strcol(1) eq "basis" ? "no choice" : strcol(1)) with labels font font_small left offset 2.2, 0.1
unset ylabel
set xrange [1e6 : 1.5e8]
set xlabel "multiply-adds of a forward pass, one image"
set key at screen 0.53, screen 0.015 center bottom maxrows 1 samplen 1 width -2
plot for [s = 1 : words(names)] input index s - 1 using 3:5:6 with yerrorbars \
        ls style_of_series(word(names, s)) dt solid lw 0.8 ps 0 notitle, \
    for [s = 1 : words(names)] input index s - 1 using 3:(on_curve(word(names, s), $5)) with lines \
        ls style_of_series(word(names, s)) notitle, \
    for [s = 1 : words(names)] input index s - 1 using 3:5 with points \
        ls style_of_series(word(names, s)) title legend_of(word(names, s)), \
    for [s = 1 : words(names)] input index s - 1 using 3:5:(word(names, s) eq "bank" && $2 < 5e4 ? strcol(1) : "") \
        with labels font font_small right offset -0.8, 0 notitle, \
    for [s = 1 : words(names)] input index s - 1 using 3:5:(word(names, s) eq "expansion" && $2 < 2e5 ? strcol(1) : "") \
        with labels font font_small left offset 0.8, 0 notitle, \
    for [s = 1 : words(names)] input index s - 1 using 3:5:(word(names, s) eq "ordinary" && $3 < 2.5e7 \
        ? strcol(1) : "") with labels font font_small right offset -0.6, -0.5 notitle
unset multiplot
set output
