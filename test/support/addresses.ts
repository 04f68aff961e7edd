/** Where the servers are that `test/jest/global-setup.ts` started. */

/** End-to-end tests on a Temporal server on PostgreSQL (`npm run test:cluster`). */
export function onCluster(): boolean {
  return process.env['TENDER_TEST_TEMPORAL'] === 'cluster';
}

export interface TestAddresses {
  /** Of the superuser, to the maintenance database. */
  readonly databaseUrl: string;
  /** Of the development server all share; there is none on the cluster. */
  readonly temporalAddress: string;
  readonly workflowBundle: string;
}

export function testAddresses(): TestAddresses {
  return {
    databaseUrl: address('TENDER_TEST_DATABASE_URL'),
    get temporalAddress() {
      return address('TENDER_TEST_TEMPORAL_ADDRESS');
    },
    workflowBundle: address('TENDER_TEST_WORKFLOW_BUNDLE'),
  };
}

function address(name: string): string {
  const value = process.env[name];
  if (value === undefined) {
    throw new Error(
      `${name} is not set: this test needs servers, and TENDER_TEST_UNIT=1 skips them`,
    );
  }
  return value;
}
