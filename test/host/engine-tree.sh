#!/bin/bash
# engine-tree.sh         prints the names of all engines, one a line
# engine-tree.sh NAME    prints the engine's program and where it is installed: `docker /`, or `podman` and a folder with a
#                        Debian of another release, which is kept in a cache and made on first use, in a minute or two;
#                        `docker` and `podman` are the machine's own, `-legacy` at the end is for its user to mind
# Fails with one line that says why when this engine cannot be had.
set -eu
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
cache=${NETWRIGHT_TEST_CACHE:-/var/cache/netwright-test}/trees
packages=docker.io,podman,netavark,aardvark-dns,iptables,nftables,iproute2,crun,runc,conntrack

# By the release whose packages they are; sid moves on, and takes its names with it.
declare -A release_of=(
  [docker-20.10]=bookworm [podman-4.3]=bookworm
  [docker-26]=trixie [podman-5.4]=trixie
  [docker-28]=sid [podman-5.8]=sid
)

refuse() {
  echo "throwaway host: $*" >&2
  exit 1
}

# Several may ask at once: one makes the tree, under another name until it is whole.
make_tree() {
  local release=$1 log=$cache/.$1.log making=$cache/.$1.making
  "$here/packages.sh" debootstrap
  mkdir -p "$cache"
  exec 8>"$cache/.$release.lock"
  flock 8
  [ ! -d "$cache/$release" ] || return 0
  rm -rf --one-file-system "$making"
  echo "throwaway host: installing Debian $release with its engines in $cache/$release" >&2
  # Its mounts and processes end with it, however it ends.
  setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child debootstrap --variant=minbase --include="$packages" "$release" "$making" \
    >"$log" 2>&1 </dev/null 8<&- || {
    local why
    why=$(grep '^E:' "$log" || tail -n 3 "$log")
    rm -rf --one-file-system "$making"
    refuse "debootstrap could not install Debian $release:" $why
  }
  mv "$making" "$cache/$release"
}

[ $# -gt 0 ] || {
  printf '%s\n' "${!release_of[@]}" docker-20.10-legacy | sort --version-sort
  exit 0
}
engine=${1%-legacy}
case $engine in
  docker | podman)
    echo "$engine /"
    exit 0
    ;;
esac
release=${release_of[$engine]-}
[ -n "$release" ] || refuse "no engine '$engine'; there are:" $("${BASH_SOURCE[0]}")

if [ "$(. /etc/os-release; echo "${VERSION_CODENAME-}")" = "$release" ]; then
  tree=/
else
  tree=$cache/$release
  [ -d "$tree" ] || make_tree "$release"
fi
program=${engine%%-*}
package=${program/docker/docker.io}
version=$(dpkg-query --admindir="$tree/var/lib/dpkg" --show --showformat='${Version}' "$package")
case $version in
  "${engine#*-}".*) echo "$program $tree" ;;
  *) refuse "$engine is not to be had: the Debian $release in $tree has $package $version" ;;
esac
