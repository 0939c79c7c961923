import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const longestWait = 15_000;

/** One `ipset` that is asked again and again, as starting one for each question takes longer than what is measured. */
export function openSets(set) {
  const tool = spawn('ipset', ['-'], { stdio: ['pipe', 'ignore', 'pipe'] });
  const answers = [];
  createInterface({ input: tool.stderr }).on('line', (line) => answers.shift()?.(line));
  const ask = (entry) =>
    new Promise((resolve) => {
      answers.push(resolve);
      tool.stdin.write(`test ${set} ${entry}\n`);
    });
  return {
    /** Settles with the moment the element is there. */
    has: async (entry) => {
      const end = performance.now() + longestWait;
      for (;;) {
        const answer = await ask(entry);
        if (/ is in set /.test(answer)) return performance.now();
        if (performance.now() > end) throw new Error(`no ${entry} in the set: ${answer}`);
        await sleep(1);
      }
    },
    close: () => tool.stdin.end('quit\n'),
  };
}

/** The kernel's own word for what changes in its rules, as it changes. */
export function openRules() {
  const monitor = spawn('stdbuf', ['-oL', 'nft', 'monitor', 'rules'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let waiting = [];
  createInterface({ input: monitor.stdout }).on('line', (line) => {
    const at = performance.now();
    if (!/^(add|insert) rule/.test(line)) return;
    waiting = waiting.filter((wait) => !wait(line, at));
  });
  return {
    /** Settles with the moment the last of these rules was added; rejects when one is not. */
    sees: (patterns) =>
      new Promise((resolve, reject) => {
        const missing = new Set(patterns);
        const timer = setTimeout(
          () => reject(new Error(`the kernel got no rule ${[...missing].join(', ')}`)),
          longestWait,
        );
        waiting.push((line, at) => {
          for (const pattern of missing) if (pattern.test(line)) missing.delete(pattern);
          if (missing.size > 0) return false;
          clearTimeout(timer);
          resolve(at);
          return true;
        });
      }),
    close: () => monitor.kill(),
  };
}
