# training.gp - test and training error over the epochs of desk runs that differ in k and seed.
#
# Input: blocks separated by two blank lines. The first line of a block is its quoted title, where
# ARM holds "k = NUMBER": "ARM, seed N" of a run, behind the runs of an arm "ARM, n = N" of their
# mean; then rows of epoch, learning rate, training loss, training error, test loss, test error,
# separated by tabs, errors in %. Runs are thin, means named. Without a row, the image says so.
height = 8.5
load "figures/style.gp"

if (system(sprintf("test -r '%s' && echo yes", input)) ne "yes") {
    exit error "training.gp: cannot read '".input."'; the program writes it from the raw logs"
}

# gnuplot has no way to ask a file for its titles and ranges before the first plot
titles = system(sprintf("sed -n 's/^\\(\".*\"\\)[[:space:]]*$/\\1/p' '%s' | tr '\\n' ' '", input))
column_max(column) = real(system(sprintf( \
    "awk -F '\t' 'NF >= 6 && $%d + 0 > m { m = $%d + 0 } END { print m + 0 }' '%s'", \
    column, column, input)))
last_epoch = column_max(1)
error_max = column_max(4) > column_max(6) ? column_max(4) : column_max(6)
# An error of 0 has no place on a logarithmic axis: the curve ends there.
error_min = real(system(sprintf( \
    "awk -F '\t' 'NF >= 6 { for (c = 4; c <= 6; c += 2) if ($c > 0 && (!m || $c < m)) m = $c + 0 }" \
    ." END { print m ? m : 1 }' '%s'", input)))

if (last_epoch == 0) {
    eval nothing("no finished desk run yet")
    exit
}

title_of(i) = word(titles, i)
is_mean(i) = strstrt(title_of(i), ", n = ") > 0
# the number in "k = 1.5," anywhere in the title
until_comma(text) = strstrt(text, ",") ? text[1 : strstrt(text, ",") - 1] : text
k_of(i) = real(word(until_comma(title_of(i)[strstrt(title_of(i), "k = ") + 4 : *]), 1))

# What stands before "k = " in every title goes above the panels, else it stays in the legend.
prefix_of(i) = title_of(i)[1 : strstrt(title_of(i), "k = ") - 1]
common = prefix_of(1)
do for [j = 2 : words(titles)] { if (prefix_of(j) ne common) { common = "" } }
short(text) = text[strlen(common) + 1 : *]
legend(i) = is_mean(i) ? short(title_of(i)) : ""

set datafile separator "\t"
set xlabel "epoch"
set xrange [1 - 0.04 * last_epoch : last_epoch * 1.04]
# What differs are the late epochs, so the first ones are cut off.
set logscale y
top = error_max > error_min ? error_max : error_min
set yrange [error_min / 1.1 : top > 4 * error_min ? 4 * error_min : 1.1 * top]
set ytics (0.1, 0.2, 0.5, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 30, 50, 70, 100)
set xtics ceil(last_epoch / 10.0)
set format "%g"
every_points = ceil(last_epoch / 25.0)

# the runs below the means; gnuplot leaves out what has no number
curves = "plot for [i = 1 : words(titles)] input index i - 1 using 1:(is_mean(i) ? NaN : $%d) " \
    . "with lines ls style_of(k_of(i)) lw 0.3 dt solid notitle, " \
    . "for [i = 1 : words(titles)] input index i - 1 using 1:(is_mean(i) ? $%d : NaN) " \
    . "with linespoints ls style_of(k_of(i)) pointinterval every_points title legend(i)"

# one legend for both panels, below them
arms = sum [j = 1 : words(titles)] (is_mean(j) ? 1 : 0)
longest = 0
do for [j = 1 : words(titles)] {
    if (strlen(legend(j)) > longest) { longest = strlen(legend(j)) }
}
legend_rows = ceil(arms / (longest > 25 ? 2.0 : 3.0))
legend_font = font_of(longest > 25 ? 0.8 * font_size : font_size)
legend_width = longest > 25 ? -longest / 7 : 0 # gnuplot takes letters for wider than they are
if (common ne "") {
    set label common[1 : strlen(common) - 2] at screen 0.53, screen 0.96 center
}
eval sprintf(panels, 0.15 + 0.07 * legend_rows, common eq "" ? 0.91 : 0.84)
set title "test error, after the epoch"
set ylabel "error (%)"
unset key
eval sprintf(curves, 6, 6)
unset label
set title "training error, during the epoch"
unset ylabel
set key at screen 0.53, screen 0.01 center bottom vertical maxrows legend_rows \
    width legend_width font legend_font
eval sprintf(curves, 4, 4)
unset multiplot
set output
