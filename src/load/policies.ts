import type { Origin, PolicyEntry, PortRange } from '../model/config.ts';
import type { PolicyInFile } from '../model/networks-file.ts';
import { type Finding, quote, type Report, watching, within } from './problem.ts';

/** The policy an entry of the file declares; undefined, and reported, when it makes no sense. */
export function readPolicy(
  index: number,
  entry: PolicyInFile,
  origin: Origin,
  report: Report,
): PolicyEntry | undefined {
  const watched = watching(report);
  const refuse = watched.report;
  const ports = disjoint(readPorts(entry.port, () => within(origin, 'port'), refuse));
  const [toPort] = readPorts(entry.to_port, () => within(origin, 'to_port'), refuse);
  for (const finding of nonsense(entry, origin)) refuse(finding);
  if (toPort !== undefined && !watched.sawError())
    checkToPort(ports, toPort, within(origin, 'to_port'), refuse);
  if (watched.sawError()) return undefined;
  const policy: Draft<PolicyEntry> = {
    origin,
    index,
    ports,
    proto: entry.proto ?? 'tcp',
    action: entry.action ?? 'accept',
    log: entry.log ?? false,
  };
  if (entry.name !== undefined) policy.name = entry.name;
  if (entry.description !== undefined) policy.description = entry.description;
  if (entry.from !== undefined) policy.from = listOf(entry.from);
  if (entry.to !== undefined) policy.to = listOf(entry.to);
  if (entry.selector !== undefined) policy.selector = entry.selector;
  if (entry.container_name !== undefined) policy.containerName = entry.container_name;
  if (entry.service_name !== undefined) policy.serviceName = entry.service_name;
  if (toPort !== undefined) policy.toPort = toPort;
  if (entry.nat !== undefined) policy.nat = entry.nat;
  if (entry.iface !== undefined) policy.iface = entry.iface;
  if (entry.in !== undefined) policy.in = entry.in;
  if (entry.masquerade !== undefined) policy.masquerade = entry.masquerade;
  return policy;
}

/** Filled field by field: thousands of policies are spread in many times the time. */
type Draft<T> = { -readonly [K in keyof T]: T[K] };

function listOf(names: string | readonly string[]): readonly string[] {
  return typeof names === 'string' ? [names] : [...new Set(names)];
}

type Ports = string | number | readonly (string | number)[] | undefined;

function readPorts(value: Ports, originOf: () => Origin, report: Report): PortRange[] {
  if (value === undefined) return [];
  if (typeof value === 'object')
    return value.flatMap((one, index) => readPorts(one, () => within(originOf(), index), report));
  if (typeof value === 'number') return [{ from: value, to: value }];
  const [from = 0, to = from] = value.split('-').map(Number);
  const message =
    Math.min(from, to) < 1 || Math.max(from, to) > 65535
      ? `${quote(value)}: ports go from 1 to 65535`
      : from > to
        ? `the range ${value} is reversed`
        : undefined;
  if (message === undefined) return [{ from, to }];
  report({
    severity: 'error',
    code: 'port',
    origin: originOf(),
    message,
    ...(from > to && { hint: `write "${to}-${from}"` }),
  });
  return [];
}

function disjoint(ranges: readonly PortRange[]): readonly PortRange[] {
  if (ranges.length < 2) return ranges;
  const merged: PortRange[] = [];
  for (const range of [...ranges].sort((a, b) => a.from - b.from || a.to - b.to)) {
    const last = merged.at(-1);
    if (last === undefined || range.from > last.to) merged.push(range);
    else merged[merged.length - 1] = { from: last.from, to: Math.max(last.to, range.to) };
  }
  return merged;
}

/** iptables maps a range of ports to itself or to one port; to another range it picks at random. */
function checkToPort(ports: readonly PortRange[], toPort: PortRange, origin: Origin, report: Report): void {
  const [only] = ports;
  if (toPort.from === toPort.to) return;
  if (ports.length === 1 && only?.from === toPort.from && only.to === toPort.to) return;
  const message =
    'to_port: a range of ports can be translated to itself or to one port, not to another range';
  report({ severity: 'error', code: 'port', origin, message });
}

function nonsense(entry: PolicyInFile, origin: Origin): readonly Finding[] {
  const findings: Finding[] = [];
  const say = (field: string, message: string, hint?: string): void => {
    const at = field === '' ? origin : within(origin, field);
    findings.push({
      severity: 'error',
      code: 'policy',
      origin: at,
      message,
      ...(hint !== undefined && { hint }),
    });
  };
  const { nat, proto } = entry;
  const fallback = entry.selector ?? entry.container_name ?? entry.service_name;
  if (entry.port !== undefined && (proto === 'icmp' || proto === 'any')) {
    say('port', `port: ${proto} has no ports`, proto === 'any' ? 'write proto: tcp, udp or sctp' : undefined);
  }
  if (entry.to_port !== undefined && nat === 'dnat' && (proto === 'icmp' || proto === 'any')) {
    say('to_port', `to_port: ${proto} has no ports`);
  }
  if (nat !== 'dnat') {
    if (entry.to_port !== undefined) say('to_port', 'to_port has a meaning only with nat: dnat');
    if (entry.masquerade !== undefined) say('masquerade', 'masquerade has a meaning only with nat: dnat');
  }
  if (nat !== undefined && entry.action !== undefined && entry.action !== 'accept') {
    say('action', `action: ${entry.action} and nat: ${nat} cannot both be`, 'make two policies of it');
  }
  if (nat === undefined) {
    if (entry.to === undefined && fallback === undefined) {
      say('', 'the policy has neither a target nor nat', 'add to: (a name, an address, or any)');
    } else if (entry.from === undefined) {
      say('', 'the policy has neither from nor nat', 'add from: (any, for everybody) or nat: dnat');
    }
  }
  if (nat === 'dnat') {
    const inContainer = entry.iface === undefined && entry.in === undefined;
    if (entry.to === undefined && (inContainer || fallback === undefined)) {
      say('', 'nat: dnat has no target', 'add to:');
    } else if (inContainer && entry.selector === undefined && entry.container_name === undefined) {
      say(
        '',
        'nat: dnat says nowhere where it happens',
        'add iface: (on the host), or selector: or in: (in a container)',
      );
    }
  }
  if (nat === 'masquerade' && entry.iface === undefined) {
    say('nat', 'nat: masquerade needs the interface packets leave by', 'add iface:');
  }
  return findings;
}
