/** Lines matched and entries amended by two people: the same money to the cent, or not at all. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { listOpenLines } from '../../db/ledger-proofs.ts';
import type { PaymentState } from '../../domain/payment-state.ts';
import { resolving, said, type Resolving } from '../../test/support/break-resolving.ts';
import { insertBreak, insertFile, startBreaksApi, type BreaksApi } from '../../test/support/breaks.ts'; // prettier-ignore
import { countOf } from '../../test/support/payment-database.ts';

let it: BreaksApi;
let on: Resolving;
beforeAll(async () => {
  it = await startBreaksApi();
  on = resolving(it);
});
afterAll(() => it.close());

const captured = (amount = 10_000n): Promise<PaymentState> =>
  it.on.captured({ merchantId: it.merchantId, amount });
const operationOf = ({ operations }: PaymentState): string => operations[0]?.id ?? '';

/** A line of 100.00 USD that names nothing, and the break about it, of nobody known. */
async function unknownLine(values: { gross?: number; currency?: string } = {}): Promise<string> {
  const file = await insertFile(it.on.rows, [{ reference: 'x', ...values }]);
  const amount = values.gross ?? 10_000;
  const found = { reconciliationId: file, line: 1, amount, currency: values.currency ?? 'USD' };
  return (await insertBreak(it.on.rows, { kind: 'missing_internal', ...found })) ?? '';
}

async function matchesOf(subject: string): Promise<readonly unknown[]> {
  return it.on.rows.all('select tier, merchant_id from settlement_matches where subject_id = $1', [
    subject,
  ]);
}

async function entryOf({ id }: PaymentState, event: string): Promise<string> {
  const sql = 'select id from journal_entries where payment_id = $1 and event = $2';
  return (await it.on.rows.one<{ id: string }>(sql, [id, event])).id;
}

describe('a forced match', () => {
  test('of a line with our capture: two people, tier 7, nothing booked', async () => {
    const payment = await captured();
    const before = await on.books();
    const id = await unknownLine();
    const subject = operationOf(payment);
    expect(await on.settle(id, { action: 'force_match', subject_ids: [subject] })).toBe('200 approved'); // prettier-ignore
    expect(await matchesOf(subject)).toEqual([{ tier: 7, merchant_id: it.merchantId }]);
    expect([await on.status(id), await on.books()]).toEqual(['resolved', before]);
  });

  test('of one line with several captures, by their sum', async () => {
    const both = [await captured(4_000n), await captured(6_000n)].map(operationOf);
    const id = await unknownLine();
    expect(await on.settle(id, { action: 'force_match', subject_ids: both.slice(1) })).toBe('409 match_not_possible'); // prettier-ignore
    expect(await on.settle(id, { action: 'force_match', subject_ids: both })).toBe('200 approved');
  });

  test('of our capture with a line, where the line is what was missing', async () => {
    const payment = await captured();
    const found = { kind: 'missing_external', merchantId: it.merchantId, paymentId: payment.id, subjectId: operationOf(payment), amount: 10_000, currency: 'USD' } as const; // prettier-ignore
    const id = (await insertBreak(it.on.rows, found)) ?? '';
    const file = await insertFile(it.on.rows, [{ reference: 'typo' }]);
    expect(await on.settle(id, { action: 'force_match' })).toBe('409 match_not_possible');
    const asked = await on.resolve(id, { action: 'force_match', reconciliation_id: file, line: 1 });
    expect(said(await on.decide(asked.body['id'], 'approve', 'fay'))).toBe('200 approved');
    const { rows } = it.on;
    const lines = await rows.all(
      `select actor, kind, evidence ->> 'by' as by, evidence ->> 'approved_by' as approved_by from timeline
       where payment_id = $1 and kind like 'break.%' order by sequence`,
      [payment.id],
    );
    expect(lines).toEqual([
      ...[{ actor: 'staff:fin', kind: 'break.resolution_requested', by: 'staff:fin', approved_by: null }], // prettier-ignore
      ...[{ actor: 'staff:fay', kind: 'break.resolved', by: 'staff:fin', approved_by: 'staff:fay' }], // prettier-ignore
    ]);
    expect(await rows.one('select timeline_first_broken($1) as broken', [payment.id])).toEqual({ broken: null }); // prettier-ignore
  });

  test.each([
    ['another amount', { gross: 9_999 }],
    ['another sign', { gross: -10_000 }],
    ['another currency', { currency: 'EUR' }],
  ])('never of %s', async (_, values) => {
    const subject = operationOf(await captured());
    const id = await unknownLine(values);
    expect(await on.settle(id, { action: 'force_match', subject_ids: [subject] })).toBe('409 match_not_possible'); // prettier-ignore
    expect(await matchesOf(subject)).toEqual([]);
  });

  test('by two breaks at once for one capture: one of them', async () => {
    const subject = operationOf(await captured());
    const body = { action: 'force_match', subject_ids: [subject] };
    const breaks = await Promise.all([1, 2, 3, 4].map(() => unknownLine()));
    const asked = await Promise.all(breaks.map((id) => on.resolve(id, body)));
    const ends = await Promise.all(asked.map((a) => on.decide(a.body['id'], 'approve', 'fay')));
    expect(countOf(ends.map(said))).toEqual({ '200 approved': 1, '409 match_not_possible': 3 });
    expect(await matchesOf(subject)).toHaveLength(1);
  });

  test('of what was set aside takes it out of suspense again', async () => {
    const payment = await captured();
    const before = await on.books();
    const found = { kind: 'missing_external', merchantId: it.merchantId, paymentId: payment.id, subjectId: operationOf(payment), amount: 10_000, currency: 'USD' } as const; // prettier-ignore
    const id = (await insertBreak(it.on.rows, found)) ?? '';
    const file = await insertFile(it.on.rows, [{ reference: 'late' }]);
    expect(await on.settle(id, { action: 'to_suspense' })).toBe('200 open');
    const body = { action: 'force_match', reconciliation_id: file, line: 1 };
    expect(await on.settle(id, body)).toBe('200 approved');
    expect(await on.books()).toEqual(before);
  });
});

