import { expect, test } from 'vitest';
import { canWork, type DoctorDocument } from '../../../src/cli/doctor-check.ts';
import { plain } from '../../../src/cli/paint.ts';
import { printDoctor } from '../../../src/cli/print-doctor.ts';

test('what a host lacks is printed with what it costs, and a verdict', () => {
  const document: DoctorDocument = {
    version: '0.1.0',
    instance: 'default',
    checks: [
      {
        area: 'tools',
        name: 'nft',
        state: 'warning',
        found: 'not installed',
        cost: 'slower',
        hint: 'install it',
      },
      {
        area: 'engine',
        name: 'connection',
        state: 'missing',
        found: 'no engine\u001b[2J',
        cost: 'nothing works',
      },
      { area: 'tools', name: 'ip', state: 'ok', found: '6.1.0' },
    ],
  };
  expect(canWork(document)).toBe(false);
  expect(`\n${printDoctor(document, plain)}`).toBe(`
engine
  ✗ connection   no engine\\x1b[2J
      costs: nothing works
tools
  ! nft   not installed
      costs: slower
      hint: install it
  ✓ ip    6.1.0
netwright cannot work here yet: see what is marked ✗.
`);
});

test('a host without what is only useful is one where netwright can work', () => {
  const document: DoctorDocument = {
    version: '0.1.0',
    instance: 'default',
    checks: [{ area: 'tools', name: 'nft', state: 'warning', found: 'not installed' }],
  };
  expect(canWork(document)).toBe(true);
  expect(printDoctor(document, plain)).toContain('netwright can work here.\n');
});
