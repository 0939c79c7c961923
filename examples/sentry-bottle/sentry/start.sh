#!/bin/sh
# SENTRY's own policy: names in `allowed` (with all below them) are resolved, and what they resolve to is let through. Nothing else is.
# That it is the gateway at all, and that nobody gets round it, is netwright's affair.
set -eu
ipset create allowed hash:ip timeout 3600
iptables -P FORWARD DROP
iptables -A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
iptables -A FORWARD -m set --match-set allowed dst -j ACCEPT
names=$(tr '\n' / </etc/sentry/allowed)
exec dnsmasq --keep-in-foreground --user=root --conf-file=/dev/null --no-resolv --no-hosts --filter-AAAA --max-cache-ttl=60 \
  --server="/$names$UPSTREAM" --ipset="/${names}allowed" --address='/#/'
