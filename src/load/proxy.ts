import type { OnDemandInFile } from '../model/networks-file.ts';
import type { FileDocument } from './document.ts';

/** What proxytainer's command line says, as it was written. */
export interface ProxyFlags {
  readonly port: string;
  readonly host: string;
  readonly group: string;
  /** Seconds. */
  readonly idle?: string;
  readonly health: boolean;
}

/** What stands where a file's name would. */
export const proxyName = 'proxy';

/** The file with the one entry that the flags amount to: what is told of a place in it names the flag. */
export function proxyDocument({ port, host, group, idle, health }: ProxyFlags): FileDocument {
  const entry: OnDemandInFile = {
    listen: numberIn(port),
    target: host,
    group,
    // What is no number is the schema's to refuse.
    ...(idle !== undefined && { idle: numberIn(idle) as number }),
    health,
  };
  return {
    file: proxyName,
    value: { on_demand: { [proxyName]: entry } },
    locate: (pointer) => ({ file: flagAt(pointer), line: 0, column: 0 }),
  };
}

function numberIn(text: string): number | string {
  return /^\d+$/.test(text) ? Number(text) : text;
}

function flagAt(pointer: string): string {
  const flags: Readonly<Record<string, string>> = {
    listen: '--port',
    target: '--host',
    group: '--group',
    idle: '--idle',
  };
  return flags[pointer.split('/')[3] ?? ''] ?? proxyName;
}
