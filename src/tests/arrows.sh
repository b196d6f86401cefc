#!/bin/sh
# arrows.sh - the folders of src/ are stages on the way of the data, and includes run one way.
#
#     sh src/tests/arrows.sh src
#
# A file may include headers of its own stage and of the stages before it. audit, cluster and bench
# stand side by side: none includes another. Headers of src/ itself belong to main. Only
# network/onednn.c and network/onednn.h may include oneDNN's header.
cd "$1" || exit 1
grep -n '#include' -r . --include='*.[ch]' | sed 's|^\./||' | awk -F: '
BEGIN {
    count = split("base experiment data network train report audit cluster bench main", name, " ")
    for (i = 1; i <= count; i++)
        stage[name[i]] = i
    side["audit"] = side["cluster"] = side["bench"] = 1
}
function stage_of(path) { return path ~ /\// ? substr(path, 1, index(path, "/") - 1) : "main" }
{
    from = stage_of($1)
    if (from == "tests")
        next
    if (!(from in stage)) {
        print "src/" $1 ": its folder is no stage that arrows.sh knows"
        bad = 1
    }
    if ($3 ~ /<oneapi\/|<dnnl/ && $1 !~ /^network\/onednn/) {
        print "src/" $1 ":" $2 ": includes the header of oneDNN; only network/onednn does"
        bad = 1
    }
    if (split($3, quoted, "\"") < 2 || quoted[2] == "version.h")
        next
    includes++
    to = stage_of(quoted[2])
    if (!(to in stage) || stage[to] > stage[from] || (from != to && side[from] && side[to])) {
        print "src/" $1 ":" $2 ": includes " quoted[2] ", but " from " may not know " to
        bad = 1
    }
}
END {
    if (!includes) {
        print "arrows.sh: found no include at all"
        bad = 1
    }
    exit bad
}'
