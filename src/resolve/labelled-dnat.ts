import { toCidr } from '../model/address.ts';
import type { DiscoveryEntry, PolicyEntry } from '../model/config.ts';
import { type PortRange, portText, titleText } from '../model/ruleset.ts';
import type { Claim, Claims } from './claims.ts';
import { resolveDnat } from './dnat.ts';
import { peer } from './names.ts';
import type { Placed } from './placed.ts';
import type { LabelledPort } from './port-label.ts';
import type { Home, Resolving, Tell } from './resolved-policy.ts';
import { rememberStops } from './stops.ts';
import { commentOf, policyTitle } from './titles.ts';
import type { Watched } from './watched.ts';

interface Leading {
  readonly entry: DiscoveryEntry;
  readonly home: Home;
  readonly placed: Placed;
  readonly claims: Claims;
  readonly resolving: Resolving;
  readonly tell: Tell;
}

/** Leads one port of the label to the container, as far as nobody has it. */
export function lead({ container, addresses }: Watched, port: LabelledPort, leading: Leading): void {
  const { entry, home, placed, claims, resolving, tell } = leading;
  const { free, taken } = claims.take(claimOf(port, container, entry));
  for (const { ports, claimant } of taken) {
    tell({
      kind: 'warning',
      subject: `${container.name} ${port.protocol}/${portText(ports)}`,
      message: `${claimant.name} has it already`,
      hint: `another port outside, such as 8080:80, in its label ${entry.dnatLabel}`,
      origin: entry.origin,
    });
  }
  for (const outside of free) {
    const policy = policyFor(port, outside, container.name, entry);
    const title = commentOf(`${policyTitle(policy)} (label)`);
    const problem = resolveDnat({
      ...resolving,
      ...placed,
      policy,
      title,
      home,
      sources: undefined,
      targets: addresses.map((address) => peer(toCidr(address))),
      stops: rememberStops(),
    });
    if (problem !== undefined)
      tell({ kind: 'refused', subject: titleText(title), message: problem, origin: entry.origin });
  }
}

function claimOf(
  { protocol, outside }: LabelledPort,
  { id, name }: Watched['container'],
  { dnatIface }: DiscoveryEntry,
): Claim {
  return {
    protocol,
    ports: outside,
    iface: dnatIface,
    claimant: { id, name: `the older container ${name}` },
  };
}

/** The policy that would lead the port there if it were in the file. */
function policyFor(
  { protocol, outside: asked, inside }: LabelledPort,
  outside: PortRange,
  target: string,
  { origin, dnatIface, in: place, masquerade }: DiscoveryEntry,
): PolicyEntry {
  return {
    origin,
    index: -1,
    to: [target],
    ports: [outside],
    ...(portText(asked) !== portText(inside) && { toPort: inside }),
    proto: protocol,
    action: 'accept',
    log: false,
    nat: 'dnat',
    ...(dnatIface !== undefined && { iface: dnatIface }),
    in: place,
    ...(masquerade !== undefined && { masquerade }),
  };
}
