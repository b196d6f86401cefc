# bases.gp - the family of curves of every base, one panel a base.
#
# Input: a row of column names "NAME k = K", then rows of s = t/T and the factors, the columns of a
# base side by side.
ks = "1 1.5 2 3 5"
first_line = "head -n 1 '" . input . "'"
names = system(first_line . " | tr '\t' '\n' | sed -n 's/ k = 1$//p' | tr '\n' ' '")

columns = 4
rows = ceil((words(names) + 1.0) / columns) # one more for the legend
height = 2.0 + 3.7 * rows
load "figures/style.gp"

long_name(name) = name eq "sgdr" ? "SGDR: cosine, restarts" : name eq "linear" \
    ? "linear: polynomial, N = 1" : name

set datafile separator "\t"
set xrange [0:1]
set yrange [0:1.05]
set xtics 0.5
set ytics 0.5
set mxtics 5
set mytics 5
set format "%.1f"
unset key

eval grid_of(rows, columns, 1.25, 0.7, 1.0, 1.4)
do for [b = 1 : words(names)] {
    set xlabel (b > words(names) - columns ? "s = t/T" : "")
    set ylabel (b % columns == 1 ? "factor f" : "")
    set title long_name(word(names, b))
    plot for [i = 1 : words(ks)] input using 1 : words(ks) * (b - 1) + i + 1 every ::1 \
        with linespoints ls style_of(real(word(ks, i))) pointinterval 140 notitle
}
set title " "
unset border
unset tics
unset grid
unset xlabel
unset ylabel
legend_font = font_of(0.85 * font_size)
set key at graph 0.0, graph 1.0 left top vertical maxrows words(ks) samplen 4 spacing 0.95 \
    font legend_font
plot for [i = 1 : words(ks)] NaN with linespoints ls style_of(real(word(ks, i))) \
    title sprintf("k = %s", word(ks, i))
unset multiplot
set output
