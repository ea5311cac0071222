/**
 * Six sizes of test. `unit` is pure; `integration` has the real Kafka, PostgreSQL and Redis, started once; `platform` and
 * `browser` run the built services; `chart` renders and checks the Helm chart; `faults` kills parts of the platform under
 * load, for minutes. Run them with scripts/test.
 */
const compile = (tsx) => [
  '@swc/jest',
  {
    swcrc: false,
    jsc: {
      target: 'es2024',
      parser: { syntax: 'typescript', tsx },
      transform: { react: { runtime: 'automatic' } },
      experimental: { keepImportAttributes: true },
    },
    module: { type: 'es6' },
  },
];

const project = (displayName, testMatch, more = {}) => ({
  displayName,
  rootDir: import.meta.dirname,
  testMatch: testMatch.map((glob) => `<rootDir>/${glob}`),
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts', '.tsx'],
  transform: { '\\.ts$': compile(false), '\\.tsx$': compile(true) },
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.idempo/', '/\\.next/'],
  ...more,
});

export default {
  // For the tests that wait for real processes; a test that needs longer says so itself.
  testTimeout: 180_000,
  projects: [
    project('unit', ['src/**/*.test.{ts,tsx}', 'scripts/**/*.test.ts'], {
      testPathIgnorePatterns: ['\\.int\\.test\\.ts$'],
    }),
    project('integration', ['src/**/*.int.test.ts', 'scripts/**/*.int.test.ts'], {
      globalSetup: '<rootDir>/tests/setup.ts',
      globalTeardown: '<rootDir>/tests/teardown.ts',
    }),
    project('platform', ['tests/platform/**/*.test.ts']),
    project('browser', ['tests/browser/**/*.test.ts']),
    project('chart', ['tests/chart/**/*.test.ts']),
    project('faults', ['tests/faults/**/*.test.ts']),
  ],
};
