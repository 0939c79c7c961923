/** A name that `test/host/run --engine` knows; a version means the Debian release with it, `-legacy` iptables-legacy. */
export type EngineName = 'docker' | 'podman' | 'none' | `${'docker' | 'podman'}-${string}`;

/** The engine of every host that names none: `NETWRIGHT_TEST_ENGINE`, else the machine's own Docker. */
export const engineUnderTest = named(process.env['NETWRIGHT_TEST_ENGINE'] ?? 'docker');

/** The store of the rules of the engine under test. */
export const storeUnderTest = engineUnderTest.endsWith('-legacy') ? 'legacy' : 'nft';

/** By its name in a snapshot. */
export const rulesUnderTest = storeUnderTest === 'legacy' ? 'iptables-legacy' : 'iptables';

/** Where others' rules come before the engine's own. */
export const userChain = engineUnderTest.startsWith('podman') ? 'FORWARD' : 'DOCKER-USER';

/**
 * Whether the engine under test is one of those whose names begin so, for `skipIf`; it then prints the reason, which says
 * what the engine cannot do.
 */
export function lacking(reason: string, ...engines: readonly string[]): boolean {
  const lacks = engines.some((engine) => engineUnderTest.startsWith(engine));
  if (lacks) console.log(`${engineUnderTest} skips: ${reason}`);
  return lacks;
}

function named(name: string): EngineName {
  const isName = (text: string): text is EngineName => /^(?:docker|podman)(?:-.+)?$|^none$/.test(text);
  if (!isName(name)) throw new Error(`NETWRIGHT_TEST_ENGINE: there is no engine '${name}'`);
  return name;
}
