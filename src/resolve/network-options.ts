import type { NetworkEntry } from '../model/config.ts';
import type { HostFacts } from '../model/facts.ts';
import type { NetworkState } from '../model/inventory.ts';
import { bridgeOption, isolateOption, masqueradeOption, mtuOption } from '../model/networks.ts';
import type { Notice } from '../model/notice.ts';

const dockersOwn = /^com\.docker\.network\./;
const knownToPodman: ReadonlySet<string> = new Set([bridgeOption, mtuOption]);

/**
 * The declared options that this engine has; one file is for both, and Podman refuses what only Docker knows. What members send on by a
 * gateway that does not masquerade it, Docker would still give the host's address.
 */
export function optionsFor(
  { options, gatewayContainer }: Pick<NetworkEntry, 'options' | 'gatewayContainer'>,
  { engine }: Pick<HostFacts, 'engine'>,
): NetworkEntry['options'] {
  if (engine === 'docker')
    return gatewayContainer?.masquerade === false ? { [masqueradeOption]: 'false', ...options } : options;
  return Object.fromEntries(Object.entries(options).filter(([name]) => isKnown(name)));
}

const isKnown = (name: string): boolean => !dockersOwn.test(name) || knownToPodman.has(name);

/** What the engine makes of the declared networks that the file does not say. */
export function optionNotices(
  networks: readonly NetworkEntry[],
  live: readonly NetworkState[],
  { engine, engineRules }: Pick<HostFacts, 'engine' | 'engineRules'>,
): readonly Notice[] {
  if (engine === 'docker') return [];
  return networks.flatMap(({ name, options, origin, onConflict }): readonly Notice[] => {
    const subject = `network ${name}`;
    const unknown = Object.keys(options).filter((option) => !isKnown(option));
    const present = live.find((network) => network.name === name)?.options[isolateOption];
    const apart = (present ?? 'false') !== 'false' && options[isolateOption] === undefined;
    return [
      ...unknown.map(
        (option): Notice => ({
          kind: 'warning',
          subject,
          message: `Podman has no option ${option}: it does nothing here`,
          origin,
        }),
      ),
      ...(apart && engineRules === 'nft' && onConflict === 'fail'
        ? [
            {
              kind: 'warning',
              subject,
              message: `Podman itself lets nothing pass between it and others like it (isolate=${present ?? ''}), whatever a policy allows`,
              hint: 'on_conflict: recreate makes it anew without that, interrupting its members for a moment',
              origin,
            } as const,
          ]
        : []),
    ];
  });
}
