import { type FrameTable, framePriority, frameRuleText } from '../model/frames.ts';

/** What `nft -f` reads to put this table in the place of the one of this name, all at once; without a table, to take that away. */
export function renderFrames(name: string, table: FrameTable | undefined): string {
  // Adding first makes it certain that there is something to delete.
  const lines = [`add table bridge ${name}`, `delete table bridge ${name}`];
  if (table === undefined) return `${lines.join('\n')}\n`;
  lines.push(`table bridge ${name} {`);
  for (const set of table.sets) {
    const elements = set.elements.map((parts) =>
      parts.map((part, index) => value(part, set.of[index] === 'ifname')).join(' . '),
    );
    const filled = elements.length === 0 ? '' : ` elements = { ${elements.join(', ')} };`;
    lines.push(`set ${set.name} { type ${set.of.join(' . ')};${filled} }`);
  }
  for (const { name: chain, hook, rules } of table.chains) {
    lines.push(`chain ${chain} {`);
    if (hook !== undefined) lines.push(`type filter hook ${hook} priority ${framePriority}; policy accept;`);
    lines.push(...rules.map((rule) => frameRuleText({ ...rule, tests: rule.tests.map(quoted) })), '}');
  }
  lines.push('}');
  return `${lines.join('\n')}\n`;
}

type Test = FrameTable['chains'][number]['rules'][number]['tests'][number];

function quoted(test: Test): Test {
  const isName = test.of.length === 1 && (test.of[0] === 'iifname' || test.of[0] === 'oifname');
  const all =
    typeof test.is === 'string' ? value(test.is, isName) : test.is.map((each) => value(each, isName));
  return { ...test, is: all };
}

/** Names of interfaces are the only text that others chose. */
function value(text: string, isInterface: boolean): string {
  if (text.startsWith('@') && !isInterface) return text;
  if (/^@[a-z0-9-]+$/.test(text)) return text;
  const shape = isInterface ? /^[A-Za-z0-9_.@-]{1,15}$/ : /^[A-Za-z0-9.:/-]+$/;
  if (!shape.test(text)) throw new Error(`not a word of a frame's rule: ${JSON.stringify(text)}`);
  return isInterface ? `"${text}"` : text;
}
