import { isNetwrightError } from '../errors.ts';
import { parseAddress } from '../model/address.ts';
import { countOf, fieldsOf, textFieldsOf, textOf, textsOf } from './answer.ts';

/**
 * Whether Podman 4 refuses to tell of a container because of what is left of a place that it has given up: for a moment while a
 * container ends, and for good after `isHalfDone` (measured on 4.3; then the list of all containers is refused, too).
 */
export function isMismatch(error: unknown): boolean {
  return isNetwrightError(error) && error.message.includes('network inspection mismatch');
}

/**
 * Whether Podman would do no more than take note of a place that the container, as inspected, is given or loses now, and then fail to
 * give its addresses back, for good, when it has ended: it is paused, is being stopped, or nobody has cleaned up after it yet
 * (measured: 4.3, 5.4).
 */
export function isUnsettled(inspected: unknown): boolean {
  const { State, NetworkSettings } = fieldsOf(inspected);
  const { Running, Paused } = fieldsOf(State);
  if (Running === true) return Paused === true;
  return textOf(fieldsOf(NetworkSettings)['SandboxKey']) !== '';
}

/**
 * Whether a container has left its network, and Podman failed to take note: it missed the rules of its own that it wanted to remove,
 * flushed by somebody (measured on 4.3). Only a new place in the same network brings both back together.
 */
export function isHalfDone(error: unknown): boolean {
  return (
    isNetwrightError(error) && error.message.includes('tearing down network namespace configuration for')
  );
}

/**
 * A container that cannot be inspected, in the words of Docker's inspection: what the libpod list has of it, and the places that the
 * refusal names, with the addresses that were asked for: `map[front:{[172.30.1.10] [web www] [2 0 0 0 0 16] eth0}]`.
 */
export function unsettledContainer(listed: unknown, refusal: string): unknown {
  const { Id, Names, Labels, Pid } = fieldsOf(listed);
  const running = isRunning(listed);
  return {
    Id,
    Name: textsOf(Names)[0],
    State: { Running: running, ...(running && { Pid: countOf(Pid) }) },
    Config: { Labels: textFieldsOf(Labels) },
    HostConfig: { NetworkMode: 'bridge' },
    // Of one that has ended it is not known which namespace, only that it is not given up yet.
    NetworkSettings: { Networks: Object.fromEntries(places(refusal)), ...(!running && { SandboxKey: '?' }) },
  };
}

/** As the libpod list has it: one that cannot be inspected and runs will go on like that, one that does not will not for long. */
export function isRunning(listed: unknown): boolean {
  return textOf(fieldsOf(listed)['State']) === 'running';
}

const place = /([\w.-]+):\{\[([^\]{}]*)\] \[([^\]{}]*)\] \[([0-9 ]*)\] [^{}]*\}/g;

function places(refusal: string): readonly (readonly [string, object])[] {
  return [...refusal.matchAll(place)].map(([, network = '', addresses = '', aliases = '', mac = '']) => {
    const known = words(addresses).flatMap((text) => parseAddress(text) ?? []);
    return [
      network,
      {
        NetworkID: network,
        IPAddress: known.find((address) => !address.includes(':')) ?? '',
        GlobalIPv6Address: known.find((address) => address.includes(':')) ?? '',
        Aliases: words(aliases),
        MacAddress: words(mac).map(hexadecimal).join(':'),
      },
    ];
  });
}

function words(text: string): readonly string[] {
  return text.split(' ').filter((word) => word !== '');
}

function hexadecimal(byte: string): string {
  return Number(byte).toString(16).padStart(2, '0');
}
