import { defineConfig } from 'vitest/config';

/** What is the same whatever the engine: it runs once, and not again on each of `npm run test:engine`. */
const engineless = [
  '*-spelling',
  'trace-agrees',
  'watch-*files',
  'throwaway-host',
  'rootless',
  'image{,-drop-in}',
  'bundle',
  'demo',
];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/{unit,scenarios,property}/**/*.test.ts'],
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'integration',
          sequence: { groupOrder: 1 },
          include: ['test/integration/**/*.test.ts'],
          exclude:
            process.env['NETWRIGHT_TEST_ENGINE'] === undefined
              ? []
              : engineless.map((name) => `test/integration/${name}.test.ts`),
          testTimeout: 60_000,
          hookTimeout: 120_000,
          maxWorkers: 2,
          globalSetup: ['./test/host/global-setup.ts'],
        },
      },
    ],
  },
});
