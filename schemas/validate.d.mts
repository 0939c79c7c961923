import type { ErrorObject } from 'ajv/dist/2020.js';

/** Whether the data answers to its part of the schema; when not, `errors` says why until the next call. */
export interface Check {
  (data: unknown): boolean;
  errors?: readonly ErrorObject[] | null;
}

/** The file but for the entries of its networks, ips, policies, routing, discovery and on_demand. */
export const shell: Check;
export const network: Check;
export const ip: Check;
export const policy: Check;
export const routing: Check;
export const discovery: Check;
export const onDemand: Check;
