import { expect, it } from 'vitest';
import { loadText } from './directory.ts';
import { describeMessages, type Row } from './messages.ts';

describeMessages([
  ['an empty file', ' \n', ':1:1  the file is empty', '  to have nothing, write {}'],
  ['a file of comments', '# nothing\n', ':1:1  the file is empty', '  to have nothing, write {}'],
  [
    'a half-written file',
    '{"networks": {',
    ':1:15  the file ends where a key in double quotes should be',
    '  is the file half-written?',
  ],
  ['a comma too many', '{\n"ips": {},\n}', ':2:10  a comma before }', '  remove it, or add a key after it'],
  ['a comma too few', '{"ips": {}\n"policies": []}', ':2:1  expected a comma or }, found "\\""'],
  [
    'a comment in JSON',
    '{\n// no\n}',
    ':2:1  JSON has no comments',
    '  remove it, or write the file as YAML (.yaml)',
  ],
  ['single quotes in JSON', "{'ips': {}}", ':1:2  expected a key in double quotes, found "\'"'],
  ['a bare word in JSON', '{"strict": yes}', ':1:12  "yes" is no JSON value', '  text needs double quotes'],
  ['text never closed', '{"ips": "a', ':1:9  this text is never closed', '  is a " missing?'],
  ['two values in JSON', '{} {}', ':1:4  expected the end of the file, found "{"'],
  [
    'a key twice in JSON',
    '{"strict": true,\n "strict": false}',
    ':2:2  the key "strict" is there twice; the other is at F:1:2',
  ],
  [
    'a key twice in YAML',
    'strict: true\nstrict: false\n',
    ':2:1  the key "strict" is there twice; the other is at F:1:1',
  ],
  [
    'a key without its colon',
    'networks\nips: {}\n',
    ':1:1  a key of several lines',
    '  is a colon missing at the end of one?',
  ],
  ['a tab in YAML', 'networks:\n\tn: {}\n', ':2:1  a tab as indentation', '  YAML is indented with spaces'],
  [
    'two documents',
    'strict: true\n---\nstrict: true\n',
    ':2:1  a second document',
    '  one document a file: remove the ---',
  ],
  ['a tag', 'strict: !yes true\n', ':1:9  tags such as !this are not allowed'],
  ['an alias of nothing', 'networks: *none\n', ':1:11  the alias "*none" has no anchor before it'],
  [
    'an alias of what it is in',
    'networks: &n { n: *n }\n',
    ':1:19  the alias "*n" is within what it stands for',
  ],
  [
    'an alias of what it is in, with another of that name before',
    'ips: &n {}\nnetworks: &n { <<: *n }\n',
    ':2:20  the alias "*n" is within what it stands for',
  ],
  [
    'more aliases than the parser gets through',
    `strict: &s true\nnetworks:\n${'- *s\n'.repeat(20_000)}`,
    ':1:1  more than 20000 anchors and aliases',
    '  write out what they stand for',
  ],
  ...['1', '*none', '[{}, 1]', '[{}, *none]', '&a'].map(
    (merged): Row => [
      `a merge of ${merged}`,
      `ips: &none 1\nnetworks: { n: { <<: ${merged} } }\n`,
      ':2:18  only a map can be merged',
      '  merge an anchor of a map, or a list of these: <<: *name',
    ],
  ),
  ['lists in lists without end', '- '.repeat(5000), ':1:129  nested more than 64 levels deep'],
  ['keys in keys without end', '? '.repeat(5000), ':1:129  nested more than 64 levels deep'],
  ['maps in one line without end', 'a: '.repeat(5000), ':1:193  nested more than 64 levels deep'],
]);

it('two merges and a list of merges in one map are taken', async () => {
  const loaded = await loadText(
    'a.yaml',
    `networks:
  a: &a { subnet: 10.0.0.0/24 }
  b: &b { mtu: 1400, internal: true, subnet: 10.0.1.0/24 }
  c: { <<: *b, <<: *a, subnet: 10.0.2.0/24 }
  d: { <<: [*a, *b], subnet: 10.0.3.0/24 }
`,
  );
  if (!loaded.ok) throw new Error('it is in order');
  const told = { mtu: 1400, internal: true };
  expect(loaded.content().networks).toMatchObject({
    c: { ...told, subnet: '10.0.2.0/24' },
    d: { ...told, subnet: '10.0.3.0/24' },
  });
});
