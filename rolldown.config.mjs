// Makes of what tsc has compiled, and of the packages it uses, the program that is shipped: few files, each read when it is needed.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'rolldown';

/** What dockerode has for building images and for engines on other machines: gRPC, protobuf and SSH, of which netwright uses none. */
const unused = /\/(dockerode\/lib\/(buildkit|session)|docker-modem\/lib\/ssh)\.js$/;
const nothing = `module.exports = () => {
  throw new Error('netwright has no use for this part of dockerode, and has left it out');
};`;

export default defineConfig({
  input: { main: 'build/main.js', 'knock-program': 'build/host/knock-program.js' },
  platform: 'node',
  plugins: [
    { name: 'unused', load: { filter: { id: unused }, handler: () => nothing } },
    {
      name: 'licences',
      generateBundle(_options, bundle) {
        const modules = Object.values(bundle).flatMap((file) =>
          file.type === 'chunk' ? file.moduleIds : [],
        );
        this.emitFile({ type: 'asset', fileName: 'licences.txt', source: licencesOf(modules) });
      },
    },
  ],
  output: { dir: 'dist', cleanDir: true, chunkFileNames: '[name].js' },
});

/** What the authors of every package in the bundle ask to be passed on with it. */
function licencesOf(modules) {
  const folders = new Set(modules.flatMap((id) => /^.*\/node_modules\/(@[^/]+\/)?[^/]+/.exec(id)?.[0] ?? []));
  return [...folders]
    .map((folder) => {
      const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      const texts = readdirSync(folder).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file));
      return [
        `${name} ${version} (${license})`,
        ...texts.map((file) => readFileSync(join(folder, file), 'utf8')),
      ];
    })
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map((parts) => `${parts.map((part) => part.trim()).join('\n\n')}\n`)
    .join(`\n${'-'.repeat(80)}\n\n`);
}
