/** What contracts say of settlement reports is what is fetched, read, taken by upload and looked at every night. */
import { expect, test } from '@jest/globals';
import type { ProviderContract } from '../domain/provider.ts';
import { fileSenders } from '../domain/settlement-file.ts';
import { formatsOf } from '../settlement/read-file.ts';
import { schedules } from '../workflows/schedules.ts';
import { everyContract } from './registry.ts';
import { createReportSources } from './report-sources.ts';

const url = 'http://127.0.0.1:1';
const all = {
  sandboxUrl: url,
  stripe: { secretKey: 'sk_test_x', url },
  adyen: { url, merchantAccount: 'Shop', credentials: { apiKey: 'k' }, firstBatch: 1 },
};
const contracts: readonly ProviderContract[] = everyContract;
const namesOf = (...come: readonly string[]): readonly string[] =>
  contracts
    .filter(({ settlementReports }) => come.includes(settlementReports.come))
    .map(({ name }) => name);

test('there is a source where they are fetched and it is set up, and no other', () => {
  const sources = createReportSources(all);
  expect([...sources.keys()].sort()).toEqual([...namesOf('fetched'), 'bank_account'].sort());
  for (const [name, source] of sources) expect(source.provider).toBe(name);
  expect([...createReportSources({}).keys()]).toEqual([]);
  expect([...createReportSources({ adyen: all.adyen }).keys()]).toEqual(['adyen']);
});

test.each(contracts.map(({ name, settlementReports }) => [name, settlementReports] as const))(
  'the formats of %s are those that are read of it',
  (name, reports) => {
    const formats = reports.come === 'none' ? [] : reports.formats;
    expect([...formats].sort()).toEqual([...formatsOf('settlement', name)].sort());
  },
);

test('whoever gives reports may have them uploaded, and has a schedule', () => {
  const giving = namesOf('fetched', 'uploaded');
  expect([...fileSenders.settlement].sort()).toEqual([...giving].sort());
  const ids = schedules.map(({ id }) => id);
  expect(giving.filter((name) => !ids.includes(`reconcile-${name}`))).toEqual([]);
});
