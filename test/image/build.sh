#!/bin/bash
# build.sh BASE_TAR CONTEXT_TAR IMAGE_TAR   builds the Dockerfile in CONTEXT_TAR from the base image in BASE_TAR by a real engine,
# and saves the result, `netwright:test`. The engine works in this machine's own network, to reach the package registries, and
# changes nothing there; its processes and mounts are its own and end with it. Only the finished IMAGE_TAR appears.
set -eu
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
export PATH=$PATH:/usr/sbin:/sbin

work=$(mktemp -d /var/tmp/netwright-build-XXXXXX)
tidy() {
  local group
  for _ in {1..100}; do
    for group in /sys/fs/cgroup/"${work##*/}" /sys/fs/cgroup/*/"${work##*/}"; do
      [ ! -e "$group" ] || find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || continue 2
    done
    break
  done
  rm -rf "$work" "$3.new"
}
trap 'tidy "$@"' EXIT
trap 'exit 130' INT TERM HUP

unshare --mount --pid --fork --kill-child --mount-proc node "$here/build.mjs" "$work" "$1" "$2" "$3.new"
mv "$3.new" "$3"
