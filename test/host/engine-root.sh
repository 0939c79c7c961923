#!/bin/bash
# engine-root.sh TREE   gives the engine of this throwaway host the root file system TREE, in a mount namespace of its own,
# which a process with the pid in /run/engine/root.pid keeps: like a host's own mounts it outlives the engine. All else is
# the host's: network, processes, /run, /dev, /sys. TREE itself is only read; what is written goes to /run/engine/root.
set -eu
root=/run/engine/root
over=/run/engine/over/root

mkdir -p "$root" "$over/upper" "$over/work"
mount -t overlay throwaway -o "lowerdir=$1,upperdir=$over/upper,workdir=$over/work" "$root"
mkdir -p "$root$THROWAWAY_STATE" "$root/old"
# A plain chroot is not enough: container runtimes leave the root of their mount namespace. The namespace's file mounted
# somewhere would keep it without a process, but Linux 6.18 refuses that every few times.
enter='
  cd "$1"
  for folder in proc sys dev; do mount --rbind "/$folder" "$folder"; done
  mount --bind /run run
  mount --bind "$2" ".$2"
  pivot_root . old
  cd /
  umount --lazy old
  echo $$
  exec sleep infinity >/dev/null
'
read -r pid < <(unshare --mount sh -euc "$enter" sh "$root" "$THROWAWAY_STATE")
echo "$pid" >/run/engine/root.pid
