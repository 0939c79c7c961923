/** What becomes of a network in this plan, for those who want to connect to it. */
export type NetworkFate = 'kept' | 'created' | 'replaced' | 'removed' | 'unavailable';

/** By network name. */
export type Fates = ReadonlyMap<string, NetworkFate>;

/** How operations name what they need of a network: that it was made, or removed, or its members kept. */
export const networkNeed = (name: string): string => `network ${name}`;
