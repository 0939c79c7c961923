import { expect, test } from 'vitest';
import { startHost } from '../host/throwaway-host.ts';

/** One user id suffices for an engine that is only asked who it is: no ranges of them, and so no newuidmap. */
const startRootless = `
useradd --no-create-home rootless
: >/etc/subuid
: >/etc/subgid
mkdir -p /run/user/rootless/.config/containers
printf '[storage]\\ndriver = "vfs"\\n' >/run/user/rootless/.config/containers/storage.conf
chown -R rootless /run/user/rootless
mount --make-rshared /
cd /
export HOME=/run/user/rootless XDG_RUNTIME_DIR=/run/user/rootless
setpriv --reuid rootless --regid rootless --init-groups \\
  podman --cgroup-manager=cgroupfs system service --time=0 unix:///run/user/rootless/podman.sock \\
  >/run/user/rootless/log 2>&1 &
for i in $(seq 200); do [ ! -S /run/user/rootless/podman.sock ] || exit 0; sleep 0.05; done
cat /run/user/rootless/log >&2
exit 1
`;

test('a rootless Podman is refused, and why is said', async () => {
  const host = await startHost({ engine: 'none' });
  await host.sh(startRootless);
  const DOCKER_HOST = 'unix:///run/user/rootless/podman.sock';
  const before = await host.save();
  for (const command of ['plan', 'apply', 'destroy'] as const) {
    const file = command === 'destroy' ? {} : { file: { networks: { front: { subnet: '172.30.1.0/24' } } } };
    const { exitCode, stdout, stderr } = await host.netwright([command], { ...file, env: { DOCKER_HOST } });
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toContain(`the engine at ${DOCKER_HOST} runs rootless`);
    expect(stderr).toContain("out of reach of the host's rules and routes");
  }
  const { exitCode, stdout } = await host.netwright(['doctor'], { env: { DOCKER_HOST } });
  expect(exitCode).toBe(1);
  expect(stdout).toMatch(/✗ connection +the engine at .* runs rootless/);
  expect(await host.save()).toEqual(before);
  await host.stop();
});
