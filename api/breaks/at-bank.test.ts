/** What a bank kept of a payout: given up by two people, and found again when it comes after all. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { matchAnnounced, matchBankStatement } from '../../activities/reconciliation/bank.ts';
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

describe('matched by hand', () => {
  const provider = 'birch';
  const announced = async (name: string, gross: number): Promise<void> => {
    const line = { kind: 'payout', gross, reference: name };
    const file = await insertFile(it.on.rows, [line], 'settlement', provider);
    await it.on.rows.all(
      `insert into settlement_postings (reconciliation_id, scope, what, merchant_id, provider, currency, debit, credit, amount, round, entry_key)
       values ($1, $1, 'announced', 'mer_operator', $2, 'USD', '1200', '1100', $3, 1, $1)`,
      [file, provider, gross],
    );
    await it.on.rows.all(`update reconciliations set status = 'posted' where id = $1`, [file]);
  };
  const unknown = async (gross: number): Promise<string> => {
    const line = { kind: 'bank_credit', reference: 'what is this', gross };
    const id = await insertFile(it.on.rows, [line], 'bank_statement');
    await matchBankStatement({ db: it.on.worker, signal }, { id, lines: 1 });
    const found = await it.on.rows.one<{ id: string }>(
      `select id from breaks where reconciliation_id = $1 and line = 1 and status = 'open'`,
      [id],
    );
    return found.id;
  };

  test('a line is the payouts that people say, to the cent: out of suspense, and booked', async () => {
    const before = await on.books();
    await announced('birch-a', 300);
    await announced('birch-b', -20);
    const id = await unknown(280);
    const match = (...subject_ids: readonly string[]): Promise<string> =>
      on.settle(id, { action: 'force_match', subject_ids });
    expect(await match('birch-a')).toBe('409 match_not_possible');
    expect(await match('birch-a', 'birch-c')).toBe('409 match_not_possible');
    expect(await on.books()).toEqual({
      ...before,
      '1010  USD': '780',
      '2900 alder USD': '-280',
    });
    expect(await match('birch-a', 'birch-b')).toBe('200 approved');
    expect(await on.books()).toEqual({ ...before, '1010  USD': '780', '1200 birch USD': '-280' });
    expect(await on.status(id)).toBe('resolved');
    const { detail } = await it.on.rows.one<{ detail: { notes: readonly object[] } }>('select detail from breaks where id = $1', [id]); // prettier-ignore
    expect(detail.notes).toEqual([
      expect.objectContaining({ action: 'force_match', by: 'staff:fin', approved_by: 'staff:fay' }),
    ]);
    const again = await unknown(300);
    expect(await on.settle(again, { action: 'force_match', subject_ids: ['birch-a'] })).toBe('409 match_not_possible'); // prettier-ignore
    expect(await on.settle(again, { action: 'write_off' })).toBe('200 approved');
  });
});

test('a payout that is named twice is once', async () => {
  const file = await insertFile(it.on.rows, [
    { kind: 'payout', gross: 30, reference: 'cedar-a' },
  ], 'settlement', 'cedar'); // prettier-ignore
  await it.on.rows.all(`update reconciliations set status = 'posted' where id = $1`, [file]);
  await it.on.rows.all(
    `insert into payout_names (currency, name, payout_id) select 'USD', 'cedar-b', $1 on conflict do nothing`,
    [`${file}/1`],
  );
  const statement = await insertFile(it.on.rows, [{ kind: 'bank_credit', reference: 'x', gross: 60 }], 'bank_statement'); // prettier-ignore
  await matchBankStatement({ db: it.on.worker, signal }, { id: statement, lines: 1 });
  const [id = ''] = await open();
  const subject_ids = ['cedar-a', 'cedar-b'];
  expect(await on.settle(id, { action: 'force_match', subject_ids })).toBe(
    '409 match_not_possible',
  );
  // Matched by the machine, and about to be booked: what it stands for is not given up any more.
  await it.on.rows.all(
    `insert into settlement_matches (reconciliation_id, line, subject_id, tier) values ($1, 1, 'somewhere', 4)`,
    [statement],
  );
  expect(await on.settle(id, { action: 'write_off' })).toBe('409 break_changed');
  await matchBankStatement({ db: it.on.worker, signal }, { id: statement, lines: 1 });
  expect(await open()).toEqual([]);
});

test('two people and the machine at once: a line is matched and booked once', async () => {
  for (let n = 0; n < 4; n += 1) {
    const before = await on.books();
    const statement = await insertFile(it.on.rows, [{ kind: 'bank_credit', reference: `dune-${String(n)}`, gross: 50 }], 'bank_statement'); // prettier-ignore
    await matchBankStatement({ db: it.on.worker, signal }, { id: statement, lines: 1 });
    const [id = ''] = await open();
    const file = await insertFile(it.on.rows, [{ kind: 'payout', gross: 50, reference: `dune-${String(n)}` }], 'settlement', 'dune'); // prettier-ignore
    await it.on.rows.all(
      `insert into settlement_postings (reconciliation_id, scope, what, merchant_id, provider, currency, debit, credit, amount, round, entry_key)
       values ($1, $1, 'announced', 'mer_operator', 'dune', 'USD', '1200', '1100', 50, 1, $1)`,
      [file],
    );
    await it.on.rows.all(`update reconciliations set status = 'posted' where id = $1`, [file]);
    const asked = await on.resolve(id, { action: 'force_match', subject_ids: [`dune-${String(n)}`] }); // prettier-ignore
    const approve = (): Promise<{ status: number }> => on.decide(asked.body['id'], 'approve', 'fay'); // prettier-ignore
    const machine = (): Promise<unknown> => matchAnnounced({ db: it.on.worker, signal });
    const [one, two] = await Promise.all([approve(), approve(), machine(), machine()]);
    expect([one.status, two.status].filter((code) => code >= 500)).toEqual([]);
    expect([await open(), await on.status(id)]).toEqual([[], 'resolved']);
    const matches = await it.on.rows.all('select subject_id from settlement_matches where reconciliation_id = $1', [statement]); // prettier-ignore
    expect(matches).toEqual([{ subject_id: `${file}/1` }]);
    const now = await on.books();
    expect(Number(now['1010  USD']) - Number(before['1010  USD'] ?? 0)).toBe(50);
  }
});

test('what people set aside of a batch does not end by itself, and leaves suspense once', async () => {
  const before = await on.books();
  const id = await on.broken('batch', -9, { merchantId: null });
  expect(await on.settle(id, { action: 'to_suspense' })).toBe('200 open');
  await it.on.worker.transaction().execute(async (trx) => {
    await sql`select end_break(b, 'its lines and its payout say otherwise by now', '{}') from breaks b where id = ${id}`.execute(
      trx,
    );
  });
  expect(await on.status(id)).toBe('open');
  expect(await on.settle(id, { action: 'from_suspense' })).toBe('200 approved');
  expect([await on.status(id), await on.books()]).toEqual(['resolved', before]);
});

test('what a batch is short of, and its provider says is so, is written off in the books of the operator', async () => {
  const before = await on.books();
  const id = await on.broken('batch', -7, { merchantId: null });
  expect(await on.settle(id, { action: 'write_off' })).toBe('409 break_not_in_suspense');
  expect(await on.settle(id, { action: 'to_suspense' })).toBe('200 open');
  const at = async (): Promise<readonly string[]> =>
    (await it.on.rows.all<{ merchant_id: string }>(`select distinct merchant_id from journal_entries where key like $1 || '/%'`, [id])).map((row) => row.merchant_id); // prettier-ignore
  expect([await at(), await on.settle(id, { action: 'explain' })]).toEqual([['mer_operator'], '409 break_in_suspense']); // prettier-ignore
  expect(await on.settle(id, { action: 'write_off' })).toBe('200 approved');
  expect(await on.books()).toEqual({ ...before, '1100 alder USD': '-7', '5400  USD': '-293' });
  expect(await on.broke()).toEqual([]);
});
