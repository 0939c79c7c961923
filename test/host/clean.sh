#!/bin/bash
# clean.sh after NAME   waits until nobody holds its standard input, then removes what the throwaway host NAME left
# clean.sh stale        removes what hosts left whose run, and its cleaner, were both killed
# What dies with the namespaces needs no cleaning; the socket's folder and the engine's control groups do.
set -eu
shopt -s nullglob
trap '' INT TERM HUP

# remove NAME ATTEMPTS
remove() {
  local attempt left group
  for ((attempt = 0; attempt < $2; attempt++)); do
    rm -rf "/tmp/$1" || :
    left=
    for group in /sys/fs/cgroup/"$1" /sys/fs/cgroup/*/"$1"; do
      # The kernel is still taking the processes away: an occupied control group cannot be removed yet.
      [ ! -e "$group" ] || find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || left=yes
    done
    [ -n "$left" ] || [ -e "/tmp/$1" ] || break
    sleep 0.02
  done
  # Podman keeps its monitors of all hosts here; occupied ones stay.
  rmdir /sys/fs/cgroup{,/*}/libpod_parent/conmon /sys/fs/cgroup{,/*}/libpod_parent 2>/dev/null || :
}

# By its lock, which is seen from every pid namespace, or in the moment before it has one by its pid and start time.
is_alive() {
  local pid start stat
  [ ! -d "/tmp/$1" ] || flock --nonblock "/tmp/$1" true || return 0
  IFS=- read -r pid start <<<"${1#netwright-host-}"
  { read -r -a stat <"/proc/$pid/stat"; } 2>/dev/null && [ "${stat[21]}" = "$start" ]
}

case $1 in
  after)
    cat >/dev/null
    remove "$2" 100
    ;;
  stale)
    for path in /tmp/netwright-host-* /sys/fs/cgroup/netwright-host-* /sys/fs/cgroup/*/netwright-host-*; do
      is_alive "${path##*/}" || remove "${path##*/}" 1
    done
    ;;
esac
