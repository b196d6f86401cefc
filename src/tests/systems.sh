#!/usr/bin/env bash
#
# systems.sh FOLDER RELEASE... - what the README promises on each release of Debian, as a new user
# would try it.
#
# A release is put into FOLDER/RELEASE by debootstrap, with make and git. A clone of the last commit
# lies there alone, and in it run the README's two commands and the audit. Packages come from the
# archive that this machine's apt has its own from. What was said is in FOLDER/RELEASE.txt; the
# system is removed if all went well. Needs root, debootstrap and such an archive; without them it
# says so and skips. Prints a line a release and "N passed, N failed", status 1 if any failed.
#
set -u
. "$(dirname "$0")/verdict.sh"
folder=$1
shift

skip() {
    echo "systems.sh: skipped: $*"
    exit 0
}

[ "$(id -u)" = 0 ] || skip "needs root, since debootstrap and chroot do"
command -v debootstrap > /dev/null || skip "needs debootstrap; apt-get install debootstrap"
archive=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' \
    'Label: Debian' 2> /dev/null | head -n 1)
[ "$archive" ] || skip "apt knows no archive of Debian here; apt-get update may help"
curl -fsIL --max-time 30 "${archive%/}/dists/$1/Release" > /dev/null ||
    skip "$archive does not answer, or has no $1"
[ -z "$(git status --porcelain)" ] || echo "systems.sh: what is not committed is left out"
mkdir -p "$folder"

# in_system RELEASE COMMAND: with mounts and processes of its own, which end with it.
in_system() {
    unshare --mount --pid --fork --kill-child --mount-proc="$folder/$1/proc" \
        chroot "$folder/$1" env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin \
        ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} \
        sh -c "cd /root/kdecay && $2"
}

new_system() { # new_system RELEASE
    rm -rf --one-file-system "${folder:?}/$1" &&
        debootstrap --variant=minbase --include=make,git,ca-certificates "$1" "$folder/$1" \
            "$archive" && cp -L /etc/resolv.conf "$folder/$1/etc/" &&
        git clone --no-local . "$folder/$1/root/kdecay"
}

try() { # try RELEASE: up to the first command that fails, which is named on descriptor 3
    new_system "$1" || { echo debootstrap >&3; return; }
    for command in 'make setup all' 'make setup test' 'make audit'; do
        echo "# $command"
        in_system "$1" "$command" || { echo "$command" >&3; return; }
    done
}

for release; do
    said=$folder/$release.txt
    broken=$(try "$release" 3>&1 > "$said" 2>&1)
    versions=$(in_system "$release" "dpkg-query -W -f '\${Package} \${Version}, ' gcc libdnnl-dev" \
        2>> "$said")
    counts=$(grep -xE '[0-9]+ passed, [0-9]+ failed|audit: .* skipped' "$said" | paste -sd ';')
    verdict "$release: $versions$counts" "${broken:+\`$broken\` fails, see $said}"
    [ "$broken" ] || rm -rf --one-file-system "${folder:?}/$release"
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
