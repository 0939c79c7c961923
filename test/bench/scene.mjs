// What is measured: a host with twenty networks and fifty containers, and files with any number of policies between them.

const networks = 20;
const containers = 50;
const kinds = ['web', 'api', 'db', 'cache', 'queue', 'auth', 'search', 'mail', 'metrics', 'proxy'];
const ports = [80, 443, 5432, 6379, 8080, 9090, 3306, 5672, 25, 9200];

const subnetOf = (network) => `172.28.${network}.0/24`;

/** The scene's containers: `web-0` to `proxy-4`, spread over the networks. */
export const members = Array.from({ length: containers }, (_, index) => ({
  name: `${kinds[index % kinds.length]}-${Math.floor(index / kinds.length)}`,
  network: `tier-${index % networks}`,
  ip: `172.28.${index % networks}.${10 + Math.floor(index / networks)}`,
}));

/** The scene's networks as the engine is asked for them. */
export const tiers = Array.from({ length: networks }, (_, index) => ({
  name: `tier-${index}`,
  subnet: subnetOf(index),
  gateway: `172.28.${index}.1`,
}));

/** The element that the last policy of a file, the one that changes, puts into the set. */
export function changingEntry(changed) {
  const [from, to] = changingPair;
  return `${to.ip},tcp:${30_000 + changed},${from.ip}`;
}
const changingPair = [members[1], members[7]];

/**
 * A file with so many policies: most from container to container, one in ten from a network, one in ten from a block of
 * addresses, one in twenty for two ports, one in ten with a description; the last one's port is what `changed` says.
 * With `inside`, each container also leads a port of its own to the next one.
 */
export function fileOf(policies, { changed = 0, inside = false } = {}) {
  const list = Array.from({ length: policies - 1 }, (_, index) => policyOf(index));
  const [from, to] = changingPair;
  list.push({ from: from.name, to: to.name, port: 30_000 + changed, proto: 'tcp' });
  const led = members.map(({ name }, index) => ({
    nat: 'dnat',
    selector: name,
    to: members[(index + 1) % members.length].name,
    port: 18_080,
    proto: 'tcp',
  }));
  return {
    networks: Object.fromEntries(tiers.map(({ name, subnet, gateway }) => [name, { subnet, gateway }])),
    ips: Object.fromEntries(
      members.map(({ name, ip, network }) => [ip, { ip, container_name: name, network_name: network }]),
    ),
    policies: inside ? [...led, ...list] : list,
  };
}

function policyOf(index) {
  const turn = Math.floor(index / members.length);
  const to = members[index % members.length];
  const from = members[(index + 1 + (turn % (members.length - 1))) % members.length];
  const again = Math.floor(turn / (members.length - 1));
  const port = index % 10 === 4 ? 10_000 + index : ports[index % ports.length] + 1000 * again;
  return {
    from: sourceOf(index, from),
    to: to.name,
    port: index % 20 === 7 ? [port, port + 1] : port,
    proto: index % 15 === 3 ? 'udp' : 'tcp',
    ...(index % 10 === 0 && { description: `request ${1000 + index}: ${from.name} needs ${to.name}` }),
  };
}

function sourceOf(index, from) {
  if (index % 10 === 4) return from.network;
  if (index % 10 === 9) return `10.${Math.floor(index / 250) % 250}.${index % 250}.0/24`;
  return from.name;
}

/** The same file as people write it by hand. */
export function yamlOf({ networks, ips, policies }) {
  const entries = (map) => Object.entries(map).map(([key, value]) => `  ${key}: ${flow(value)}`);
  return [
    'networks:',
    ...entries(networks),
    'ips:',
    ...entries(ips),
    'policies:',
    ...policies.map((policy) => `  - ${flow(policy)}`),
    '',
  ].join('\n');
}

function flow(map) {
  return `{ ${Object.entries(map)
    .map(([key, value]) => `${key}: ${plain(value)}`)
    .join(', ')} }`;
}

function plain(value) {
  if (Array.isArray(value)) return `[${value.join(', ')}]`;
  return typeof value === 'string' && value.includes(' ') ? JSON.stringify(value) : String(value);
}
