#!/bin/bash
# base.sh TARBALL   makes a base image for the Dockerfile without a registry: this machine's release of Debian at its smallest,
# with this machine's node and npm, its package mirrors, and the certificates it trusts. Only the finished TARBALL appears.
set -eu
tarball=$1
export PATH=$PATH:/usr/sbin:/sbin

refuse() {
  echo "base image: $*" >&2
  exit 1
}

. /etc/os-release
[ "${ID:-}" = debian ] || refuse "this machine is ${PRETTY_NAME:-unknown}; the test's base is made of Debian"
command -v debootstrap >/dev/null ||
  { apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install debootstrap; } >"$tarball.log" 2>&1 </dev/null || {
  tail -n 20 "$tarball.log" >&2
  refuse 'apt-get could not install debootstrap'
}
mirror=$(apt-get indextargets --format '$(CREATED_BY) $(CODENAME) $(REPO_URI)' |
  awk -v codename="$VERSION_CODENAME" '$1 == "Packages" && $2 == codename { print $3; exit }')
node=$(readlink -f "$(command -v node)")
npm=$(dirname "$(dirname "$(readlink -f "$(command -v npm)")")")

tree=$(mktemp -d /var/tmp/netwright-base-XXXXXX)
trap 'rm -rf "$tree" "$tarball.new"' EXIT
trap 'exit 130' INT TERM HUP
chmod 755 "$tree"
debootstrap --variant=minbase "$VERSION_CODENAME" "$tree" "${mirror:-http://deb.debian.org/debian}" >"$tarball.log" 2>&1 </dev/null || {
  tail -n 20 "$tarball.log" >&2
  refuse 'debootstrap failed'
}
rm -rf "$tree"/var/cache/apt/archives/*.deb "$tree"/var/lib/apt/lists/* "$tree/usr/share/doc" "$tree/usr/share/locale"

# The build reaches the package mirrors and npm's registry the way this machine does.
rm -rf "$tree/etc/apt/sources.list" "$tree/etc/apt/sources.list.d"
for path in sources.list sources.list.d trusted.gpg trusted.gpg.d keyrings; do
  [ ! -e "/etc/apt/$path" ] || cp -aT "/etc/apt/$path" "$tree/etc/apt/$path"
done
apt-config dump | grep '^Acquire::' >"$tree/etc/apt/apt.conf.d/50machine" || :
mkdir -p "$tree/etc/ssl/certs"
[ ! -e /etc/ssl/certs/ca-certificates.crt ] || cp -L /etc/ssl/certs/ca-certificates.crt "$tree/etc/ssl/certs/"

mkdir -p "$tree/usr/local/lib/node_modules"
cp "$node" "$tree/usr/local/bin/node"
cp -a "$npm" "$tree/usr/local/lib/node_modules/npm"
ln -s ../lib/node_modules/npm/bin/npm-cli.js "$tree/usr/local/bin/npm"
chroot "$tree" node --version >/dev/null || refuse "this machine's node does not run in a bare Debian tree"

tar -C "$tree" --numeric-owner -cf "$tarball.new" .
mv "$tarball.new" "$tarball"
rm -f "$tarball.log"
