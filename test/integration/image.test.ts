import type Dockerode from 'dockerode';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Container, ContainerOptions } from '../host/container.ts';
import { startHost, type ThrowawayHost } from '../host/throwaway-host.ts';
import { createNetwright, loadImage, logOf, runOnce, until } from '../image/daemon.ts';
import { builtImage, isDebian } from '../image/image.ts';

const web = { address: '172.30.1.2', port: 80 };
const vpn = { address: '172.30.2.2', port: 81 };
const file = {
  networks: { front: { subnet: '172.30.1.0/24' }, back: { subnet: '172.30.2.0/24' } },
  ips: {
    '172.30.1.2': { container_name: 'web' },
    '172.30.2.2': { container_name: 'vpn' },
    '172.30.2.3': { container_name: 'app' },
    '172.30.2.4': { container_name: 'job' },
    '172.30.2.5': { container_name: 'nobody' },
  },
  policies: [
    { from: 'app', to: 'web', port: 80 },
    { nat: 'dnat', selector: 'vpn', to: 'web', port: 81, to_port: 80 },
  ],
};
const jobToo = { ...file, policies: [...file.policies, { from: 'job', to: 'web', port: 80 }] };
const asNobody = {
  ...file,
  policies: [...file.policies, { nat: 'dnat', selector: 'nobody', to: 'web', port: 81, to_port: 80 }],
};

/** network-go's own. */
const capAdd = ['NET_ADMIN', 'SYS_ADMIN'];

describe.skipIf(!isDebian)('the image', () => {
  let host: ThrowawayHost;
  let app: Container;
  let job: Container;
  let daemon: Dockerode.Container;
  let before: Awaited<ReturnType<ThrowawayHost['save']>>;

  const write = async (content: object): Promise<void> => {
    await host.sh('cat >/etc/user/config/.new; mv /etc/user/config/.new /etc/user/config/networks.json', {
      input: JSON.stringify(content),
    });
  };
  const told = async (): Promise<string> => await logOf(daemon);
  const reaches = async (from: Container, to: typeof web): Promise<boolean> =>
    (await host.connect(from, { ...to, timeoutMs: 300 })).kind === 'answered';
  const isHealthy = async (): Promise<boolean> => (await daemon.inspect()).State.Health?.Status === 'healthy';
  /** A container that is in no network yet. */
  const container = async (name: string, options: ContainerOptions = {}): Promise<Container> => {
    const made = await host.container(name, { start: false, ...options });
    await host.docker.getNetwork('bridge').disconnect({ Container: name });
    await made.start();
    return made;
  };

  beforeAll(async () => {
    const image = await builtImage();
    host = await startHost();
    await loadImage(host, image);
    await host.sh('mkdir -p /etc/user/config');
    const server = await container('web');
    [app, job] = [await container('app'), await container('job')];
    // As on a host where Docker has switched forwarding on: new network namespaces begin with what the machine's own has.
    await container('vpn', { sysctls: { 'net.ipv4.ip_forward': '1' } });
    await container('nobody', { user: '1000:1000' });
    await host.listen(server, { port: 80 });
    await write(file);
    before = await host.save();
  }, 600_000);

  afterAll(async () => {
    await host.stop();
  });

  test("network-go's volume below /proc is refused by runc, whatever the image", async () => {
    const mount = '/proc/sys/net/ipv4/ip_forward:/proc/sys/net/ipv4/ip_forward';
    const refused = await createNetwright(host, 'network-go', { capAdd, binds: [mount] });
    await expect(refused.start()).rejects.toThrow('cannot be mounted because it is inside /proc');
    await refused.remove();
  });

  test('with the rest of its docker run it makes the host what the file says', async () => {
    daemon = await createNetwright(host, 'netwright', { capAdd });
    await daemon.start();
    await until(async () => await reaches(app, web), told);
    expect(await host.connect(app, vpn)).toMatchObject({ kind: 'answered', by: 'web' });
    expect(await host.connect(job, web)).toEqual({ kind: 'timeout' });
    await until(isHealthy, told);
  });

  test('an edit in the mounted directory is in force at once', async () => {
    await write(jobToo);
    const milliseconds = await until(async () => await reaches(job, web), told);
    console.info(`edit to first packet: ${milliseconds} ms`);
    await write(file);
    await until(async () => !(await reaches(job, web)), told);
  });

  test('a restart of the container leaves open connections alone and finds nothing to do', async () => {
    const connection = await host.open(app, web);
    await daemon.restart();
    expect(await connection.ping()).toEqual({ kind: 'echoed' });
    await until(isHealthy, told);
    const again = (await told()).split('stopped, the rules stay in force')[1] ?? '';
    expect(again).toMatch(/watching/);
    expect(again).not.toMatch(/changed|failed|error/);
    await connection.close();
  });

  test('SIGTERM ends it with code 0, and the rules stay', async () => {
    await daemon.kill({ signal: 'SIGTERM' });
    expect(await daemon.wait()).toMatchObject({ StatusCode: 0 });
    expect(await reaches(app, web)).toBe(true);
    expect(await reaches(job, web)).toBe(false);
    await daemon.remove();
  });

  test("with network-go's two capabilities, a container of another user is out of reach, and it says so", async () => {
    await write(asNobody);
    const { exitCode, output } = await runOnce(host, { capAdd, cmd: ['apply'] });
    expect(exitCode).toBe(1);
    expect(output).toContain('nobody is running, but its network namespace cannot be entered from here');
    expect(output).toContain('--cap-add SYS_PTRACE');
  });

  test('with SYS_PTRACE, and nothing else it can do without, it gets everywhere', async () => {
    await write(asNobody);
    daemon = await createNetwright(host, 'netwright', {
      capDrop: ['ALL'],
      capAdd: ['NET_ADMIN', 'NET_RAW', 'SYS_ADMIN', 'SYS_PTRACE'],
      readOnly: true,
      binds: ['/run/netwright:/run/netwright'],
    });
    await daemon.start();
    await until(async () => await reaches(app, { address: '172.30.2.5', port: 81 }), told);
    await until(async () => /changed .*~ sysctl net\.ipv4\.ip_forward = 1/.test(await told()), told);
    await until(isHealthy, told);
    await daemon.stop();
    await daemon.remove();
  });

  test('destroy from another container takes everything back, sysctls included', async () => {
    const options = { capAdd: [...capAdd, 'SYS_PTRACE'], binds: ['/run/netwright:/run/netwright'] };
    expect(await runOnce(host, { ...options, cmd: ['destroy'] })).toMatchObject({ exitCode: 0 });
    expect(await host.save()).toEqual(before);
  });

  test('its code belongs to root, and nobody may write it', async () => {
    daemon = await createNetwright(host, 'netwright', { capAdd });
    await daemon.start();
    const find = await daemon.exec({
      Cmd: [
        'find',
        '/opt/netwright',
        '!',
        '-type',
        'l',
        '(',
        '-perm',
        '/222',
        '-o',
        '!',
        '-user',
        'root',
        ')',
      ],
      AttachStdout: true,
    });
    const stream = await find.start({});
    const output = await new Promise<string>((resolve) => {
      let text = '';
      stream.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      stream.on('end', () => resolve(text));
    });
    expect({ output, ...(await find.inspect()) }).toMatchObject({ output: '', ExitCode: 0 });
    await daemon.remove({ force: true });
  });
});
