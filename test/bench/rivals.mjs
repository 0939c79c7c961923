import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { folder } from './host.mjs';

const proxyd = '/lib/systemd/systemd-socket-proxyd';
const ports = { haproxy: 7802, socat: 7803, proxyd: 7804 };

/** What Debian has for leading connections elsewhere, each leading all that comes to its port to the address and port. */
export function startRivals({ address, port }) {
  const started = {
    haproxy: spawn('haproxy', ['-q', '-db', '-f', haproxyFile(address, port)], { stdio: 'inherit' }),
    socat: spawn(
      'socat',
      [`TCP-LISTEN:${ports.socat},fork,reuseaddr,backlog=1024`, `TCP:${address}:${port}`],
      { stdio: 'inherit' },
    ),
  };
  if (existsSync(proxyd))
    started.proxyd = spawn(
      'systemd-socket-activate',
      ['-l', `0.0.0.0:${ports.proxyd}`, proxyd, '-c', '4096', `${address}:${port}`],
      { stdio: 'ignore' },
    );
  else console.log('systemd-socket-proxyd is not here: it is of the package systemd');
  return {
    ports: Object.fromEntries(Object.keys(started).map((name) => [name, ports[name]])),
    stop: () => {
      for (const child of Object.values(started)) child.kill('SIGKILL');
    },
  };
}

function haproxyFile(address, port) {
  const file = join(folder, 'haproxy.cfg');
  const timeouts = ['connect 5s', 'client 1h', 'server 1h']
    .map((timeout) => `  timeout ${timeout}\n`)
    .join('');
  writeFileSync(
    file,
    `global\n  maxconn 4000\ndefaults\n  mode tcp\n${timeouts}listen all\n  bind 0.0.0.0:${ports.haproxy}\n  server one ${address}:${port}\n`,
  );
  return file;
}
