#!/usr/bin/env bash
# builds.sh - figures and paper follow from contents: not from times, nor from where the project lies.
#
#     src/tests/builds.sh build/kdecay build/builds
#
# builds them in copies of the project below the second argument, which is removed first, with the
# program given, and compares the bytes, and which files were written.
set -euo pipefail
program=$(realpath "$1")
scratch=$2
rm -rf "$scratch"
mkdir -p "$scratch"

fail() {
    echo "builds.sh: $*" >&2
    exit 1
}

# A copy of all that git would keep, with the program, which is not built again.
copy() {
    mkdir -p "$1/build"
    git ls-files -z --cached --others --exclude-standard | tar -c --null -T - | tar -x -C "$1"
    cp "$program" "$1/build/kdecay"
}

draw() {
    make -s -C "$1" -o build/kdecay figures paper tables
}

# What was made, with its digests.
bytes() {
    (cd "$1/build" && find figures paper/paper.pdf tables plots -type f | sort | xargs sha256sum)
}

# The same with times: a line of it stays when a file was not written again.
written() {
    (cd "$1/build" && find . -type f ! -name '*.tmp' -printf '%p %T@\n' | sort)
}

# expect_written FOLDER WHY ALLOWED NAMES: since `before` was taken, all of NAMES were written, and of
# figures and paper nothing but what the pattern ALLOWED matches.
expect_written() {
    local now drawn name
    now=$(written "$1" | comm -13 <(echo "$before") - | cut -d ' ' -f 1 | sed 's/^..//')
    drawn=$(grep -E '^(figures/.*|paper/paper)\.(pdf|svg)$' <<< "$now" | grep -vxE "$3" || true)
    [ -z "$drawn" ] || fail "$2: drawn again for nothing:" $drawn
    for name in $4; do
        grep -qxF "$name" <<< "$now" || fail "$2: $name was not made again"
    done
}

one=$scratch/one two=$scratch/another/folder/two
copy "$one"
copy "$two"

