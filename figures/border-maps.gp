# border-maps.gp - how strong the outputs of 3x3 convolutions are 0 to 3 pixels from the border of
# their map, layer by layer: a panel for each padding.
#
# Input: for each arm a line "# arm: NAME, n = N" and a block (layer, rms 0, 1, 2 and 3 pixels from
# the border over that at 3 pixels); blocks are separated by two blank lines.
height = 7.6
load "figures/style.gp"

arm_of(a) = system(sprintf("sed -n 's/^# arm: //p' '%s' | sed -n '%dp' | sed 's/, n = /\\n(/; s/$/)/'", input, a))
arms = int(system("grep -c '^# arm: ' '" . input . "'"))
# zero padding, the usual one, first
zero = 1
do for [a = 1 : arms] { if (strstrt(arm_of(a), "zero\n")) { zero = a } }
at(a) = a == 1 ? zero : a <= zero ? a - 1 : a

if (arms == 0) {
    eval nothing("no measures yet")
    exit
}

set datafile separator "\t"
unset grid
set border 15 ls 100
set xrange [-0.5:3.5]
set xtics ("0" 0, "1" 1, "2" 2, "3" 3) scale 0
set yrange [*:*] reverse noextend
set ytics 3 scale 0.3
# the lighter the stronger, in grey as well
set palette defined (0.5 "#00204d", 0.75 "#46557a", 1 "#a5a5a5", 1.25 "#dcc76a", 1.5 "#fff6a0")
set cbrange [0.5:1.5]
unset key
unset colorbox
set style fill solid noborder

set multiplot layout 1, arms margins screen 0.075, 0.89, 0.155, 0.86 spacing screen 0.012
do for [a = 1 : arms] {
    set title arm_of(at(a)) font font_of(0.9 * font_size) offset 0, -0.7
    set ylabel (a == 1 ? "3x3 convolution, from the input on" : "")
    set format y (a == 1 ? "%g" : "")
    set xlabel (a == (arms + 1) / 2 ? "pixels from the border" : "")
    if (a == arms) {
        set colorbox user origin screen 0.905, screen 0.155 size screen 0.018, screen 0.705
        set cbtics 0.25 scale 0.3 offset -0.5, 0
    }
    plot for [d = 0 : 3] input index at(a) - 1 using (d):1:(0.5):(0.5):(column(d + 2)) with boxxyerror \
        fc palette z
}
unset multiplot
set output
