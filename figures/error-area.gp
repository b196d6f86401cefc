# error-area.gp - test error after the last epoch against the mean learning-rate factor, all desk
# arms of one setting, a point type a base.
#
# Input: a line "# panel: WHAT | EPOCHS | N", then for each base a line "# base: NAME" and a block
# of its arms (mean factor, k, n, mean, standard deviation); blocks are separated by two blank lines.
height = 8.0
load "figures/style.gp"

names = system("sed -n 's/^# base: //p' '" . input . "' | tr '\n' ' '")
if (words(names) == 0) {
    eval nothing("no runs yet")
    exit
}

set datafile separator "\t"
set autoscale noextend
set offsets 0.02, 0.02, graph 0.05, graph 0.05
set format x "%.2f"
set format y "%g"
set xlabel "mean factor"
set ylabel "test error (%)"
set title system("sed -n 's/^# panel: //p' '" . input . "' | sed 's/ | /, /g'")
set tmargin screen 0.92
set lmargin screen 0.085
set rmargin screen 0.81
set bmargin screen 1.3 / height
set key at screen 0.825, graph 1.0 left top

# bases of equal area stand side by side
aside(b) = 0.006 * (b - (words(names) + 1) / 2.0)
plot for [b = 1 : words(names)] input index b - 1 using (valid(5) ? $1 + aside(b) : NaN) : 4 : 5 with yerrorbars \
        ls style_of_base(word(names, b)) dt solid lw 0.8 ps 0 notitle, \
    for [b = 1 : words(names)] input index b - 1 using ($1 + aside(b)) : 4 with points \
        ls style_of_base(word(names, b)) lw 1.2 title word(names, b)
set output
