import type { NetworksFile } from '../model/networks-file.ts';
import type { FileDocument } from './document.ts';
import type { Position } from './problem.ts';

/** What container-network is told by flags and variables, by the names that the command line's parser gives the flags. */
export const dropInVariables = {
  runtimeApi: 'RUNTIME_API',
  watchNetwork: 'WATCH_NETWORK',
  watchContainerLabel: 'WATCH_CONTAINER_LABEL',
  iptablesMangleMarkPublishedPorts: 'IPTABLES_MANGLE_MARK_PUBLISHED_PORTS',
  iptablesDnatPortsLabel: 'IPTABLES_DNAT_PORTS_LABEL',
  startupScript: 'STARTUP_SCRIPT',
  shutdownScript: 'SHUTDOWN_SCRIPT',
} as const;

export type DropInSetting = keyof typeof dropInVariables;

/** What was given, and the flag or variable that gave it. */
interface Given {
  readonly value: string;
  readonly by: string;
}

/** As much of a configuration as flags and variables say. */
export type DropIn = Readonly<Partial<Record<DropInSetting, Given>>>;

/** What stands where a file's name would. */
export const dropInName = 'environment';

/** The file that flags and variables amount to, container-network's defaults spelled out. */
function dropInFile(given: DropIn): NetworksFile {
  const mark = markOf(given);
  const { startupScript, shutdownScript } = given;
  return {
    discovery: [
      {
        network: given.watchNetwork?.value ?? 'bridge',
        enable_label: given.watchContainerLabel?.value ?? 'network.enable',
        dnat_label: given.iptablesDnatPortsLabel?.value ?? 'network.dnat.ports',
        in: 'host',
        ...(mark !== undefined && { mark_published_ports: mark }),
        warm_up: true,
      },
    ],
    ...(startupScript && { startup_script: startupScript.value }),
    ...(shutdownScript && { shutdown_script: shutdownScript.value }),
  };
}

/** 0 marks nothing, which is how container-network says that there is no mark. */
function markOf({ iptablesMangleMarkPublishedPorts }: DropIn): number | string | undefined {
  const text = iptablesMangleMarkPublishedPorts?.value;
  if (text === undefined || !/^\d+$/.test(text)) return text;
  return Number(text) === 0 ? undefined : Number(text);
}

const settingOf: Readonly<Record<string, DropInSetting>> = {
  '/discovery/0/enable_label': 'watchContainerLabel',
  '/discovery/0/dnat_label': 'iptablesDnatPortsLabel',
  '/discovery/0/mark_published_ports': 'iptablesMangleMarkPublishedPorts',
  '/startup_script': 'startupScript',
  '/shutdown_script': 'shutdownScript',
};

/** That file as a document: what is told of a place in it names the flag or variable. */
export function dropInDocument(given: DropIn): FileDocument {
  return {
    file: dropInName,
    value: dropInFile(given),
    locate: (pointer): Position => {
      const setting = settingOf[pointer] ?? 'watchNetwork';
      return { file: given[setting]?.by ?? dropInVariables[setting], line: 0, column: 0 };
    },
  };
}
