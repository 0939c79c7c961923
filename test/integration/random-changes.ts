import type { Chance } from '../chance.ts';

/** A file as an editor holds it: every part may be changed. */
export interface Draft {
  readonly sets: boolean;
  readonly networks: Readonly<Record<string, object>>;
  readonly ips: Readonly<Record<string, { readonly container_name: string }>>;
  readonly policies: readonly object[];
  readonly routing: readonly object[];
}

/** The last of our networks' names come after the engine's own, so that no container gets another default route by joining one. */
const keys = ['x-front', 'x-back', 'x-side'] as const;
const subnets = {
  'x-front': ['172.30.1.0/24'],
  'x-back': ['172.30.2.0/24', 'fd30:2::/64'],
  'x-side': ['172.30.3.0/24'],
} as const;
const places = {
  '172.30.1.20': ['x-front', 'app'],
  '172.30.1.30': ['x-front', 'vpn'],
  '172.30.2.10': ['x-back', 'db'],
  'fd30:2::10': ['x-back', 'db'],
  '172.30.2.20': ['x-back', 'cache'],
  '172.30.3.20': ['x-side', 'app'],
} as const;

/** Every sysctl that a change may declare, as a path below /proc/sys. */
export const changedSysctls = ['net/ipv4/conf/wg0/rp_filter', 'net/ipv4/conf/lan0/rp_filter'];

export const firstDraft: Draft = {
  sets: true,
  networks: { 'x-front': { subnet: ['172.30.1.0/24'] }, 'x-back': { subnet: [...subnets['x-back']] } },
  ips: {
    '172.30.1.20': { container_name: 'app' },
    '172.30.1.30': { container_name: 'vpn' },
    '172.30.2.10': { container_name: 'db' },
    'fd30:2::10': { container_name: 'db' },
  },
  policies: [{ from: 'app', to: 'db', port: 5432 }],
  routing: [],
};

type Change = readonly [weight: number, name: string, change: (draft: Draft, chance: Chance) => Draft];

/** Changes of networks and places take the engine a long time and are rare, as in life. */
const changes: readonly Change[] = [
  [40, 'add a policy', (draft, chance) => insertPolicy(draft, chance)],
  [25, 'remove a policy', (draft, chance) => removePolicy(draft, chance)],
  [10, 'replace a policy', (draft, chance) => insertPolicy(removePolicy(draft, chance), chance)],
  [5, 'move a policy', movePolicy],
  [1, 'all policies new', (draft, chance) => refill(draft, chance)],
  [7, 'a property of a network', changeProperty],
  [6, 'routing', (draft, chance) => ({ ...draft, routing: routingOf(chance) })],
  [2, 'sets on or off', (draft) => ({ ...draft, sets: !draft.sets })],
  [2, 'a place of a container', changePlace],
  [1, 'a network', changeNetwork],
];
const weights = changes.reduce((sum, [weight]) => sum + weight, 0);

/** The next version of the file, and what was done to it. */
export function changed(draft: Draft, chance: Chance): { readonly what: string; readonly draft: Draft } {
  let at = chance.below(weights);
  for (const [weight, what, change] of changes) {
    at -= weight;
    if (at < 0) return { what, draft: change(draft, chance) };
  }
  throw new Error('the weights do not add up');
}

function insertPolicy(draft: Draft, chance: Chance): Draft {
  const at = chance.below(draft.policies.length + 1);
  return { ...draft, policies: draft.policies.toSpliced(at, 0, policy(chance)) };
}

function removePolicy(draft: Draft, chance: Chance): Draft {
  return { ...draft, policies: draft.policies.toSpliced(chance.below(draft.policies.length + 1), 1) };
}

function movePolicy(draft: Draft, chance: Chance): Draft {
  const [moved] = draft.policies.slice(-1);
  if (moved === undefined) return draft;
  return { ...draft, policies: draft.policies.slice(0, -1).toSpliced(chance.below(3), 0, moved) };
}

function refill(draft: Draft, chance: Chance): Draft {
  return { ...draft, policies: Array.from({ length: chance.below(40) }, () => policy(chance)) };
}

