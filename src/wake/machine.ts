/** What a group of containers is doing; `asleep`: at least one of them does not run, and nobody has connected since. */
type Phase = 'asleep' | 'starting' | 'awake' | 'stopping';

export interface State {
  readonly phase: Phase;
  /** Somebody waits: while starting, it is not only taken over; while stopping, it is started again at once. */
  readonly wanted: boolean;
  /** Why it was last not started, or not stopped; gone with the next success. */
  readonly why?: string;
}

/** What happened, or was seen. */
export type Event =
  /** Somebody connected, or asked by hand. */
  | { readonly kind: 'wanted' }
  /** All run, are healthy, and the port answers. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly why: string }
  /** Nothing has passed for as long as the file says, or it was asked by hand. */
  | { readonly kind: 'idle' }
  /** Somebody came before anything was stopped. */
  | { readonly kind: 'busy' }
  | { readonly kind: 'stopped' }
  /** All of the containers were seen running. */
  | { readonly kind: 'up' }
  /** Not all of them were. */
  | { readonly kind: 'down' };

/** What is to be done; `start` and `stop` end with an event of their own. */
export type Effect = 'start' | 'stop' | 'carry' | 'refuse';

export interface Step {
  readonly state: State;
  readonly effects: readonly Effect[];
}

export const asleep: State = { phase: 'asleep', wanted: false };
const awake: State = { phase: 'awake', wanted: false };

/** What becomes of the state by the event, and what is to be done; what an event says that no longer matters changes nothing. */
export function step(state: State, event: Event): Step {
  return transitions[state.phase](state, event) ?? { state, effects: [] };
}

const transitions: Readonly<Record<Phase, (state: State, event: Event) => Step | undefined>> = {
  asleep: (state, { kind }) => {
    if (kind === 'wanted') return starting(state, true);
    // Started by hand, or before the daemon was: it is taken over once it answers.
    return kind === 'up' ? starting(state, false) : undefined;
  },
  starting: (state, event) => {
    switch (event.kind) {
      case 'wanted':
        return { state: { ...state, wanted: true }, effects: [] };
      case 'ready':
        return { state: awake, effects: ['carry'] };
      case 'failed':
        // What nobody asked for is left as it was found.
        return state.wanted
          ? { state: { phase: 'stopping', wanted: false, why: event.why }, effects: ['refuse', 'stop'] }
          : { state: { ...asleep, why: event.why }, effects: ['refuse'] };
      default:
        return undefined;
    }
  },
  awake: (_, { kind }) => {
    if (kind === 'wanted') return { state: awake, effects: ['carry'] };
    if (kind === 'idle') return { state: { phase: 'stopping', wanted: false }, effects: ['stop'] };
    return kind === 'down' ? { state: asleep, effects: [] } : undefined;
  },
  stopping: (state, event) => {
    switch (event.kind) {
      case 'wanted':
        return { state: { ...state, wanted: true }, effects: [] };
      case 'busy':
        return { state: awake, effects: ['carry'] };
      case 'stopped':
        return state.wanted ? starting(state, true) : { state: { ...state, phase: 'asleep' }, effects: [] };
      case 'failed':
        return state.wanted
          ? starting(state, true)
          : { state: { ...asleep, why: state.why ?? event.why }, effects: [] };
      default:
        return undefined;
    }
  },
};

function starting({ why }: State, wanted: boolean): Step {
  return {
    state: { phase: 'starting', wanted, ...(why !== undefined && { why }) },
    effects: ['start'],
  };
}
