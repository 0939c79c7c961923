import { networkAddress, toCidr } from '../model/address.ts';
import type { Family, Origin } from '../model/config.ts';
import type { Inventory } from '../model/inventory.ts';
import type { Notice } from '../model/notice.ts';
import type { ManagedNetwork } from './boundary.ts';
import type { NameResolver } from './names.ts';
import type { NamespaceCollector } from './namespaces.ts';
import { host } from './place.ts';
import type { Resolving } from './resolved-policy.ts';
import { neighbourDiscovery, ruleOf } from './rules.ts';
import { commentOf } from './titles.ts';

/** What single networks refuse besides: arriving, leaving, the host's own addresses, and traffic within. */
export function refuseByNetwork(inventory: Inventory, { boundary, names, facts, into }: Resolving): void {
  for (const family of boundary.families) {
    for (const network of boundary.networks) {
      if (network.ingress === 'deny') refuseIngress(network, family, inventory, into);
      if (network.shut) refuseForwarded(network, family, into);
      if (network.egress === 'deny' || network.shut) refuseEgress(network, family, into);
      if (network.hostAccess === 'deny')
        refuseHost(network, family, facts.engine === 'podman' ? names : undefined, into);
    }
    showBridgedPackets(
      boundary.networks.filter(({ isolated }) => isolated),
      family,
      into,
    );
  }
}

const about = ({ origin }: ManagedNetwork, where: string): { comment: string; origin: Origin } => ({
  comment: commentOf(`${where} only what a policy allows`),
  origin,
});

/** Forwarded to the network, or sent to it by the host itself: in its own name, or as the engine's proxy for a client it hides. */
function refuseIngress(
  network: ManagedNetwork,
  family: Family,
  { containers }: Inventory,
  into: NamespaceCollector,
): void {
  const rule = ruleOf(host, family, into);
  const why = about(network, `into ${network.name}`);
  rule('outward', { outInterface: network.bridge }, { jump: 'ARRIVING' }, why);
  // What the host asks of its own published port is translated after its way out was chosen: it still seems to leave by `lo`.
  for (const { subnet } of network.subnets.filter((entry) => entry.family === family)) {
    rule('outward', { destination: subnet, states: ['DNAT'] }, { jump: 'ARRIVING' }, why);
  }
  refuseForwarded(network, family, into);
  const members = containers.filter(({ endpoints }) =>
    endpoints.some(({ networkName }) => networkName === network.name),
  );
  for (const { address, port, protocol } of members.flatMap(({ publishedPorts }) => publishedPorts)) {
    if (address !== undefined && address.includes(':') !== (family === 6)) continue;
    const published = {
      exceptInInterface: 'lo',
      protocol,
      destinationPorts: [{ from: port, to: port }],
      ...(address !== undefined && { destination: toCidr(address) }),
    };
    rule('proxied', published, 'drop', why);
  }
}

function refuseForwarded(network: ManagedNetwork, family: Family, into: NamespaceCollector): void {
  const rule = ruleOf(host, family, into);
  const shared = about(network, 'into closed networks');
  rule(
    'denied',
    { outInterface: network.bridge },
    { jump: 'ARRIVING' },
    about(network, `into ${network.name}`),
  );
  rule('arriving', { from: 'links' }, 'return', shared);
  rule('arriving', { states: ['RELATED', 'ESTABLISHED'], direction: 'REPLY' }, 'return', shared);
  rule('arriving', { states: ['RELATED'] }, 'return', shared);
  for (const match of neighbourDiscovery(family)) rule('arriving', match, 'return', shared);
  rule('arriving', {}, 'drop', shared);
}

/** An answer leaves: the boundary has accepted it before, as all that is in the set of allowed flows. */
function refuseEgress(network: ManagedNetwork, family: Family, into: NamespaceCollector): void {
  const rule = ruleOf(host, family, into);
  const why = about(network, `out of ${network.name}`);
  rule('leaving', { inInterface: network.bridge, states: ['RELATED'] }, 'return', why);
  rule('leaving', { inInterface: network.bridge }, 'drop', why);
}

/** Podman answers its containers' questions for names at their gateway's address; Docker does so inside them. */
function refuseHost(
  network: ManagedNetwork,
  family: Family,
  answering: NameResolver | undefined,
  into: NamespaceCollector,
): void {
  const rule = ruleOf(host, family, into);
  const why = about(network, `from ${network.name} to the host`);
  const shared = about(network, 'to the host');
  rule('inward', { inInterface: network.bridge }, { jump: 'HOST' }, why);
  rule('hostAnswers', {}, { jump: 'SPOOFED' }, shared);
  rule('hostAnswers', { states: ['RELATED', 'ESTABLISHED'], direction: 'REPLY' }, 'return', shared);
  rule('hostAnswers', { states: ['RELATED'] }, 'return', shared);
  for (const match of neighbourDiscovery(family)) rule('hostAnswers', match, 'return', shared);
  for (const { subnet } of network.subnets.filter((entry) => entry.family === family)) {
    const gateway = answering?.gatewayFor(networkAddress(subnet));
    if (gateway === undefined) continue;
    for (const protocol of ['udp', 'tcp'] as const) {
      const question = { destination: toCidr(gateway), protocol, destinationPorts: [{ from: 53, to: 53 }] };
      rule('hostAnswers', { inInterface: network.bridge, ...question }, 'return', why);
    }
  }
  rule('hostDenied', {}, 'drop', shared);
}

/** Packets between two members of one bridge are shown to iptables only by br_netfilter, and only when it is told to (H23). */
function showBridgedPackets(
  isolated: readonly ManagedNetwork[],
  family: Family,
  into: NamespaceCollector,
): void {
  const [first] = isolated;
  if (first === undefined) return;
  const key = `net.bridge.bridge-nf-call-${family === 4 ? 'iptables' : 'ip6tables'}`;
  // Without the module both keys are missing; it is told once.
  const lacking = family === 6 ? [] : isolated.map(cannotIsolate);
  into.sysctl(host, { key, value: '1', origin: first.origin, lacking });
}

function cannotIsolate({ name, origin }: ManagedNetwork): Notice {
  return {
    kind: 'refused',
    subject: `${name} isolated`,
    message:
      'cannot be enforced: br_netfilter is not loaded, and without it no rule sees what passes within one network',
    hint: 'modprobe br_netfilter, and its name in a file of /etc/modules-load.d for the next start',
    origin,
  };
}
