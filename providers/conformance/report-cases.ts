/** What moved is listed in settlement reports, which come as the contract says. */
import assert from 'node:assert/strict';
import {
  anAuthorization,
  anOperation,
  assertApproved,
  authorize,
  operate,
  takesCards,
} from './harness.ts';
import type { ConformanceCase, ConformanceHarness } from './harness.ts';

/** Whatever a bank takes to book a debit, it is less. */
const longMs = 30 * 24 * 3_600_000;

/** Ours, of what was captured: of a card its attempt and its operation. */
async function capture(harness: ConformanceHarness): Promise<readonly string[]> {
  if (takesCards(harness.provider.contract)) {
    const authorized = await authorize(harness);
    const operation = anOperation(authorized, 1_000n, true);
    assertApproved(await operate(harness, 'capture', operation));
    return [authorized.request.reference, operation.reference];
  }
  const request = anAuthorization(harness.tokens.approved, { ...harness.asking });
  await harness.provider.authorize(request);
  await harness.advanceClock(longMs);
  return [request.reference];
}

export const reportCases: readonly ConformanceCase[] = [
  {
    name: 'a settlement report lists what was captured, in a format of the contract',
    appliesTo: ({ settlementReports: { come } }) => come === 'fetched',
    async run(harness: ConformanceHarness): Promise<void> {
      const { settlementReports: reports, settlementCycleMs } = harness.provider.contract;
      assert.ok(reports.come === 'fetched' && harness.fetchReports, 'there is a source of them');
      const references = await capture(harness);
      await harness.advanceClock(settlementCycleMs);
      const listing = (await harness.fetchReports()).filter(({ lines }) =>
        lines.some(
          ({ kind, reference }) => kind === 'capture' && references.includes(reference ?? ''),
        ),
      );
      assert.equal(listing.length, 1, 'exactly one of them lists it');
      for (const { format } of listing) {
        assert.ok(
          reports.formats.some((said) => said === format),
          `${format} is not promised`,
        );
      }
    },
  },
  {
    name: 'nobody is asked for settlement reports that cannot be fetched',
    appliesTo: ({ settlementReports: { come } }) => come !== 'fetched',
    run(harness: ConformanceHarness): Promise<void> {
      assert.equal(harness.fetchReports, undefined);
      return Promise.resolve();
    },
  },
];
