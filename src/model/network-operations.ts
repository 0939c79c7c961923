import type { Because } from './change.ts';
import type { KeptMembers, Member, Subnet } from './inventory.ts';

export interface KeepMembers extends Because, KeptMembers {
  readonly kind: 'keep-members';
}

export interface ForgetMembers extends Because {
  readonly kind: 'forget-members';
  readonly network: string;
}

export interface DisconnectEndpoint extends Because {
  readonly kind: 'disconnect-endpoint';
  readonly containerId: string;
  readonly containerName: string;
  readonly networkId: string;
  readonly network: string;
}

export interface RemoveNetwork extends Because {
  readonly kind: 'remove-network';
  readonly networkId: string;
  readonly network: string;
}

export interface CreateNetwork extends Because {
  readonly kind: 'create-network';
  readonly network: string;
  readonly driver: string;
  readonly internal: boolean;
  readonly subnets: readonly Subnet[];
  /** The name of its interface on the host, for a bridge. */
  readonly bridge?: string;
  readonly mtu?: number;
  readonly options: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  /** A container is the gateway of its subnets: whose members' default routes are, as in `DesiredGateway`. */
  readonly routes?: 'engine' | 'netwright';
}

/** With at most one address of each family; without any the engine chooses. What is `owned` is marked so, and disconnected when the file no longer names it. */
export interface ConnectEndpoint extends Because, Member {
  readonly kind: 'connect-endpoint';
  readonly network: string;
}
