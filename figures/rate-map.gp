# rate-map.gp - bases against their mean rate: the test error less that of the plain linear base.
#
# Input: rows of base, column (0 as published, 1 and 2 with the mean rate of linear with k = 2 and
# k = 3), pairs and difference; 0 pairs where there is no run yet.
height = 6.2
load "figures/style.gp"

if (int(system("grep -vc '^#' '" . input . "'")) == 0) {
    eval nothing("no runs yet")
    exit
}
bases_shown = system("grep -v '^#' '" . input . "' | cut -f 1 | awk '!seen[$1]++' | tr '\n' ' '")
place(name) = sum [i = 1 : words(bases_shown)] (word(bases_shown, i) eq name ? i : 0)

set datafile separator "\t"
unset grid
set border 0
set xrange [0.4 : words(bases_shown) + 0.6]
set yrange [2.55 : -0.55]
set ytics ("as published" 0, "mean factor 0.667" 1, "mean factor 0.750" 2) scale 0
set xtics scale 0 rotate by 40 right offset 0.4, 0.3
do for [i = 1 : words(bases_shown)] { set xtics add (word(bases_shown, i) i) }
set lmargin screen 0.19
set rmargin screen 0.985
set tmargin screen 0.97
set bmargin screen 0.3
set palette defined (-2 "#5a9fcb", -1 "#a5d0e6", 0 "#f7f7f7", 1 "#f4a582")
set cbrange [-2:1]
unset colorbox
unset key
set style fill solid border rgb "#808080"
size = 0.46

plot input using ($3 == 0 ? place(strcol(1)) : NaN):2:(size):(size) with boxxyerror \
        fs pattern 4 border rgb "#c0c0c0" fc rgb "#d8d8d8", \
    "" using ($3 > 0 ? place(strcol(1)) : NaN):2:(size):(size):4 with boxxyerror fc palette z \
        fs solid border rgb "#000000", \
    "" using ($3 > 0 ? place(strcol(1)) : NaN):2:(sprintf("%+.2f\nn = %d", $4, $3)) with labels \
        font font_of(0.75 * font_size)
set output
