/**
 * Tests run as ES modules (`node --experimental-vm-modules`, see scripts/test.ts) against real
 * servers started once by `test/jest/global-setup.ts`.
 *
 * @type {import('jest').Config}
 */
export default {
  testEnvironment: 'node',
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/\\.tender/', '/console/dist/'],
  modulePathIgnorePatterns: ['/\\.tender/'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '\\.ts$': [
      '@swc/jest',
      {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2024' },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  globalSetup: './test/jest/global-setup.ts',
  globalTeardown: './test/jest/global-teardown.ts',
  // Two: PostgreSQL and Temporal want cores as well.
  maxWorkers: 2,
  testTimeout: 30_000,
};
