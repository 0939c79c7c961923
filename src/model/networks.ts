/** Docker's names for what the file also says, or netwright chooses, in words of its own; Podman's own words are translated. */
export const bridgeOption = 'com.docker.network.bridge.name';
export const mtuOption = 'com.docker.network.driver.mtu';
/** The host's bridge is given no IPv4 address, though members are told of the gateway. */
export const inhibitOption = 'com.docker.network.bridge.inhibit_ipv4';
/** Whether the engine gives what members send further the host's address. */
export const masqueradeOption = 'com.docker.network.bridge.enable_ip_masquerade';
/** Docker's name for an address, kept from containers, that is their default gateway in the bridge's place (libnetwork, bridge.DefaultGatewayV6AuxKey). */
export const gatewayV6Aux = 'DefaultGatewayIPv6';
/** Podman's, since 5. */
export const noRouteOption = 'no_default_route';
/** The host's interface under a macvlan or ipvlan network. */
export const parentOption = 'parent';
export const modeOptions = ['macvlan_mode', 'ipvlan_mode'] as const;
/** Podman's own isolation, which its Docker API puts on every network, and its own command on those that ask for it. */
export const isolateOption = 'isolate';

/** Whether rules can name it and mean this interface alone: the kernel takes quotes and commas too, and rules a + at the end for any rest. */
export function isBridgeName(name: string): boolean {
  return /^(?!\.{1,2}$)[A-Za-z0-9_.@][A-Za-z0-9_.@-]{0,14}$/.test(name);
}
