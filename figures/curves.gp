# curves.gp - learning curves as differences to k = 1: the test error over all epochs, then the last
# ten epochs of test error and of test loss enlarged. One column for each k.
#
# Input: a line "# panel: WHAT | EPOCHS | N"; for each k a line "# k: K" and a block over the epochs
# (epoch, then of error and of loss: mean difference, ends of its interval).
height = 9.8
load "figures/style.gp"

count = int(system("grep -c '^# k: ' '" . input . "'"))
if (count == 0) {
    eval nothing("no runs yet")
    exit
}
k_of(i) = system(sprintf("sed -n 's/^# k: //p' '%s' | sed -n '%dp'", input, i))
epochs = real(system("awk -F '\t' '$1 + 0 > m { m = $1 + 0 } END { print m + 0 }' '" . input . "'"))
first_of_last = epochs > 10 ? epochs - 9 : 1

set datafile separator "\t"
set format "%g"
unset key
set multiplot layout 3, count margins screen 0.095, 0.985, 0.115, 0.945 spacing screen 0.022, 0.085
do for [row = 1 : 3] {
    column_ = row < 3 ? 2 : 5
    set xrange [(row == 1 ? 0.5 : first_of_last - 0.4) : epochs + 0.4]
    step = row == 1 ? 10 : 3
    set xtics step
    if (row == 1) { set yrange [-6:6]; set ytics 3 }
    if (row == 2) { set yrange [-3.2:3.2]; set ytics 1 }
    if (row == 3) { set yrange [-0.12:0.12]; set ytics 0.05 }
    do for [i = 1 : count] {
        set title (row == 1 ? "k = " . k_of(i) : "")
        set xlabel (row == 3 ? "epoch" : "")
        set ylabel (i > 1 ? "" : row == 1 ? "error (points)" : row == 2 ? "error (points)" \
            : "test loss") offset 0.6, 0
        set format y (i == 1 ? "%g" : "")
        plot input index i - 1 using 1:column_ + 1:column_ + 2 with filledcurves \
                fc rgb "#c6dbef" fs solid noborder, \
            0 with lines lc rgb "#000000" lw 0.7 dt solid, \
            input index i - 1 using 1:column_ with linespoints lc rgb "#08519c" lw 1.3 dt solid \
                pt 7 ps (row == 1 ? 0.2 : 0.35)
    }
}
unset multiplot
set output
