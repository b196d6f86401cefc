# schedule.gp - one experiment's schedule: learning rate and derivative over the steps.
#
#     build/kdecay schedule EXPERIMENT.ini > schedule.tsv
#     gnuplot -e "input='schedule.tsv'; output_file='schedule.svg'; format='svg'" figures/schedule.gp
#
# For a look at an experiment before it is run; no figure of the paper.
height = 14.0
load "figures/style.gp"

set datafile separator tab
set multiplot layout 2,1
unset key
set lmargin 12
set xlabel "step"
set ylabel "learning rate"
set yrange [0:*]
plot input using "step":"lr" with lines lw 2
set ylabel "derivative, per step"
# a schedule of steps has no slope but 0: gnuplot would warn of an empty range
stats input using "slope_per_step" nooutput
if (STATS_min < STATS_max) { set yrange [*:*] } else { set yrange [-1:1] }
plot input using "step":"slope_per_step" with lines lw 2
unset multiplot
