/** Where the servers are that `test/jest/global-setup.ts` started. */
export interface TestAddresses {
  /** Of the superuser, to the maintenance database. */
  readonly databaseUrl: string;
  readonly temporalAddress: string;
  readonly workflowBundle: string;
}

export function testAddresses(): TestAddresses {
  return {
    databaseUrl: address('TENDER_TEST_DATABASE_URL'),
    temporalAddress: address('TENDER_TEST_TEMPORAL_ADDRESS'),
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