describe('an amendment', () => {
  const less = { account: '1100', side: 'debit', amount: 9_970, currency: 'USD' } as const;
  const sales = { account: '4000', side: 'credit', amount: 9_970, currency: 'USD' } as const;
  const short = async (): Promise<{ id: string; entry: string; payment: PaymentState }> => {
    const payment = await captured();
    const of = { paymentId: payment.id, subjectId: operationOf(payment) };
    const id = await on.broken('missing_external', 30, of);
    return { id, payment, entry: await entryOf(payment, 'capture') };
  };

  test('mirrors the wrong entry, writes the right one, and moves just the difference', async () => {
    const { id, entry } = await short();
    const before = await on.books();
    const body = { action: 'amend', entry_id: entry, postings: [less, sales] };
    expect(await on.settle(id, body)).toBe('200 approved');
    const moved = await on.books();
    const by = (place: string): number => Number(moved[place]) - Number(before[place]);
    expect([by('1100 alder USD'), by('4000  USD')]).toEqual([-30, 30]);
    const pair = await it.on.rows.all(
      `select event, reverses_id from journal_entries where key like $1 order by event`,
      [`${id}/%`],
    );
    expect(pair).toEqual([
      { event: 'amendment', reverses_id: null },
      { event: 'reversal', reverses_id: entry },
    ]);
    const { body: one } = await it.api.call(`/v1/breaks/${id}`, { headers: it.as('vic') });
    expect(one['journal_entry_ids']).toHaveLength(2);
    const again = await on.broken('missing_external', 30, { paymentId: null });
    expect(await on.settle(again, body)).toBe('409 amendment_not_possible');
  });

  test.each([
    [
      'another amount',
      [
        { ...less, amount: 9_971 },
        { ...sales, amount: 9_971 },
      ],
    ],
    ['no balance', [less, { ...sales, amount: 9_971 }]],
    [
      'another currency',
      [
        { ...less, currency: 'EUR' },
        { ...sales, currency: 'EUR' },
      ],
    ],
    ['an account that is not there', [less, { ...sales, account: '4999' }]],
    ['an account of the other fund model', [less, { ...sales, account: '2100' }]],
    ['our bank', [{ ...less, amount: 9_960 }, { ...less, account: '1010', amount: 10 }, sales]],
    ['suspense', [{ ...less, amount: 9_960 }, { ...less, account: '1900', amount: 10 }, sales]],
    ['both suspense accounts', [less, { ...less, account: '1900', amount: 10 }, sales, { ...sales, account: '2900', amount: 10 }]], // prettier-ignore
    ['nothing in its place', []],
  ])('refuses %s', async (_, postings) => {
    const { id, entry } = await short();
    const before = await on.books();
    const body = { action: 'amend', entry_id: entry, postings };
    expect(await on.settle(id, body)).toBe('409 amendment_not_possible');
    expect([await on.books(), await on.status(id)]).toEqual([before, 'open']);
  });

  test('is of the payment concerned', async () => {
    const { id } = await short();
    const other = await short();
    const body = { action: 'amend', entry_id: other.entry, postings: [less, sales] };
    expect(await on.settle(id, body)).toBe('409 amendment_not_possible');
  });

  test('of a capture that never was takes it back whole', async () => {
    const payment = await captured();
    const before = await on.books();
    const of = { reconciliationId: null, line: null, paymentId: payment.id, subjectId: operationOf(payment) }; // prettier-ignore
    const id = await on.broken('duplicate_internal', 10_000, of);
    const entry = await entryOf(payment, 'capture');
    expect(await on.settle(id, { action: 'amend', entry_id: entry, postings: [] })).toBe('200 approved'); // prettier-ignore
    const after = await on.books();
    expect(Number(after['1100 alder USD'] ?? 0) - Number(before['1100 alder USD'])).toBe(-10_000);
    expect(Number(after['4000  USD'] ?? 0) - Number(before['4000  USD'])).toBe(10_000);
  });
});

test('after all of it every proof of the books holds, and nothing waits in suspense', async () => {
  expect(await on.broke()).toEqual([]);
  expect(Object.keys(await on.books()).filter((place) => /^(1900|2900)/.test(place))).toEqual([]);
  expect((await listOpenLines(it.on.worker)).filter(({ waits_for }) => waits_for.startsWith('brk_'))).toEqual([]); // prettier-ignore
});
