#!/bin/bash
# The first process of a throwaway host, in its fresh namespaces: makes it look like a freshly booted machine, starts
# the engine, runs the command. When it ends, the kernel ends everything else in the host.
set -eu
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")

# /proc is still the machine's, so this is the pid by which the outside knows this process.
read -r THROWAWAY_HOST_PID _ </proc/self/stat
export THROWAWAY_HOST_PID
mount -t proc proc /proc

resolver=$(cat /etc/resolv.conf 2>/dev/null || :)
mount -t tmpfs -o mode=755 throwaway /run
mkdir -p /run/engine/tmp /run/lock /run/cgroup
# Podman's locks are in shared memory, under a name that every podman uses.
mount -t tmpfs throwaway /dev/shm

# /sys must be this network namespace's own (/sys/class/net), but the control groups the machine's.
mount --rbind /sys/fs/cgroup /run/cgroup
mount -t sysfs sysfs /sys
mount --move /run/cgroup /sys/fs/cgroup
rmdir /run/cgroup

for folder in etc var/lib; do
  mkdir -p "/run/engine/over/$folder/upper" "/run/engine/over/$folder/work"
  mount -t overlay throwaway -o "lowerdir=/$folder,upperdir=/run/engine/over/$folder/upper,workdir=/run/engine/over/$folder/work" "/$folder"
done
roots=('')
if [ "$THROWAWAY_TREE" != / ]; then
  "$here/engine-root.sh" "$THROWAWAY_TREE" 7<&- 9>&-
  roots+=(/run/engine/root)
fi
for root in "${roots[@]}"; do
  rm -f "$root/etc/resolv.conf"
  printf '%s\n' "$resolver" >"$root/etc/resolv.conf"
  [ -n "$THROWAWAY_LEGACY" ] || continue
  for tool in iptables ip6tables; do
    for verb in '' -restore -save; do
      ln -sfn "/usr/sbin/$tool-legacy$verb" "$root/etc/alternatives/$tool$verb"
    done
  done
done

# Without duplicate address detection IPv6 addresses are there at once, and a snapshot does not change by itself.
for scope in all default; do
  [ ! -e "/proc/sys/net/ipv6/conf/$scope/accept_dad" ] || echo 0 >"/proc/sys/net/ipv6/conf/$scope/accept_dad"
done
ip link set lo up
if [ "$THROWAWAY_ENGINE" = none ]; then
  unset DOCKER_HOST
else
  export DOCKER_HOST=unix://$THROWAWAY_STATE/engine.sock
  declare -p DOCKER_HOST THROWAWAY_NAME THROWAWAY_ENGINE THROWAWAY_ENGINE_ARGS THROWAWAY_TREE >/run/engine/env
  "$here/engine.sh" start 7<&- 9>&-
fi

trap : INT TERM
code=0
"$@" 7<&- 9>&- || code=$?
exit "$code"
