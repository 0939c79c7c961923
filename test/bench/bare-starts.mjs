// The least that can be done for a container that has started: the engine is asked for its pid, and one `iptables-nft-restore` runs
// in it. Tells when it listens, and runs until it is ended. `bare-starts.mjs CHAIN`
import { spawn } from 'node:child_process';
import { engineEvents, pidOf } from './host.mjs';

const [chain] = process.argv.slice(2);
const input = `*nat
:${chain} - [0:0]
-A PREROUTING -j ${chain}
-A ${chain} -p tcp -m tcp --dport 18080 -j DNAT --to-destination 172.28.1.10:18080
COMMIT
`;
await engineEvents({ type: ['container'], event: ['start'] }, async ({ Actor }) => {
  const net = `--net=/proc/${await pidOf(Actor.Attributes.name)}/ns/net`;
  const child = spawn('nsenter', [net, '--', 'iptables-nft-restore', '--noflush'], {
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  child.stdin.end(input);
});
console.log('listening');
