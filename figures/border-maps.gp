# border-maps.gp - how strong the outputs of 3x3 convolutions are on the border of their map, next to
# those 3 pixels inward, layer by layer, one curve an arm of Pad Net.
#
# Input: for each arm a line "# arm: NAME, n = N" and a block (layer, mean, least, largest); blocks are
# separated by two blank lines.
height = 8.0
load "figures/style.gp"

arm_of(a) = system(sprintf("sed -n 's/^# arm: //p' '%s' | sed -n '%dp'", input, a))
arms = int(system("grep -c '^# arm: ' '" . input . "'"))
if (arms == 0) {
    eval nothing("no measures yet")
    exit
}

set datafile separator "\t"
set xlabel "3x3 convolution, in the network's order"
set ylabel "rms on the border / rms 3 pixels inward"
set xtics 2
set xrange [0.5 : *]
set format "%g"
set tmargin screen 0.96
set lmargin screen 0.085
set rmargin screen 0.75
set bmargin screen 1.3 / height
set key at screen 0.765, graph 1.0 left top

# zero padding in black; the bases' styles are the largest set of unlike ones
style_of_arm(a) = arm_of(a)[1 : 5] eq "zero," ? 11 : 11 + a
plot for [a = 1 : arms] input index a - 1 using 1 : 2 : 3 : 4 with yerrorbars \
        ls style_of_arm(a) dt solid lw 0.8 ps 0 notitle, \
    for [a = 1 : arms] input index a - 1 using 1 : 2 with linespoints \
        ls style_of_arm(a) title arm_of(a)
set output
