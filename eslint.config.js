import tseslint from 'typescript-eslint';

/** A folder is a stage: which other folders of `src` each may import. What is not listed may not be imported. */
const mayImport = {
  model: [],
  iptables: ['model'],
  ipset: ['model'],
  iproute: ['model'],
  nftables: ['model'],
  conntrack: ['model'],
  load: ['model'],
  resolve: ['model'],
  plan: ['model', 'iptables'],
  host: ['model', 'iproute'],
  observe: ['model', 'host', 'iptables', 'ipset', 'iproute', 'nftables'],
  apply: ['model', 'host', 'conntrack', 'iptables', 'ipset', 'iproute', 'nftables'],
  watch: ['model', 'host'],
  relay: ['model'],
  wake: ['model', 'host', 'relay'],
};

const rooms = [...Object.keys(mayImport), 'cli'];
const packagesOf = {
  host: ['dockerode', 'execa'],
  watch: ['chokidar'],
  load: ['ajv', 'ajv/*', 'yaml'],
  cli: ['commander'],
};
const packages = Object.values(packagesOf).flat();

const wall = (folder, allowed) => ({
  files: [`src/${folder}/**/*.ts`],
  rules: {
    '@typescript-eslint/no-restricted-imports': [
      'error',
      {
        patterns: [
          {
            group: [
              ...rooms
                .filter((room) => room !== folder && !allowed.includes(room))
                .map((room) => `../${room}/*`),
              ...(allowed.includes('..') ? [] : ['../reconcile*.ts', '../main.ts']),
            ],
            message: `src/${folder} may import only: ${[...allowed, 'errors.ts', 'log.ts'].join(', ')}.`,
          },
          {
            group: packages.filter((name) => !(packagesOf[folder] ?? []).includes(name)),
            message: 'This package has one room of its own; see eslint.config.js.',
          },
        ],
      },
    ],
  },
});

export default tseslint.config(
  {
    ignores: [
      'build',
      'dist',
      'node_modules',
      'coverage',
      'src/model/networks-file.ts',
      '*.config.js',
      '**/*.mjs',
    ],
  },
  ...tseslint.configs.strictTypeChecked,
  { languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } } },
  {
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      'max-lines': ['error', { max: 260, skipBlankLines: true, skipComments: true }],
    },
  },
  ...Object.entries(mayImport).map(([folder, allowed]) => wall(folder, allowed)),
);
