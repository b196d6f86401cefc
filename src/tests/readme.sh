#!/bin/sh
# readme.sh - what the README files say is there, and their numbers are those of the tables.
#
#     sh src/tests/readme.sh build/kdecay build/scratch/readme
#
# From the project's root. In every README file, each link and each path in backticks leads to a file,
# each `make` names targets of the Makefile, each build/kdecay names a command. Each figure shown is the
# one whose digest `make keep` has kept. README.md and README.zh.md list the numbers of their findings
# between "<!-- numbers" and "-->", each with what it is: the id of a value (src/report/trace.h), or a
# table, an arm and a column. The list must be that of the text, in reading order; each number must be
# the one in the table; and both files must list the same ones.
program=$1 out=$2
export LC_ALL=C
files=$(find . -path ./build -prune -o -path ./.git -prune -o -name 'README*.md' -print | sort)
rm -rf "$out" && mkdir -p "$out" || exit 1
"$program" report --out "$out" || exit 1
"$program" help | sed -n 's/^  \([a-z]*\) .*/command \1/p' > "$out/names"
sed -n 's/^\([a-z][a-z0-9-]*\):.*/target \1/p' Makefile >> "$out/names"
status=0

# ---- Links, paths, commands ------------------------------------------------------------------

# Lines "FILE KIND WORD"; code is what stands in backticks, is indented by four, or is fenced.
awk '
function words(code,  n, i, word) {
    sub(/ #.*/, "", code)
    n = split(code, word, " ")
    for (i = 1; i <= n && word[i] !~ /^(make|build\/kdecay)$/; i++)
        ;
    if (word[i] == "build/kdecay" && word[i + 1] ~ /^[a-z]+$/)
        print FILENAME, "command", word[i + 1]
    if (word[i] == "make")
        for (i++; i <= n && word[i] !~ /[;&|]/; i++)
            if (word[i] ~ /^[a-z][a-z0-9\/_.-]*$/ && word[i] !~ /^build/)
                print FILENAME, "target", word[i]
}
FNR == 1 { fenced = 0 }
/^ *```/ { fenced = !fenced; next }
fenced || /^    / { words($0); next }
{
    for (line = $0; (at = index(line, "](")) > 0;) {
        line = substr(line, at + 2)
        target = substr(line, 1, index(line, ")") - 1)
        if (target !~ /^(https?:|#)/)
            print FILENAME, "link", target
    }
    n = split($0, part, "`")
    for (i = 2; i <= n; i += 2) {
        words(part[i])
        if (part[i] ~ /^(src|experiments|results|figures|paper|\.github|\.ci)\/[A-Za-z0-9_.\/-]+$/ &&
            part[i] !~ /[A-Z]+\/|mine|seed-[0-9]|\.\.\./)
            print FILENAME, "path", part[i]
    }
}' $files | sort -u > "$out/named"
[ -s "$out/named" ] || { echo "readme.sh: found no link and no command at all"; exit 1; }
while read -r file kind word; do
    case $kind in
    link) [ -e "$(dirname "$file")/${word%%#*}" ] ;;
    path) [ -e "$word" ] ;;
    *) grep -qx "$kind $word" "$out/names" ;;
    esac || { echo "$file: $kind $word: there is none"; status=1; }
done < "$out/named"

for figure in $(sed -n 's/.*](\(.*figures\/[a-z-]*\.svg\)).*/\1/p' $files | sed 's|.*figures/|figures/|'); do
    grep -qx "$(sha256sum < "$figure" | cut -d ' ' -f 1)  $figure" results/drawn.sha256 ||
        { echo "$figure: it is not the one of results/drawn.sha256; \`make keep\` copies it"; status=1; }
done

# ---- Numbers ---------------------------------------------------------------------------------

for file in README.md README.zh.md; do
    awk -v tables="$out/tables" '
    function bad(text) { print FILENAME ": " text; failed = 1 }
    # The number without its sign, unless the text says the sign.
    function as(shown, number) { return shown ~ /^[-+]/ ? number : substr(number, number ~ /^[-+]/ ? 2 : 1) }
    function cell(table, arm, column,  path, line, head, field, n, i, found) {
        path = tables "/" table ".csv"
        getline line < path
        n = split(line, head, ",")
        while ((getline line < path) > 0) {
            split(line, field, ",")
            for (i = 1; i <= n; i++)
                if (head[i] == column && line ~ ("," arm "$"))
                    found = field[i]
        }
        close(path)
        return found
    }
    FILENAME ~ /\.sources\.tsv$/ { split($0, column, "\t"); value[column[1]] = column[2]; next }
    /^<!-- findings/ { reading = 1; next }
    /^<!-- numbers/ { reading = 0; listing = 1; next }
    /^-->/ { listing = 0 }
    reading { gsub(/`[^`]*`|\]\([^)]*\)/, ""); text = text " " $0 }
    listing {
        shown[++count] = $1
        what = $0
        sub(/^[^ ]+ +/, "", what)
        if (split(what, word, " ") >= 3)
            number = cell(word[1], word[2], substr(what, length(word[1] word[2]) + 3))
        else
            number = value[what]
        if (number == "" || as($1, number) != $1)
            bad($1 " is not " what (number == "" ? ": there is no such value" : ", which is " number))
        print what > (tables "/../numbers-" FILENAME)
    }
    END {
        while (match(text, /[-+]?[0-9]+\.[0-9]+|n = [0-9]+/)) {
            token = substr(text, RSTART, RLENGTH)
            sub(/^n = /, "", token)
            if (token != shown[++at])
                bad("number " at " of the findings is " token ", in the list below them " shown[at])
            text = substr(text, RSTART + RLENGTH)
        }
        if (at != count || !count)
            bad((at + 0) " numbers in the findings, " (count + 0) " in the list below them")
        exit failed
    }' "$out"/tables/*.sources.tsv "$file" || status=1
done
for file in README.md README.zh.md; do
    sort "$out/numbers-$file" > "$out/sorted-$file"
done
cmp -s "$out/sorted-README.md" "$out/sorted-README.zh.md" ||
    { echo "README.md and README.zh.md list different numbers"; status=1; }
exit $status
