# border-filters.gp - what Padding Layers have learned: the size of each number of their filters,
# layer by layer, as images of taps.
#
# Input: for each arm a line "# arm: NAME, n = N" and for each number of its filters a line "# tap:
# NAME" and a block (layer, rms over the channels); blocks are separated by two blank lines.
height = 6.8
load "figures/style.gp"

arms = int(system("grep -c '^# arm: ' '" . input . "'"))
if (arms == 0) {
    eval nothing("no measures yet")
    exit
}
arm_of(a) = system(sprintf("sed -n 's/^# arm: //p' '%s' | sed -n '%dp'", input, a))
taps_of(a) = int(system(sprintf("awk '/^# arm: /{ a++ } /^# tap: / && a == %d { n++ } END { print n + 0 }' '%s'", a, input)))
tap_of(a, t) = system(sprintf("awk '/^# arm: /{ a++ } /^# tap: / && a == %d' '%s' | sed -n '%ds/# tap: //p' | tr -d ' '", a, input, t))
array first[arms]
array taps[arms]
sum_ = 0
do for [a = 1 : arms] { first[a] = sum_; taps[a] = taps_of(a); sum_ = sum_ + taps[a] }

set datafile separator "\t"
unset grid
set border 15 ls 100
set yrange [*:*] reverse noextend
set ytics 3 scale 0.3
set palette defined (0 "#ffffff", 1 "#08306b")
set cbrange [0:0.15]
unset key
unset colorbox
set style fill solid noborder
set tmargin screen 0.9
set bmargin screen 0.2

set multiplot
x = 0.085
do for [a = 1 : arms] {
    set lmargin screen x
    set rmargin screen x + 0.78 * taps[a] / sum_
    x = x + 0.78 * taps[a] / sum_ + 0.03
    set xrange [0.5 : taps[a] + 0.5]
    set xtics () scale 0
    do for [t = 1 : taps[a]] { set xtics add (tap_of(a, t) t) }
    set title arm_of(a) font font_of(0.9 * font_size)
    set xlabel "tap d,e, and the constant b"
    set ylabel (a == 1 ? "3x3 convolution" : "")
    set format y (a == 1 ? "%g" : "")
    if (a == arms) {
        set colorbox user origin screen 0.93, screen 0.2 size screen 0.015, screen 0.7
        set cbtics 0.05 scale 0.3 offset -0.5, 0
    }
    plot for [t = 1 : taps[a]] input index first[a] + t - 1 using (t):1:(0.5):(0.5):2 \
        with boxxyerror fc palette z
}
unset multiplot
set output
