#!/bin/bash
# packages.sh [PACKAGE…]   (packages with a program of the same name)
# Makes sure that this machine can run throwaway hosts: root, namespaces, and the Debian packages with the engines and
# tools. Quiet when all is well; one message and exit 1 when not. Never starts or enables a service. Safe to run twice at once.
set -eu

declare -A package_of=(
  [dockerd]=docker.io [podman]=podman [/usr/lib/podman/netavark]=netavark [/usr/lib/podman/aardvark-dns]=aardvark-dns
  [iptables]=iptables [ipset]=ipset [nft]=nftables [conntrack]=conntrack [ip]=iproute2 [busybox]=busybox-static
  [wireguard-go]=wireguard-go [wg]=wireguard-tools [dnsmasq]=dnsmasq-base
)
for package; do package_of[$package]=$package; done

PATH=$PATH:/usr/sbin:/sbin

refuse() {
  echo "throwaway host: $*" >&2
  exit 1
}

missing_packages() {
  local tool
  for tool in "${!package_of[@]}"; do
    command -v "$tool" >/dev/null || echo "${package_of[$tool]}"
  done
}

[ "$(id -u)" = 0 ] || refuse 'root is needed to make network namespaces and to run an engine in them'
for tool in unshare nsenter setpriv setsid flock mount tar node; do
  command -v "$tool" >/dev/null || refuse "the program '$tool' is missing"
done
unshare --net --mount --pid --fork true 2>/dev/null ||
  refuse 'this machine does not permit new namespaces (unshare --net --mount --pid); in a container, run it privileged'

[ -n "$(missing_packages)" ] || exit 0

exec 8<"${BASH_SOURCE[0]}"
flock 8
missing=$(missing_packages)
[ -n "$missing" ] || exit 0
missing=$(echo $missing)
command -v apt-get >/dev/null || refuse "missing and not installable without apt-get: $missing"

log=$(mktemp)
policy=/usr/sbin/policy-rc.d
own_policy=
tidy() {
  rm -f "$log" "$log.before"
  [ -z "$own_policy" ] || rm -f "$policy"
}
trap tidy EXIT
trap 'exit 130' INT TERM HUP

if [ ! -e "$policy" ]; then
  own_policy=yes
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
fi

dpkg-query -f '${db:Status-Abbrev} ${Package}\n' -W | sort >"$log.before"
export DEBIAN_FRONTEND=noninteractive
{ apt-get -q update && apt-get -q -y --no-install-recommends install $missing; } >"$log" 2>&1 </dev/null 8<&- || {
  tail -n 20 "$log" >&2
  refuse "apt-get could not install: $missing"
}

# What was just installed must not start with the next boot either.
if command -v systemctl >/dev/null; then
  dpkg-query -f '${db:Status-Abbrev} ${Package}\n' -W | sort | comm -13 "$log.before" - | grep '^ii' | while read -r _ name; do
    dpkg -L "$name" | sed -n 's,^\(/usr\)\?/lib/systemd/system/\([^/@]*\.\(service\|socket\|timer\)\)$,\2,p' | while read -r unit; do
      systemctl --quiet disable "$unit" >/dev/null 2>&1 </dev/null || :
    done
  done
fi

missing=$(missing_packages)
[ -z "$missing" ] || refuse "still missing after installation:" $missing