# 1. A clone whose files are all of one age, and one whose inputs are newer than any output.
find "$one" -type f -exec touch -d '2020-01-01' {} +
find "$two" -type f ! -name Makefile -exec touch -d '2038-01-01' {} +
draw "$one"
draw "$two"
diff <(bytes "$one") <(bytes "$two") >&2 || fail "two folders gave different bytes"
[ ! -e "$one/build/runs" ] || fail "drawing has trained"
! grep -aqF "$(realpath "$one")" "$one"/build/figures/* "$one/build/paper/paper.pdf" ||
    fail "a figure or the paper names the folder it was made in"
echo "two folders: equal bytes"

! grep '^no value ' "$one/build/paper/paper.log" || fail "the paper cites a number that no table has"

# The tables of the paper have no row without a run, and those with one.
filled=$one/build/paper/filled
! grep -lE '& 0 & -- &' "$filled"/*.tex || fail "a table of the paper has a row without a run"
for row in k1.0 k5.0 trend; do
    grep -q "^$row &" "$filled/table-campaign.tex" || fail "the paper's table-campaign lacks $row"
done
echo "the paper's tables: rows with runs"

# 2. Nothing changed, nor by times alone.
before=$(written "$one")
draw "$one"
[ "$before" = "$(written "$one")" ] || fail "a second build has written files"
find "$one" -path "$one/build" -prune -o -type f -exec touch {} +
draw "$one"
[ "$before" = "$(written "$one")" ] || fail "new times alone have written files"
echo "nothing changed: nothing written"

# 3. A log with another duration: the table of runs and the paper, but no figure.
log=$one/results/campaign/cifar10/preact-20/k1.0/seed-1.tsv
kept=$(cat "$log"; echo .)
awk -F '\t' -v OFS='\t' '/^# text-sha256/ {exit} /^1\t/ {$9 += 600} {print}' "$log" > "$log.tmp"
echo "# text-sha256: $(sha256sum < "$log.tmp" | cut -d ' ' -f 1)" >> "$log.tmp"
touch -d '2020-01-01' "$log.tmp"
mv "$log.tmp" "$log"
draw "$one"
expect_written "$one" "a log with another duration" 'paper/paper\.pdf' \
    "tables/runs.tex paper/paper.pdf"
printf %s "${kept%.}" > "$log"
echo "another duration in a log: paper, no figure"

# 4. A log less: the figures of results, not those of schedules.
draw "$one"
diff <(bytes "$one") <(bytes "$two") >&2 || fail "a change taken back has left other bytes"
before=$(written "$one")
rm "$log"
draw "$one"
expect_written "$one" "a log less" '(paper/paper|figures/(over-k|curves|budget|differences))\..*' \
    "tables/runs.tex figures/over-k.pdf figures/curves.pdf figures/budget.svg figures/differences.pdf paper/paper.pdf"
printf %s "${kept%.}" > "$log"
draw "$one"
echo "a log less: its figures and the paper"

# 5. A figure's script that is older than the figure.
before=$(written "$one")
echo 'set title "changed"' > "$one/area.tmp"
cat "$one/figures/area.gp" >> "$one/area.tmp"
mv "$one/area.tmp" "$one/figures/area.gp"
touch -d '2019-01-01' "$one/figures/area.gp"
draw "$one"
expect_written "$one" "an older script" '(figures/area|paper/paper)\..*' \
    "figures/area.pdf figures/area.svg"
echo "a script with an older time: its figure"

# 6. LaTeX's warnings are errors.
for bad in '\ref{nowhere}' '\citep{nobody}' '\noindent\rule{\dimexpr\linewidth+6pt}{1pt}'; do
    sed -i "s/^\\\\section{Limits}/&\\n${bad//\\/\\\\}/" "$two/paper/paper.tex"
    grep -qF -- "$bad" "$two/paper/paper.tex" || fail "no place for $bad in the paper"
    ! draw "$two" > "$scratch/output.txt" 2>&1 || fail "the paper was compiled with $bad"
    [ ! -e "$two/build/paper/paper.pdf" ] || fail "a paper with $bad was left there"
    cp paper/paper.tex "$two/paper/paper.tex"
done
echo "undefined names and long lines: refused"

# 7. The paper has a sentence for each state of the registered runs, and no other's.
# expect_sentences FILE MACRO BEFORE: the sentence of a state begins with BEFORE.
expect_sentences() {
    local file=$1 macro=$2 before=$3 state other found words
    for state in "${!sentence[@]}"; do
        sed -i "s/\($macro}{\).*}/\1$state}/" "$two/build/tables/$file"
        rm -rf "$two/build/state" && mkdir "$two/build/state"
        cp "$two"/build/paper/paper.{aux,bbl} "$two/build/state/"
        (cd "$two" && TEXINPUTS=build:build/paper:paper: pdflatex -interaction=nonstopmode -halt-on-error \
            -output-directory=build/state paper/paper.tex > build/state/output.txt) ||
            fail "the paper is not compiled where $macro is $state"
        words=$(pdftotext "$two/build/state/paper.pdf" - | tr -s '[:space:]' ' ')
        for other in "${!sentence[@]}"; do
            found=$(grep -c "$before${sentence[$other]}" <<< "$words") || true
            [ "$found" = "$([ "$other" = "$state" ] && echo 1 || echo 0)" ] ||
                fail "$macro $state: the paper says ${sentence[$other]} $found times"
        done
    done
}

draw "$two"
declare -A sentence=([sealed]='is not complete' [better]='finds k = 3 better' [worse]='contradicts this: k = 3'
    ['no evidence']='gives no evidence that k = 3')
expect_sentences confirmation-macros.tex State 'registered confirmation on eight new seeds '
sentence=([sealed]='Nothing is compared before' [better]='The search finds better rows' [worse]='The search is worse than'
    ['no evidence']='There is no evidence that the search')
expect_sentences claims-states.tex W3 'of the 40 results. '
sentence=([sealed]='can be neither shown nor excluded' [consistent]='P2 is consistent with this network'
    ['not consistent']='P2 is not consistent with this network' ['no evidence']='A gain of half a point is not excluded')
expect_sentences claims-states.tex P2 ''
echo "each state of registered runs: its sentence"

# 8. The companions' claims stand under their tables, each with its word and its numbers.
for companion in weight-net:W:6:6 pad-net:P:3:3; do
    IFS=: read -r table letter words numbers <<< "$companion"
    shown=$(make -s -C "$one" -o build/kdecay "table-$table")
    [ "$(grep -c "^${letter}[1-9]  " <<< "$shown")" = "$words" ] &&
        [ "$(grep -o "^${letter}[1-9], " <<< "$shown" | sort -u | wc -l)" = "$numbers" ] ||
        fail "table-$table lacks claims: $shown"
    ! grep -q '^C[1-9]' <<< "$shown" || fail "table-$table has others' claims: $shown"
done
echo "tables with their claims"

# 9. Results that leave figures with little or nothing to draw, by a gnuplot that has nothing to say.
three=$scratch/three
copy "$three"
sparse() { # sparse WHAT LOGS...: with these alone, of those below results/
    rm -rf "$three/results" && mkdir "$three/results"
    for log in "${@:2}"; do
        mkdir -p "$three/results/$(dirname "$log")"
        cp "results/$log" "$three/results/$log"
    done
    cp -r results/published "$three/results/"
    said=$(make -s -C "$three" -o build/kdecay figures 2>&1) && [ -z "$said" ] || fail "$1: $said"
}
campaign=campaign/cifar10/preact-20
sparse "no logs"
sparse "one k" $campaign/k1.0/seed-{1,2}.tsv
sparse "two k of one seed" $campaign/k{1,2}.0/seed-1.tsv
sparse "k of unequal seeds" $campaign/k{1,2,3}.0/seed-{1,2}.tsv $campaign/k2.0/seed-3.tsv \
    $campaign/k1.0/seed-3.tsv
echo "few logs or none: figures all the same"
rm -rf "$scratch"