function changeProperty(draft: Draft, chance: Chance): Draft {
  const key = chance.oneOf(keys);
  const network = draft.networks[key];
  if (network === undefined) return draft;
  const property = chance.oneOf<object>([
    { isolated: true },
    { isolated: false },
    { ingress: 'deny' },
    { ingress: 'allow' },
    { egress: 'deny' },
    { egress: 'allow' },
    { host_access: 'deny' },
    { host_access: 'allow' },
  ]);
  return { ...draft, networks: { ...draft.networks, [key]: { ...network, ...property } } };
}

function changePlace(draft: Draft, chance: Chance): Draft {
  const ip = chance.oneOf(Object.keys(places) as [keyof typeof places, ...(keyof typeof places)[]]);
  const [network, container_name] = places[ip];
  if (draft.networks[network] === undefined) return draft;
  const { [ip]: there, ...others } = draft.ips;
  return { ...draft, ips: there === undefined ? { ...others, [ip]: { container_name } } : others };
}

/** Made, taken away with its members' places, or made anew with another label. */
function changeNetwork(draft: Draft, chance: Chance): Draft {
  const key = chance.oneOf(keys);
  const { [key]: network, ...others } = draft.networks;
  if (network === undefined)
    return { ...draft, networks: { ...draft.networks, [key]: { subnet: [...subnets[key]] } } };
  if (chance.isOnceIn(2)) {
    const again = { ...network, labels: { version: `${chance.below(1000)}` }, on_conflict: 'recreate' };
    return { ...draft, networks: { ...draft.networks, [key]: again } };
  }
  const rest = Object.entries(draft.ips).filter(([ip]) => places[ip as keyof typeof places][0] !== key);
  return { ...draft, networks: others, ips: Object.fromEntries(rest) };
}

function policy(chance: Chance): object {
  const port = 1024 + chance.below(60_000);
  const words = chance.oneOf<object>([
    {},
    {},
    { description: 'a "quoted" \\ -j ACCEPT' },
    { name: '--comment ü; DROP $(reboot)' },
  ]);
  const name = (): string =>
    chance.oneOf([
      'app',
      'db',
      'vpn',
      'cache',
      'x-front',
      'x-back',
      'any',
      '10.9.0.0/24',
      'fd09::/64',
      'label:role=guest',
    ]);
  const target = chance.oneOf(['app', 'db', 'vpn', 'cache']);
  switch (chance.below(10)) {
    case 0:
      return { nat: 'dnat', iface: chance.oneOf(['lan0', 'wg0']), to: target, port, to_port: 80, ...words };
    case 1:
      return {
        nat: 'dnat',
        in: chance.oneOf(['vpn', 'app']),
        to: chance.oneOf(['db', 'cache']),
        port,
        ...words,
      };
    case 2:
      return {
        nat: 'masquerade',
        iface: 'lan0',
        from: chance.oneOf(['x-front', 'app', '10.66.0.0/16']),
        ...words,
      };
    case 3:
      return { from: name(), to: name(), proto: chance.oneOf(['icmp', 'any']), ...words };
    case 4:
      return { from: name(), to: name(), port: `${port}-${port + chance.below(400)}`, ...words };
    case 5:
    case 6: {
      const action = chance.oneOf(['drop', 'reject', 'accept']);
      return { from: name(), to: name(), port, action, log: chance.isOnceIn(3), ...words };
    }
    default: {
      const ports = Array.from({ length: 1 + chance.below(4) }, (_, at) => port + 3 * at);
      return { from: name(), to: name(), port: ports, proto: chance.oneOf(['tcp', 'udp', 'sctp']), ...words };
    }
  }
}

function routingOf(chance: Chance): readonly object[] {
  const onHost = {
    routes: [
      { to: `10.77.${chance.below(4)}.0/24`, via: '10.9.0.2' },
      { to: 'default', via: '10.9.0.2', table: 200 },
      { to: 'fd77::/32', via: 'fd09::2', metric: 10 + chance.below(3) },
    ].slice(chance.below(4)),
    rules: chance.isOnceIn(2) ? [{ fwmark: 2 + chance.below(3), table: 200 }] : [],
    sysctls: chance.isOnceIn(2)
      ? { 'net.ipv4.conf.wg0.rp_filter': 2 }
      : { 'net.ipv4.conf.lan0.rp_filter': 0 },
  };
  const inside = { in: 'vpn', routes: [{ to: '10.78.0.0/16', via: '172.31.1.1' }] };
  return [[], [onHost], [inside], [onHost, inside]][chance.below(4)] ?? [];
}
