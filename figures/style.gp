# style.gp - what all figures share: terminal, fonts, line styles, axes.
#
# Loaded first by each figure, which is called as
#
#     gnuplot -e "input='DATA.tsv'; output_file='FIGURE.pdf'; format='pdf'" figures/NAME.gp
#
# with format 'pdf' (the paper), 'svg' (the web) or 'png' (the README). A figure's bytes depend
# on nothing but the data, gnuplot, the fonts and the clock, whose time Cairo writes into a PDF: the
# Makefile sets it to SOURCE_DATE_EPOCH.
#
# A curve is told by its dash type and its point type, so that it can be read in grey and by
# colour-blind people; colour (Okabe and Ito's set) only helps.

if (!exists("input") || !exists("output_file") || !exists("format")) {
    exit error "style.gp: set input, output_file and format with gnuplot -e; see its first lines"
}

# In cm, in the PDF (the paper's text is 16 cm wide); the factors below make pixels of them. A figure
# of another height sets it before.
width = 16.0
if (!exists("height")) { height = 7.0 }
font_size = format eq 'pdf' ? 9.5 : 13
font_of(size) = sprintf("%s,%g", format eq 'svg' ? "sans-serif" : "Latin Modern Sans", size)
font = font_of(font_size)
if (format eq 'pdf') {
    set terminal pdfcairo color enhanced font font fontscale 0.75 \
        linewidth 1.2 size width cm, height cm
} else { if (format eq 'svg') {
    set terminal svg enhanced font font size 50 * width, 50 * height \
        linewidth 1.2 background "#ffffff" dynamic
} else { if (format eq 'png') {
    set terminal pngcairo color enhanced font font size 60 * width, 60 * height \
        linewidth 1.6 background "#ffffff"
} else {
    exit error "style.gp: unknown format '".format."'; expected pdf, svg or png"
} } }
set output output_file
set encoding utf8

# ---- One style a value of k ------------------------------------------------------------------

# The number of the style of k; values not listed share the last one.
styles = 6
style_of(k) = k == 1 ? 1 : k == 1.5 ? 2 : k == 2 ? 3 : k == 3 ? 4 : k == 5 ? 5 : 6

set style line 1 lc rgb "#000000" lw 1.5 dt solid      pt 7 ps 0.55
set style line 2 lc rgb "#d55e00" lw 1.5 dt (12, 4)    pt 4 ps 0.60
set style line 3 lc rgb "#0072b2" lw 1.5 dt (5, 3)     pt 8 ps 0.70
set style line 4 lc rgb "#009e73" lw 1.5 dt (12,4,2,4) pt 6 ps 0.65
set style line 5 lc rgb "#aa4499" lw 1.5 dt (2, 2.5)   pt 12 ps 0.75
set style line 6 lc rgb "#777777" lw 1.5 dt (8,3,2,3,2,3) pt 2 ps 0.55

# ---- One style a base ------------------------------------------------------------------------

# The number of the style of a base; one that is not listed has the last one.
bases = "linear cosine step exponential tanh rex knee wsd inverse-sqrt one-cycle sgdr constant polynomial"
style_of_base(name) = 11 + (sum [i = 1 : words(bases)] (word(bases, i) eq name ? i - 1 : 0)) \
    + (strstrt(bases, name) ? 0 : words(bases))

set style line 11 lc rgb "#000000" lw 1.5 dt solid           pt 7  ps 0.55
set style line 12 lc rgb "#d55e00" lw 1.5 dt (12, 4)         pt 4  ps 0.60
set style line 13 lc rgb "#777777" lw 1.5 dt solid           pt 1  ps 0.60
set style line 14 lc rgb "#0072b2" lw 1.5 dt (5, 3)          pt 8  ps 0.70
set style line 15 lc rgb "#aa4499" lw 1.5 dt (2, 2.5)        pt 11 ps 0.70
set style line 16 lc rgb "#009e73" lw 1.5 dt (12,4,2,4)      pt 6  ps 0.65
set style line 17 lc rgb "#56b4e9" lw 1.5 dt solid           pt 5  ps 0.55
set style line 18 lc rgb "#e69f00" lw 1.5 dt (8,3,2,3,2,3)   pt 12 ps 0.75
set style line 19 lc rgb "#8c510a" lw 1.5 dt (12, 4)         pt 9  ps 0.70
set style line 20 lc rgb "#444444" lw 1.5 dt (5, 3)          pt 2  ps 0.55
set style line 21 lc rgb "#332288" lw 1.5 dt (2, 2.5)        pt 10 ps 0.70
set style line 22 lc rgb "#999933" lw 1.5 dt (12,4,2,4)      pt 3  ps 0.60
set style line 23 lc rgb "#000000" lw 1.5 dt (12, 4)         pt 13 ps 0.75
set style line 24 lc rgb "#777777" lw 1.5 dt (8,3,2,3,2,3)   pt 14 ps 0.65

# ---- Axes ------------------------------------------------------------------------------------

set style line 100 lc rgb "#404040" lw 0.7            # frame
set style line 101 lc rgb "#dddddd" lw 0.5 dt solid   # grid
set border 3 ls 100
set grid xtics ytics back ls 101
set tics nomirror out scale 0.5 textcolor rgb "#000000"
set xtics offset 0, 0.3
set ytics offset 0.4, 0
set xlabel offset 0, 0.6
set ylabel offset 1.0, 0
set key samplen 4 spacing 1.0 Left reverse noopaque
set title offset 0, -0.8

# Two panels side by side, in fractions of the image: left, right, bottom, top and the gap.
panels = "set multiplot layout 1, 2 margins screen 0.085, 0.985, %g, %g spacing screen 0.07"

# ROWS x COLUMNS panels, with room in cm: below, above, and between them, across and down.
grid_of(rows, columns, below, above, across, down) = sprintf( \
    "set multiplot layout %d, %d margins screen %g, 0.985, %g, %g spacing screen %g, %g", \
    rows, columns, 1.3 / width, below / height, 1 - above / height, across / width, down / height)

# All of an image that has no data yet.
nothing(text) = "unset border; unset tics; unset key; unset grid; set xrange [0:1]; " \
    . "set yrange [0:1]; set label '" . text . "' at graph 0.5, graph 0.5 center; " \
    . "plot NaN notitle; set output"
