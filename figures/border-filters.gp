# border-filters.gp - what Padding Layers have learned: the rms over the channels of each number of their
# filters, layer by layer, a panel an arm.
#
# Input: for each arm a line "# arm: NAME, n = N", then for each number a line "# tap: NAME" and a block
# (layer, rms); blocks are separated by two blank lines.
height = 7.5
load "figures/style.gp"

arm_of(a) = system(sprintf("sed -n 's/^# arm: //p' '%s' | sed -n '%dp'", input, a))
tap_of(t) = system(sprintf("sed -n 's/^# tap: //p' '%s' | sed -n '%dp'", input, t))
# how many taps stand before the a-th arm
before(a) = int(system(sprintf( \
    "awk '/^# arm/ && ++arms == %d {exit} /^# tap/ {taps++} END {print taps + 0}' '%s'", a, input)))
arms = int(system("grep -c '^# arm: ' '" . input . "'"))
if (arms == 0) {
    eval nothing("no measures yet")
    exit
}

set datafile separator "\t"
set xlabel "3x3 convolution, in the network's order"
set xtics 2
set xrange [0.5 : *]
set yrange [0 : *]
set offsets 0, 0, graph 0.4, 0 # the key
set format "%g"
small = font_of(0.85 * font_size)
set key inside left top maxrows 4 font small

eval grid_of(1, arms, 1.3, 0.9, 1.15, 1.0)
do for [a = 1 : arms] {
    first = before(a) + 1
    last = before(a + 1)
    set title arm_of(a)
    set ylabel (a == 1 ? "rms over the channels" : "")
    plot for [t = first : last] input index t - 1 using 1 : 2 with linespoints \
        ls (tap_of(t) eq "b" ? 13 : 13 + t - first + 1) title tap_of(t)
}
unset multiplot
set output
