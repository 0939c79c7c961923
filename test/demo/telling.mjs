// What the demo prints.
import { styleText } from 'node:util';

const { NO_COLOR, FORCE_COLOR } = process.env;
export const coloured = !NO_COLOR && (FORCE_COLOR ? FORCE_COLOR !== '0' : process.stdout.isTTY === true);
const paint = (style, text) => (coloured ? styleText(style, text) : text);
const print = (line) => process.stdout.write(`${line}\n`);

let chapters = 0;
const broken = [];

export const chapter = (title) => {
  chapters += 1;
  print(`\n${paint(['bold', 'cyan'], `${chapters}  ${title}`)}`);
};

export const say = (text) => print(`   ${text}`);

export const command = (line) => print(`\n   ${paint('bold', `$ ${line}`)}`);

export const output = (text) => {
  for (const line of text.trimEnd().split('\n')) print(`   ${paint('dim', '│')} ${line}`);
};

/** A file as it is, its comments stepping back. */
export const file = (text) => output(text.replace(/^\s*#.*$/gm, (comment) => paint('dim', comment)));

/** Something the demo says is so, and whether it was found to be so. */
export const claim = (text, holds, found) => {
  if (!holds) broken.push(text);
  const mark = holds ? paint('green', '✓') : paint('red', '✗');
  const measured = holds ? paint('dim', found) : paint('red', `not so: ${found}`);
  print(`   ${mark} ${text.padEnd(64)} ${measured}`);
};

/** Whether everything claimed was so. */
export const verdict = (seconds) => {
  if (broken.length === 0) {
    print(`\n${paint(['bold', 'green'], 'Everything was as claimed')}, in ${seconds.toFixed(0)} s.`);
    return true;
  }
  print(`\n${paint(['bold', 'red'], `${broken.length} not as claimed:`)}`);
  for (const text of broken) print(`   ${text}`);
  return false;
};
