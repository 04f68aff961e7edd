/** What a batch that does not add up may be missing: said only where there is no second answer. */
import { expect, test } from '@jest/globals';
import { suggestForBatch, type BatchLine } from './batch.ts';

const lines = (...nets: readonly bigint[]): readonly BatchLine[] =>
  nets.map((net, index) => ({ reconciliationId: 'rec_1', line: index + 1, net }));

type Suggested = readonly [what: string, lines: readonly number[]] | null;

test.each<[string, bigint, readonly bigint[], readonly bigint[], Suggested]>([
  ['one listed line was not paid', -70n, [30n, 70n, 11n], [], ['listed_and_not_paid', [2]]],
  ['a refund was listed and not taken', 40n, [100n, -40n], [], ['listed_and_not_paid', [2]]],
  ['one line elsewhere was paid with it', 70n, [30n, 11n], [5n, 70n], ['paid_and_not_listed', [2]]],
  ['several listed lines', -41n, [30n, 70n, 11n], [], ['listed_and_not_paid', [1, 3]]],
  ['several lines elsewhere', 12n, [30n], [5n, 7n, 100n], ['paid_and_not_listed', [1, 2]]],
  ['one line before several', -100n, [30n, 70n, 100n], [], ['listed_and_not_paid', [3]]],
  ['two lines of that amount', -30n, [30n, 30n], [], null],
  ['one on either side', -30n, [30n], [-30n], null],
  ['two ways to the same sum', -12n, [5n, 7n, 4n, 8n], [], null],
  ['nothing fits', -13n, [5n, 7n], [9n], null],
  ['nothing is there', 5n, [], [], null],
])('%s', (_, difference, listed, elsewhere, expected) => {
  const said = suggestForBatch({
    difference,
    listed: lines(...listed),
    elsewhere: lines(...elsewhere),
  });
  expect(said === null ? null : [said.what, said.lines.map(({ line }) => line)]).toEqual(expected);
});
