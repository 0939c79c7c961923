/** Docker's names for what the file also says, or netwright chooses, in words of its own; Podman's own words are translated. */
export const bridgeOption = 'com.docker.network.bridge.name';
export const mtuOption = 'com.docker.network.driver.mtu';
/** The host's interface under a macvlan or ipvlan network. */
export const parentOption = 'parent';
export const modeOptions = ['macvlan_mode', 'ipvlan_mode'] as const;
