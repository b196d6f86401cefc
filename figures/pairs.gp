# pairs.gp - runs of equal seeds against k: their errors, and what each gained on k = 1.
#
# Input: a line "# panel: WHAT | EPOCHS | N", a block of arms (k, pairs, mean difference, the ends
# of its interval), a block of the trend (two points of k, difference, or a row of NaN) and a block
# for each seed (k, error, difference); blocks are separated by two blank lines. Without a seed, the
# image says so.
height = 7.5
load "figures/style.gp"

what = system(sprintf("sed -n 's/^# panel: //p' '%s' | sed 's/ | /, /g'", input))
seeds = int(system(sprintf("grep -c '^# seed: ' '%s'", input)))

if (seeds == 0) {
    eval nothing("no runs yet")
    exit
}

set datafile separator "\t"
set logscale x 2
set xtics (1, 1.5, 2, 3, 5, 10)
set autoscale noextend
set offsets graph 0.05, graph 0.05, graph 0.06, graph 0.06
set format "%g"
set xlabel "k"

set label what at screen 0.53, screen 0.955 center
eval sprintf(panels, 0.32, 0.83)
set title "test error of each seed (%)"
unset key
plot for [s = 1 : seeds] input index s + 1 using 1:2 with linespoints lc rgb "#606060" lw 0.8 \
    dt solid pt 6 ps 0.4 notitle
unset label
set title "difference to k = 1 with the same seed (points)"
set key at screen 0.53, screen 0.01 center bottom maxrows 2
plot for [s = 1 : seeds] input index s + 1 using 1:3 with linespoints lc rgb "#a0a0a0" lw 0.6 \
    dt solid pt 6 ps 0.4 title (s == 1 ? "a seed" : ""), \
    0 with lines lc rgb "#000000" lw 0.7 dt solid title "no difference", \
    input index 1 using 1:2 with lines ls 2 title "trend over log k", \
    "" index 0 using (valid(4) ? $1 : NaN):3:4:5 with yerrorbars ls 1 pt 7 ps 0.7 \
        title "mean and its 95 % t interval"
unset multiplot
set output
