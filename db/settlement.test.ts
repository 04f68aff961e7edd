/** Settlement files as evidence: recorded whole and once, read back with their gaps, and nobody asleep. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { newId } from '../runtime/ids.ts';
import type { PaymentState } from '../domain/payment-state.ts';
import { unknown } from '../test/support/payments.ts';
import {
  openPaymentDatabase,
  verdictOf,
  type PaymentDatabase,
} from '../test/support/payment-database.ts';
import {
  readSettlementEvidence,
  recordSettlement,
  type SettlementImport,
  type SettlementRecorded,
} from './settlement.ts';

let on: PaymentDatabase;
let hashes = 0;
beforeAll(async () => {
  on = await openPaymentDatabase();
});
afterAll(() => on.close());

const hour = 3_600_000;
type Said = SettlementImport['statements'][number];

function aFile(values: Partial<SettlementImport> = {}): SettlementImport {
  hashes += 1;
  return {
    provider: 'alder',
    coversFrom: '2020-01-01T00:00:00Z',
    coversTo: '2020-01-02T00:00:00Z',
    lists: ['captured', 'refunded'],
    sourceHash: hashes.toString(16).padStart(64, '0'),
    statements: [],
    ...values,
  };
}

function says(reference: string, values: Partial<Said> = {}): Said {
  return {
    ...{ line: 1, reference, says: 'captured', amount: 10_000n, currency: 'USD' },
    ...{ providerReference: 'alder_9' },
    ...values,
  };
}

const record = (values: Partial<SettlementImport> = {}): Promise<SettlementRecorded> =>
  recordSettlement(on.worker, aFile(values));
const idOf = (payment: PaymentState): string => payment.attempts[0]?.id ?? '';
const at = (payment: PaymentState): Promise<{ version: number; due: boolean; wakes: boolean }> =>
  on.rows.one(
    `select p.version::int, coalesce(a.due_at <= tender_now(), false) as due,
      coalesce(p.wake_at <= tender_now() + interval '2 s', false) as wakes
    from payments p join attempts a on a.payment_id = p.id where p.id = $1`,
    [payment.id],
  );

describe('a file', () => {
  test('sets what it says something new of in motion, and says nothing twice', async () => {
    const doubtful = await on.tried({}, unknown());
    await on.rows.all(
      `update attempts set due_at = tender_now() + interval '1 day' where id = $1`,
      [idOf(doubtful)],
    );
    const file = aFile({ statements: [says(idOf(doubtful))] });
    const both = await Promise.all([1, 2].map(() => recordSettlement(on.worker, file)));
    const [once, again] = both.toSorted((a, b) => Number(b.fresh) - Number(a.fresh));
    expect(once).toEqual({ fresh: true, statements: 1, woken: 1 });
    expect(again).toEqual({ fresh: false, statements: 0, woken: 0 });
    const version = Number(doubtful.version) + 1;
    expect(await at(doubtful)).toEqual({ version, due: true, wakes: true });
    const span = { from: 0, to: 1 };
    const read = await readSettlementEvidence(on.worker, 'alder', idOf(doubtful), span);
    expect(read).toMatchObject({
      isStated: true,
      statements: [{ line: 1, says: 'captured', amount: 10_000n, providerReference: 'alder_9' }],
    });
    // Of another provider it says nothing.
    expect(await readSettlementEvidence(on.worker, 'birch', idOf(doubtful), span)).toMatchObject({
      ...{ isStated: false, statements: [] },
    });
  });

  test('that says what is recorded wakes nobody and has nothing left to say', async () => {
    const captured = await on.captured();
    const before = await at(captured);
    // The sale was sent as an authorization with a capture: its line names the capture.
    const capture = captured.operations[0]?.id ?? '';
    expect((await record({ statements: [says(capture)] })).statements).toBe(1);
    expect(await at(captured)).toEqual(before);
    const read = await readSettlementEvidence(on.worker, 'alder', capture, { from: 0, to: 1 });
    expect(read).toMatchObject({ isStated: true, statements: [] });
  });

  test.each<[string, Partial<Said>]>([
    ['another amount', { amount: 9_999n }],
    ['another currency', { currency: 'EUR' }],
    ['another movement', { says: 'refunded' }],
  ])('with %s than recorded is something new', async (_, values) => {
    const captured = await on.captured();
    const capture = captured.operations[0]?.id ?? '';
    expect((await record({ statements: [says(capture, values)] })).woken).toBeGreaterThan(0);
    const read = await readSettlementEvidence(on.worker, 'alder', capture, { from: 0, to: 1 });
    expect(read.statements).toHaveLength(1);
  });

  test('that lists one thing twice under two ids of the provider tells a person', async () => {
    const captured = await on.captured();
    const capture = captured.operations[0]?.id ?? '';
    await record({ statements: [says(capture)] });
    const cases = (): Promise<unknown> =>
      on.rows.all(`select kind, reason, amount::int from cases where subject_id = $1`, [capture]);
    // In another file again, it is the same movement.
    await record({ statements: [says(capture)] });
    expect(await cases()).toEqual([]);
    await record({ statements: [says(capture, { providerReference: 'alder_10' })] });
    expect(await cases()).toEqual([
      { kind: 'contradiction', reason: 'listed_twice', amount: 10_000 },
    ]);
  });

  test('of another provider does not speak of ours', async () => {
    const captured = await on.captured();
    const before = await at(captured);
    await record({ provider: 'birch', statements: [says(idOf(captured))] });
    expect(await at(captured)).toEqual(before);
  });

  test('wakes all that may be in doubt because it is silent, and nothing newer', async () => {
    const doubtful = await on.tried({}, unknown());
    const captured = await on.captured();
    const refunding = await on.operate(captured, { kind: 'refund' }, unknown());
    await on.rows.all(`update attempts set due_at = null where payment_id = $1`, [refunding.id]);
    await record({ coversTo: new Date(doubtful.now - hour).toISOString() });
    expect((await at(doubtful)).version).toBe(Number(doubtful.version));
    await record({ coversTo: new Date(refunding.now + hour).toISOString() });
    expect((await at(doubtful)).version).toBe(Number(doubtful.version) + 1);
    expect((await at(refunding)).version).toBe(Number(refunding.version) + 1);
  });

  test('is refused whole when one line is wrong', async () => {
    const doubtful = await on.tried({}, unknown());
    const file = aFile({
      statements: [says(idOf(doubtful)), says(newId('att'), { line: 2, amount: -1n })],
    });
    expect(await verdictOf(recordSettlement(on.worker, file))).toBe('settlement_statements_amount');
    expect((await at(doubtful)).version).toBe(Number(doubtful.version));
    expect((await recordSettlement(on.worker, { ...file, statements: [] })).fresh).toBe(true);
  });

  test('does not hurry an operation that waits to be sent again', async () => {
    const captured = await on.captured();
    const asked = await on.operate(captured, { kind: 'refund' }, unknown());
    const refund = asked.operations.at(-1)?.id ?? '';
    const dueAt = asked.now + hour;
    const waiting = await on.commit(asked, {
      operations: { update: [{ id: refund, fromStatus: 'unknown', status: 'requested', dueAt }] },
      timeline: [],
    });
    await record({ statements: [says(refund, { says: 'refunded' })] });
    const after = await on.state(waiting.id);
    expect(after.operations.at(-1)?.dueAt).toBe(dueAt);
    // But whoever decided to send it before the file came must look again.
    expect(after.version).toBe(waiting.version + 1n);
  });
});

describe('coverage', () => {
  const provider = 'covered';
  const t = (hours: number): string => new Date(hours * hour).toISOString();
  const span = { from: 2 * hour, to: 10 * hour };
  const covered = async (): Promise<readonly string[]> =>
    (await readSettlementEvidence(on.worker, provider, 'op_x', span)).covered.toSorted();

  test('is without a gap or it is not there, for each kind by itself', async () => {
    const part = (from: number, to: number, lists: SettlementImport['lists']): Promise<unknown> =>
      record({ provider, coversFrom: t(from), coversTo: t(to), lists });
    expect(await covered()).toEqual([]);
    await part(0, 5, ['captured', 'refunded']);
    await part(6, 24, ['captured', 'refunded', 'voided']);
    expect(await covered()).toEqual([]);
    await part(5, 6, ['captured']);
    expect(await covered()).toEqual(['captured']);
    await part(4, 7, ['refunded']);
    expect(await covered()).toEqual(['captured', 'refunded']);
  });

  test('up to the last moment, which is not yet in a file that ends there', async () => {
    const other = 'edge';
    const read = async (): Promise<readonly string[]> =>
      (await readSettlementEvidence(on.worker, other, 'op_x', span)).covered;
    await record({ provider: other, coversFrom: t(2), coversTo: t(10), lists: ['captured'] });
    expect(await read()).toEqual([]);
    await record({ provider: other, coversFrom: t(10), coversTo: t(11), lists: ['captured'] });
    expect(await read()).toEqual(['captured']);
  });
});

test('a line is handled once, with the commit that makes something of it, and never changed', async () => {
  const doubtful = await on.tried({}, unknown());
  await record({ statements: [says(idOf(doubtful))] });
  const { statements } = await readSettlementEvidence(on.worker, 'alder', idOf(doubtful), {
    ...{ from: 0, to: 1 },
  });
  const now = await on.state(doubtful.id);
  await on.commit(now, { statements: [...statements], timeline: [] });
  const read = await readSettlementEvidence(on.worker, 'alder', idOf(doubtful), { from: 0, to: 1 });
  expect(read).toMatchObject({ isStated: true, statements: [] });
  for (const change of ['amount = 1', 'handled_at = null', "reference = 'x'"]) {
    const update = `update settlement_statements set ${change} where reference = $1`;
    expect(await verdictOf(on.rows.all(update, [idOf(doubtful)]))).toBe('TD002');
  }
});
