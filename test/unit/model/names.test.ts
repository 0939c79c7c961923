import { describe, expect, it } from 'vitest';
import type { IpEntry, NetworkEntry } from '../../../src/model/config.ts';
import { indexNames, matchName, nearest } from '../../../src/model/names.ts';
import { open } from '../../plain.ts';

const origin = { file: 'networks.yaml', pointer: '' };
const entry = (ip: string, names: Pick<IpEntry, 'containerName' | 'selector' | 'serviceName'>): IpEntry => ({
  origin,
  key: ip,
  ip,
  family: 4,
  aliases: [],
  ...names,
});
const network = (key: string, name: string): NetworkEntry => ({
  origin,
  key,
  name,
  subnets: [],
  options: {},
  labels: {},
  onConflict: 'fail',
  ...open,
});

const web1 = entry('10.0.0.1', { containerName: 'web-1', selector: 'front', serviceName: 'shop' });
const web2 = entry('10.0.0.2', { containerName: 'web-2', selector: 'web-1', serviceName: 'shop' });
const inner = network('inner', 'team_inner');
const index = indexNames({ ips: [web1, web2], networks: [inner, network('other', 'inner')] });

describe('a name', () => {
  it.each(['10.0.0.1/32', '10.0.0.1'])('that is an address (%s) is that address', (name) => {
    expect(matchName(name, index)).toEqual({ kind: 'address', cidr: '10.0.0.1/32' });
  });

  it('may be any or host', () => {
    expect(matchName('any', index)).toEqual({ kind: 'any' });
    expect(matchName('host', index)).toEqual({ kind: 'host' });
  });

  it('is a container before it is a selector, and a selector before a service', () => {
    expect(matchName('web-1', index)).toEqual({ kind: 'ips', entries: [web1], byPrefix: false });
    expect(matchName('front', index)).toEqual({ kind: 'ips', entries: [web1], byPrefix: false });
  });

  it('of a service means each of its entries', () => {
    expect(matchName('shop', index)).toEqual({ kind: 'ips', entries: [web1, web2], byPrefix: false });
  });

  it('of a network is that network, and a name wins over a key', () => {
    expect(matchName('team_inner', index)).toEqual({ kind: 'network', network: inner });
    expect(matchName('inner', index)).toMatchObject({ kind: 'network', network: { key: 'other' } });
  });

  it('may be a label, with or without a value', () => {
    expect(matchName('label:app=web=1', index)).toEqual({ kind: 'label', key: 'app', value: 'web=1' });
    expect(matchName('label:app', index)).toEqual({ kind: 'label', key: 'app' });
  });

  it('that begins container names means each of them, and says so', () => {
    expect(matchName('web', index)).toEqual({ kind: 'ips', entries: [web1, web2], byPrefix: true });
  });

  it('may be none of these', () => {
    expect(matchName('wex', index)).toEqual({ kind: 'none' });
    expect(matchName('10.0.0.0/99', index)).toEqual({ kind: 'none' });
  });
});

describe('the nearest word', () => {
  it.each([
    ['polices', 'policies'],
    ['netwroks', 'networks'],
    ['ip', 'ips'],
    ['contaner_nam', 'container_name'],
  ])('to %s is %s', (word, expected) => {
    expect(nearest(word, ['networks', 'ips', 'policies', 'container_name'])).toBe(expected);
  });

  it('is none when all are far', () => {
    expect(nearest('zebra', ['networks', 'ips'])).toBeUndefined();
    expect(nearest('ab', ['xy'])).toBeUndefined();
  });
});
