# bench.gp - how near training comes to the time that its convolutions alone take.
#
# Input: build/bench/bench.csv of `kdecay bench`, a row a network and precision, columns by name;
# "-" where there is no number. A bar is a rate of training, of the rate that the convolutions of
# our trainer alone would give; above it the images a second.
load "figures/style.gp"

set datafile separator ","
set datafile missing "-"
set style data histograms
set style histogram clustered gap 1
set style fill solid 0.9 border lc rgb "#000000"
set boxwidth 0.9
set yrange [0:125<*]
set ytics 0, 20
set ylabel "training speed (% of convolutions alone)"
set xtics nomirror rotate by -30 scale 0 offset -0.5, 0
set grid noxtics
set key top left horizontal
set bmargin at screen 0.24
set rmargin at screen 0.93
set tmargin at screen 0.97

label_of(network, precision) = precision eq "f32" ? network : network . " " . precision
rate_of(name) = sprintf(column(name) < 100 ? "%.1f" : "%.0f", column(name))
rate_font = font_of(0.75 * font_size)

plot input using "of limit (%)":xtic(label_of(strcol("network"), strcol("precision"))) \
         lc rgb "#0072b2" title "kdecay", \
     "" using "PyTorch of limit (%)" lc rgb "#dddddd" title "PyTorch, fastest setting", \
     "" using ($0 - 1.0 / 6):(column("of limit (%)") + 3):(rate_of("train (images/s)")) \
         with labels font rate_font notitle, \
     "" using ($0 + 1.0 / 6):(column("PyTorch of limit (%)") + 3):(rate_of("PyTorch (images/s)")) \
         with labels font rate_font notitle, \
     100 with lines lc rgb "#000000" dt (4, 3) notitle
set output
