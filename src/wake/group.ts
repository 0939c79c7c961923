import { isDeepStrictEqual } from 'node:util';
import { NetwrightError } from '../errors.ts';
import { fieldsOf, listOf, textFieldsOf, textOf, textsOf } from '../host/answer.ts';
import type { Engine } from '../host/engine.ts';
import type { OnDemandEntry } from '../model/on-demand.ts';

/** The labels by which a container says to which group it belongs; the second is proxytainer's. */
const groupLabels = ['netwright.group', 'proxytainer.group'] as const;

/** A container as the engine lists it. */
export interface Listed {
  readonly id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Paused ones do not. */
  readonly running: boolean;
  readonly paused: boolean;
}

/** The containers of an entry at this moment, in the order in which they are started. */
export interface Group {
  readonly dependencies: readonly Listed[];
  readonly members: readonly Listed[];
  /** Names that the entry gives and no container has; for a label, what was looked for. */
  readonly missing: readonly string[];
}

/** All containers, stopped ones too, as of now. */
export async function listContainers(engine: Engine, signal: AbortSignal): Promise<readonly Listed[]> {
  return listOf(await engine.listContainers(signal)).flatMap((each) => {
    const fields = fieldsOf(each);
    const [id, name = ''] = [textOf(fields['Id']), textsOf(fields['Names'])[0]];
    if (id === '') return [];
    const state = textOf(fields['State']).toLowerCase();
    return [
      {
        id,
        name: nameIn(name),
        labels: textFieldsOf(fields['Labels']),
        running: state === 'running',
        paused: state === 'paused',
      },
    ];
  });
}

/** Who of these belongs to the entry; each is there once, a dependency not again as a member. */
export function groupOf(
  { dependsOn, group }: Pick<OnDemandEntry, 'dependsOn' | 'group'>,
  containers: readonly Listed[],
): Group {
  const byName = new Map(containers.map((container) => [container.name, container]));
  const named = (names: readonly string[]) => names.flatMap((name) => byName.get(name) ?? []);
  const dependencies = [...new Set(named(dependsOn))];
  const all = group.kind === 'names' ? [...new Set(named(group.names))] : labelled(group.value, containers);
  const members = all.filter((member) => !dependencies.includes(member));
  const wanted = group.kind === 'names' ? [...dependsOn, ...group.names] : dependsOn;
  const missing = wanted.filter((name) => !byName.has(name));
  const nobody = group.kind === 'label' && all.length === 0 ? [`${groupLabels[0]}=${group.value}`] : [];
  return { dependencies, members, missing: [...missing, ...nobody] };
}

function labelled(value: string, containers: readonly Listed[]): readonly Listed[] {
  return containers
    .filter(({ labels }) =>
      groupLabels.some((label) => Object.hasOwn(labels, label) && labels[label] === value),
    )
    .toSorted((one, other) => (one.name < other.name ? -1 : 1));
}

/** The container that connections are led to, by its name. */
export function targetIn(
  { target }: Pick<OnDemandEntry, 'target'>,
  containers: readonly Listed[],
): Listed | undefined {
  return target.kind === 'host' ? undefined : containers.find(({ name }) => name === target.name);
}

/** Whether all that the entry needs is there and runs. */
export function isUp({ dependencies, members, missing }: Group): boolean {
  return missing.length === 0 && [...dependencies, ...members].every(({ running }) => running);
}

/** Whether the same containers are started for both, and connections go to the same place. */
export function startsSame(one: OnDemandEntry, other: OnDemandEntry): boolean {
  const whatOf = ({ target, group, dependsOn }: OnDemandEntry) => ({ target, group, dependsOn });
  return isDeepStrictEqual(whatOf(one), whatOf(other));
}

/** What the engine says of one container that matters for connecting to it. */
export interface Condition {
  /** Empty where the engine does not say. */
  readonly name: string;
  readonly running: boolean;
  readonly paused: boolean;
  /** `healthy`, `unhealthy`, `starting`; undefined where it has no health check. */
  readonly health: string | undefined;
  /** With which code it ended, and what the engine says of that. */
  readonly exitCode: number;
  readonly error: string;
  /** `host`, `none`, `container:<id>`, or a network. */
  readonly networkMode: string;
  readonly addresses: readonly string[];
  /** 0 where it does not run. */
  readonly pid: number;
}

/** The condition of a container; undefined when there is none any more. */
export async function conditionOf(
  engine: Engine,
  id: string,
  signal: AbortSignal,
): Promise<Condition | undefined> {
  const answer = await engine.inspectContainer(id, signal);
  if (answer === undefined) return undefined;
  const container = fieldsOf(answer);
  const state = fieldsOf(container['State']);
  const health = textOf(fieldsOf(state['Health'])['Status']);
  const networks = Object.values(fieldsOf(fieldsOf(container['NetworkSettings'])['Networks'])).map(fieldsOf);
  return {
    name: nameIn(container['Name']),
    running: state['Running'] === true,
    paused: state['Paused'] === true,
    health: health === '' || health === 'none' ? undefined : health,
    exitCode: numberOf(state['ExitCode']),
    error: textOf(state['Error']),
    networkMode: textOf(fieldsOf(container['HostConfig'])['NetworkMode']),
    addresses: ['IPAddress', 'GlobalIPv6Address'].flatMap((key) =>
      networks.map((network) => textOf(network[key])).filter((address) => address !== ''),
    ),
    pid: numberOf(state['Pid']),
  };
}

/** The engine puts a slash before it. */
function nameIn(value: unknown): string {
  return textOf(value).replace(/^\//, '');
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

/** Throws NOT_AWAKE, with what became of the container, unless it runs. */
export function mustRun(name: string, condition: Condition | undefined): asserts condition is Condition {
  if (condition === undefined) throw notAwake(`${name} was removed`);
  if (condition.paused) throw notAwake(`${name} is paused`);
  if (condition.running) return;
  const said = condition.error === '' ? '' : `: ${condition.error}`;
  throw notAwake(`${name} ended with exit code ${condition.exitCode}${said}`);
}

/** What did not come about. */
export function notAwake(message: string): NetwrightError {
  return new NetwrightError('NOT_AWAKE', message);
}
