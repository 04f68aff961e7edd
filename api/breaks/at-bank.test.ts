/** What a bank kept of a payout: given up by two people, and found again when it comes after all. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { matchBankStatement } from '../../activities/reconciliation/bank.ts';
import { resolving, type Resolving } from '../../test/support/break-resolving.ts';
import { insertFile, startBreaksApi, type BreaksApi } from '../../test/support/breaks.ts';

let it: BreaksApi;
let on: Resolving;
beforeAll(async () => {
  it = await startBreaksApi();
  on = resolving(it);
});
afterAll(() => it.close());

const { signal } = new AbortController();
async function came(gross: number): Promise<void> {
  const line = { kind: 'bank_credit', reference: 'payout-17', gross };
  const id = await insertFile(it.on.rows, [line], 'bank_statement');
  await matchBankStatement({ db: it.on.worker, signal }, { id, lines: 1 });
}
const open = async (): Promise<readonly string[]> => {
  const rows = await it.on.rows.all<{ id: string }>(`select id from breaks where status = 'open'`);
  return rows.map(({ id }) => id);
};

test('its difference leaves suspense once, for where people say', async () => {
  const file = await insertFile(it.on.rows, [
    { kind: 'payout', gross: 500, reference: 'payout-17' },
  ]);
  await it.on.rows.all(
    `insert into settlement_postings (reconciliation_id, scope, what, merchant_id, provider, currency, debit, credit, amount, round, entry_key)
     values ($1, $1, 'announced', 'mer_operator', 'alder', 'USD', '1200', '1100', 500, 1, 'x')`,
    [file],
  );
  await it.on.rows.all(`update reconciliations set status = 'posted' where id = $1`, [file]);
  await came(460);
  const [kept = ''] = await open();
  const transit = { '1200 alder USD': '-500' };
  expect(await on.books()).toEqual({ ...transit, '1010  USD': '460', '1900 alder USD': '40' });
  expect(await on.settle(kept, { action: 'explain' })).toBe('409 break_in_suspense');
  expect(await on.settle(kept, { action: 'write_off' })).toBe('200 approved');
  expect(await on.books()).toEqual({ ...transit, '1010  USD': '460', '5400  USD': '40' });
  await came(40);
  const [more = '', ...none] = await open();
  expect([none, await on.status(more)]).toEqual([[], 'open']);
  expect(await on.books()).toEqual({
    ...{ ...transit, '1010  USD': '500', '5400  USD': '40' },
    '2900 alder USD': '-40',
  });
  expect(await on.settle(more, { action: 'write_off' })).toBe('200 approved');
  expect(await on.books()).toEqual({ ...transit, '1010  USD': '500' });
  await came(0);
  expect(await open()).toEqual([]);
});
