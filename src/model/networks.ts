/** Docker's names for what the file also says, or netwright chooses, in words of its own. */
export const bridgeOption = 'com.docker.network.bridge.name';
export const mtuOption = 'com.docker.network.driver.mtu';
