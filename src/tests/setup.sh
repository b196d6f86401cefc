#!/bin/sh
# setup.sh FOLDER - `make setup` installs the packages if one of them is missing, and only then.
#
# From the project's root. dpkg-query and apt-get are replaced: the first says the states that the
# real one says, and the second only that it was called.
out=$1
rm -rf "$out" && mkdir -p "$out" || exit 1
cat > "$out/dpkg-query" <<'END'
#!/bin/sh
for name; do
    case $name in
    "$ABSENT") [ "$STATE" ] && echo "$STATE" || echo "dpkg-query: no packages found matching $name" >&2 ;;
    [a-z]*) echo installed ;;
    esac
done
[ "$STATE" ]
END
printf '#!/bin/sh\necho "apt-get $*"\n' > "$out/apt-get"
printf '#!/bin/sh\nexec "$@"\n' > "$out/sudo"
chmod +x "$out"/*
PATH=$PWD/$out:$PATH
unset MAKEFLAGS
status=0

expect() { # expect WORDS STATE: what is said where gnuplot-nox is in that state; none: unknown
    said=$(ABSENT=gnuplot-nox STATE=$2 make -s setup 2>&1)
    case $said in
    *"$1"*) ;;
    *) echo "setup.sh: gnuplot-nox is ${2:-unknown}: expected \"$1\", but got: $said"; status=1 ;;
    esac
}

expect 'all packages are installed' installed
expect 'apt-get install' not-installed
expect 'apt-get install' config-files
expect 'apt-get install' ''
exit $status
