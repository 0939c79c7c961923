// The demo: netwright's whole story on a throwaway host with a real engine, every claim measured. Run by `npm run demo`.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  connect,
  containerNamespace,
  docker,
  folder,
  netwright,
  plugIn,
  rules,
  sh,
  shInput,
  snapshot,
  startContainer,
  startWatch,
  until,
} from './stage.mjs';
import { chapter, claim, command, file, output, say, verdict } from './telling.mjs';

const networks = join(folder, 'networks.yaml');
const addresses = { web: '172.30.10.2', db: '172.30.20.2', vpn: '172.30.30.2', host: '10.8.0.1' };

const told = ({ kind, by, client }) => (kind === 'answered' ? `${by} answered ${client}` : kind);

const answers = async (text, from, to, port, by, client = '') => {
  const found = await connect(from, addresses[to], port);
  claim(text, found.kind === 'answered' && found.by === by && found.client.startsWith(client), told(found));
};

const stays = async (text, from, to, port, kind = 'no answer') => {
  const found = await connect(from, addresses[to], port);
  claim(text, found.kind === kind, told(found));
};

/** Runs netwright as a person would, and shows what it says. */
const netwrightSays = async (line, expected, meaning, sentence) => {
  command(`netwright ${line}`);
  const { code, text } = await netwright(...line.split(' '));
  output(text);
  claim(`exit code ${expected}: ${meaning}`, code === expected && sentence.test(text), `exit code ${code}`);
};

/** The rules of netwright's own chains. */
const oursIn = (saved) =>
  saved
    .split('\n')
    .filter((line) => line.startsWith('-A NETWRIGHT-'))
    .join('\n');

/** Whether they are in the kernel again, and packets led to them. */
const backAs = (wanted) => async () => {
  const saved = await rules('filter');
  return oursIn(saved) === wanted && /^-A (FORWARD|DOCKER-USER) -j NETWRIGHT-FORWARD$/m.test(saved);
};

const began = performance.now();

chapter('A host with a container engine');
for (const [name, port] of [['web', 80], ['db', 5432], ['vpn'], ['batch'], ['guest']])
  await startContainer(name, port);
await plugIn('laptop', 'wg0', addresses.host, '10.8.0.2');
await sh('iptables', '-A', 'INPUT', '-s', '192.0.2.66', '-j', 'DROP');
const { Version, KernelVersion } = await docker.version();
say(
  `Docker ${Version} on Linux ${KernelVersion}, in namespaces of its own: nothing here touches this machine.`,
);
say('Containers: web, db, vpn, batch, guest, in no network yet. A laptop beyond the interface wg0.');
say("Somebody's own firewall rule is there too. Here is how all of it is now, for later.");
const before = await snapshot();
await stays('the laptop finds nothing at the host, port 8080', 'laptop', 'host', 8080, 'refused');

chapter('One file says how it shall be');
writeFileSync(networks, readFileSync(new URL('../../examples/demo/networks.yaml', import.meta.url)));
command('cat networks.yaml');
file(readFileSync(networks, 'utf8'));

chapter('The plan: what would change');
await netwrightSays('plan -f networks.yaml', 2, 'there are changes, none is made', / to add, /);

chapter('Apply it');
await netwrightSays('apply -f networks.yaml', 0, 'the host is as the file says', / added, .*removed\./);
await netwrightSays('plan -f networks.yaml', 0, 'a second look finds nothing to do', /No changes\./);

chapter('What packets do now');
await answers('web may ask db', 'web', 'db', 5432, 'db');
await stays('batch, beside web, may not', 'batch', 'db', 5432);
await stays('web may ask for nothing but the one port', 'web', 'db', 22);
await answers(
  'the laptop reaches web by wg0, and web sees the laptop',
  'laptop',
  'host',
  8080,
  'web',
  '10.8.0.2',
);
await stays('the laptop does not reach db', 'laptop', 'db', 5432);
await answers('guest asks the container vpn, and web answers', 'guest', 'vpn', 80, 'web');

chapter('Watch: it stays so');
command('netwright watch -f networks.yaml');
const daemon = startWatch('-f', 'networks.yaml');
await daemon.show(/engine found/);
await until('the first pass', async () =>
  (await netwright('status', '-f', 'networks.yaml')).text.includes('last pass'),
);
const backup = await sh('iptables-save');
const wanted = oursIn(await rules('filter'));
command('iptables -F');
say('Somebody flushes every rule there is in the filter table.');
const flushed = performance.now();
await sh('iptables', '-F');
const healed = await until('the rules are back', backAs(wanted), flushed);
claim("netwright's rules are back within two seconds", healed < 2000, `${healed} ms after the flush`);
await daemon.show(/pass=/);
await answers('web may ask db', 'web', 'db', 5432, 'db');
await stays('batch may not', 'batch', 'db', 5432);
say("Docker's own rules are gone, and that is Docker's affair: here they come back from a backup.");
await shInput('iptables-restore', backup);

command('docker restart vpn');
say('A restarted container has a new network, without any rules in it.');
await docker.getContainer('vpn').restart({ t: 2 });
const restarted = performance.now();
const inside = await containerNamespace('vpn');
const isInside = async () => (await rules('nat', inside)).includes('-A NETWRIGHT-PREROUTING');
const refilled = await until('the rules are inside', isInside, restarted);
claim('its rules are inside again within two seconds', refilled < 2000, `${refilled} ms after the restart`);
await daemon.show(/pass=/);
await answers('guest asks the container vpn, and web answers', 'guest', 'vpn', 80, 'web');

chapter('Edit the file');
const text = readFileSync(networks, 'utf8');
command('echo "  - { from: batch, too: db, port: 5432 }" >>networks.yaml');
writeFileSync(networks, `${text}  - { from: batch, too: db, port: 5432 }\n`);
await daemon.show(/file problem/);
await answers('a mistake: the last good file stays in force', 'web', 'db', 5432, 'db');
command("sed -i 's/too:/to:/' networks.yaml");
writeFileSync(`${networks}.new`, `${text}  - { from: batch, to: db, port: 5432 }\n`);
const saved = performance.now();
renameSync(`${networks}.new`, networks);
const isAllowed = async () => (await sh('ipset', 'save')).includes('allow batch -> db tcp/5432');
const edited = await until('the policy is there', isAllowed, saved);
claim(
  'the new policy is in the kernel within two seconds',
  edited < 2000,
  `${edited} ms after the file was saved`,
);
await daemon.show(/pass=/);
await answers('batch may ask db', 'batch', 'db', 5432, 'db');

chapter('Stop it, and take everything back');
command('kill -TERM <netwright watch>');
const ended = await daemon.stop();
claim('the daemon ends with exit code 0', ended === 0, `exit code ${ended}`);
await answers('the rules stay in force without it', 'batch', 'db', 5432, 'db');
await netwrightSays('destroy', 0, 'all is removed', / removed\./);
const after = await snapshot();
for (const [what, was] of Object.entries(before))
  claim(
    `${what}: as before`,
    was === after[what],
    was === after[what] ? 'identical' : `was\n${was}\nis\n${after[what]}`,
  );

process.exitCode = verdict((performance.now() - began) / 1000) ? 0 : 1;
