# over-k.gp - what k does to test error, test loss and training error after the last epoch: paired
# differences to k = 1.
#
# Input: a line "# panel: WHAT | EPOCHS | N"; for each endpoint a line "# measure: NAME | MEAN at
# k = 1", a block of arms (k, pairs, mean difference, ends of its interval) and a block of runs (k,
# difference); blocks are separated by two blank lines.
height = 6.4
load "figures/style.gp"

if (int(system("grep -c '^# measure: ' '" . input . "'")) == 0) {
    eval nothing("no runs yet")
    exit
}
endpoint(e) = system(sprintf("sed -n 's/^# measure: //p' '%s' | sed -n '%dp' | sed 's/ | .*//'", \
    input, e))
at_k1(e) = system(sprintf("sed -n 's/^# measure: .* | //p' '%s' | sed -n '%dp'", input, e))

set datafile separator "\t"
set logscale x 2
set xtics (1, 1.5, 2, 3, 5)
set xrange [0.9:5.8]
set autoscale yfixmin
set offsets 0, 0, graph 0.05, graph 0.05
set format y "%g"
set xlabel "k"
set key off

set multiplot layout 1, 3 margins screen 0.095, 0.985, 0.28, 0.82 spacing screen 0.085
do for [e = 1 : 3] {
    set title sprintf(e == 2 ? "%s\n0 is %.3f, of k = 1" : "%s\n0 is %.2f, of k = 1", endpoint(e), real(at_k1(e))) offset 0, -0.7
    set ylabel (e == 1 ? "difference to k = 1" : "") offset 0.6, 0
    if (e == 2) { set key at screen 0.53, screen 0.015 center bottom maxrows 1 samplen 2 }
    plot input index 2 * e - 1 using ($1 * 1.045):2 with points pt 6 ps 0.35 lc rgb "#808080" \
            title "one pair of runs", \
        0 with lines lc rgb "#000000" lw 0.8 dt solid notitle, \
        "<echo 1 0" using (1):(0) with points pt 7 ps 0.7 lc rgb "#000000" notitle, \
        input index 2 * e - 2 using 1:3 with lines lc rgb "#0072b2" lw 1 dt (5, 3) notitle, \
        "" index 2 * e - 2 using (valid(4) ? $1 : NaN):3:4:5 with yerrorbars lc rgb "#0072b2" \
            lw 1.4 dt solid pt 7 ps 0.7 title "mean and its 95 % t interval"
    unset key
}
unset multiplot
set output
