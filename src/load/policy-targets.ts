import type { PolicyEntry } from '../model/config.ts';

/** The names a policy's packets go to, and the field they stand in; none when the policy names no target. */
export function targetsOf(policy: PolicyEntry): {
  readonly names: readonly string[];
  readonly field: string;
} {
  if (policy.to !== undefined) return { names: policy.to, field: 'to' };
  if (policy.selector !== undefined) return { names: [policy.selector], field: 'selector' };
  if (policy.containerName !== undefined) return { names: [policy.containerName], field: 'container_name' };
  return { names: policy.serviceName === undefined ? [] : [policy.serviceName], field: 'service_name' };
}
