import { describeMessages, type Row, web } from './messages.ts';

const hundreds = Array.from({ length: 201 }, (_, at) => `- { from: 10.9.0.${at}, to: any }\n`);

describeMessages([
  [
    'a DNAT to a network',
    `${web}policies: [{ nat: dnat, iface: wg0, to: n }]\n`,
    ':3:41  to: "n" is no target for nat: dnat, which needs one container or address',
  ],
  [
    'IPv4 to IPv6',
    'policies: [{ from: 10.0.0.1, to: "fd00::1" }]\n',
    ':1:20  from is IPv4, to is IPv6: no packet can be both',
  ],
  [
    'a name one edit away',
    `${web}policies: [{ from: wep, to: any }]\n`,
    ':3:20  warning: nothing in the file is called "wep"',
    '  did you mean "web"?',
  ],
  [
    'a name one edit away, after hundreds that are right',
    `${web}policies:\n${hundreds.join('')}- { from: wep, to: any }\n`,
    ':205:11  warning: nothing in the file is called "wep"',
    '  did you mean "web"?',
  ],
  [
    'a name in a list',
    `${web}policies: [{ from: [web, later], to: any }]\n`,
    ':3:26  warning: nothing in the file is called "later"',
    '  it waits for a container of that name',
  ],
  ...['10.0.0.0/33', '10.0.0.0/', '10.0.0.300', 'fd00::1::2', 'fd00::/129'].map(
    (mistaken): Row => [
      `${mistaken} where an address may be`,
      `policies: [{ from: "${mistaken}", to: any }]\n`,
      `:1:20  "${mistaken}" is no address and no subnet`,
      '  write an address such as 172.18.103.2 or fd00:104::2, or a subnet such as 172.18.103.0/24',
    ],
  ),
  [
    'a beginning of a name',
    `${web}policies: [{ from: we, to: any }]\n`,
    ':3:20  warning: "we" is only the beginning of web: taken as meant',
    '  write the whole name',
  ],
  [
    'a beginning of a name, strictly',
    `strict: true\n${web}policies: [{ from: we, to: any }]\n`,
    ':4:20  "we" is only the beginning of web',
    '  strict: true wants the whole name',
  ],
  [
    'rules in a network',
    `${web}policies: [{ from: any, to: web, in: n }]\n`,
    ':3:38  in: "n" is no place for rules: host or a container',
  ],
]);
