# budget.gp - what k = 2 gains on k = 1 against the number of epochs.
#
# Input: for each network a line "# series: NAME", a block of budgets (epochs, pairs, mean
# difference, ends of its interval) and a block of runs (epochs, difference); blocks are separated by
# two blank lines.
height = 5.9
load "figures/style.gp"

count = int(system("grep -c '^# series: ' '" . input . "'"))
if (count == 0) {
    eval nothing("no runs yet")
    exit
}
name_of(i) = system(sprintf("sed -n 's/^# series: //p' '%s' | sed -n '%dp'", input, i))

set datafile separator "\t"
set logscale x
set xrange [2.4:42]
set xtics (3, 10, 30)
set format y "%g"
set autoscale noextend
set offsets 0, 0, graph 0.06, graph 0.06
set xlabel "epochs of the run"
set ylabel "k = 2 less k = 1 (points)"
set lmargin screen 0.085
set rmargin screen 0.7
set bmargin screen 1.3 / height
set tmargin screen 0.97
set key at screen 0.72, graph 1.0 left top samplen 2 spacing 1.25

# "CIFAR-10, preact-20-bank-u128" as bank-u128, and CIFAR-10 unless another set is named
network(name) = name[1 : 10] eq "CIFAR-10, " ? name[11 : *] : name
short(name) = network(name)[1 : 10] eq "preact-20-" ? network(name)[11 : *] : network(name)
known(pairs) = pairs > 2 ? 1 : NaN # an interval of two pairs says nothing

# networks of one budget stand side by side
aside(i) = exp(0.055 * (i - (count + 1) / 2.0))
set style line 31 lc rgb "#000000" lw 1.4 dt solid pt 7 ps 0.75
set style line 32 lc rgb "#aa4499" lw 1.4 dt solid pt 5 ps 0.7
set style line 33 lc rgb "#0072b2" lw 1.4 dt solid pt 9 ps 0.85
set style line 34 lc rgb "#009e73" lw 1.4 dt solid pt 13 ps 0.85
set style line 35 lc rgb "#d55e00" lw 1.4 dt solid pt 11 ps 0.85

plot 0 with lines lc rgb "#000000" lw 0.8 dt solid notitle, \
    for [i = 1 : count] input index 2 * i - 1 using ($1 * aside(i)):2 with points \
        ls 30 + i pt 6 ps 0.4 lw 0.8 notitle, \
    for [i = 1 : count] input index 2 * i - 2 using ($1 * aside(i)):3 smooth unique with lines \
        ls 30 + i dt (5, 3) lw 0.8 notitle, \
    for [i = 1 : count] input index 2 * i - 2 using ($1 * aside(i)):(known($2) * $3):(known($2) * $4):(known($2) * $5) \
        with yerrorbars ls 30 + i ps 0 notitle, \
    for [i = 1 : count] input index 2 * i - 2 using ($1 * aside(i)):3 with points ls 30 + i \
        title short(name_of(i)), \
    NaN with points pt 6 ps 0.4 lw 0.8 lc rgb "#606060" title "one pair of runs"
set output
