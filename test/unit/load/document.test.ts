import { describeMessages } from './messages.ts';

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
  ['a key twice in JSON', '{"strict": true,\n "strict": false}', ':2:2  the key "strict" is there twice'],
  ['a key twice in YAML', 'strict: true\nstrict: false\n', ':2:1  the key "strict" is there twice'],
  ['a tab in YAML', 'networks:\n\tn: {}\n', ':2:1  a tab as indentation', '  YAML is indented with spaces'],
  [
    'two documents',
    'strict: true\n---\nstrict: true\n',
    ':2:1  a second document',
    '  one document a file: remove the ---',
  ],
  ['a tag', 'strict: !yes true\n', ':1:9  tags such as !this are not allowed'],
  ['an alias of nothing', 'networks: *none\n', ':1:11  the alias "*none" has no anchor before it'],
]);
