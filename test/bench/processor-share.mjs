import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where control groups share out the processor: version 1, or version 2 as far as it is this host's to do so. */
const folder = existsSync('/sys/fs/cgroup/cpu/cpu.shares') ? '/sys/fs/cgroup/cpu' : '/sys/fs/cgroup';
const usual = { version1: 1024, version2: 100 };

/**
 * Gives a process and those it starts so many times the usual share of the processor, as `CPUWeight=` does in a systemd unit (100 is
 * usual); `back` takes it away. Throws where the host has no such groups: a figure is of the daemon as its unit runs it, or is none.
 */
export function shareOut(pid, name, times) {
  const group = join(folder, `${process.env.THROWAWAY_NAME}-${name}`);
  if (!existsSync(join(folder, 'cpu.shares'))) writeFileSync(join(folder, 'cgroup.subtree_control'), '+cpu');
  mkdirSync(group, { recursive: true });
  const isFirst = existsSync(join(group, 'cpu.shares'));
  if (isFirst) writeFileSync(join(group, 'cpu.shares'), String(usual.version1 * times));
  else writeFileSync(join(group, 'cpu.weight'), String(usual.version2 * times));
  writeFileSync(join(group, 'cgroup.procs'), String(pid));
  return () => {
    if (existsSync(`/proc/${pid}`)) writeFileSync(join(folder, 'cgroup.procs'), String(pid));
    try {
      rmdirSync(group);
    } catch {
      // What it started may still be ending; the throwaway host takes it away.
    }
  };
}
